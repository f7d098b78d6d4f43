"""A claim: what it measures, when it holds, and how far it is from failing."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cvlib import claims
from cvlib.claims import Claim, ClaimError, claim, make_claim
from cvlib.intervals import mean_interval

RUNS = st.lists(st.floats(-100, 100), min_size=2, max_size=8)
OF = st.sampled_from(["mean", "every"])


def of_runs(runs, **wanted):
    return make_claim("gain", "It gains.", runs, seeds=range(len(runs)), **wanted)


@given(RUNS, OF, st.floats(-100, 100))
def test_a_claim_holds_exactly_where_its_margin_is_above_one(runs, of, threshold):
    assume(np.std(runs) > 1e-6)
    for wanted in ({"above": threshold}, {"below": threshold}):
        made = of_runs(runs, of=of, **wanted)
        assume(abs(made.margin - 1) > 1e-9)
        assert made.holds == (made.margin > 1)


@given(RUNS)
def test_the_ends_are_those_of_the_interval_or_of_the_seeds(runs):
    interval = mean_interval(runs)
    made = of_runs(runs, above=0)
    assert (made.mean, made.low, made.high) == (interval.mean, interval.low, interval.high)
    assert math.isclose(made.half, interval.half, rel_tol=1e-9, abs_tol=1e-9)
    every = of_runs(runs, above=0, of="every")
    assert (every.low, every.high) == (min(runs), max(runs))
    assert every.holds == (min(runs) > 0)


@given(RUNS, st.floats(0.1, 10), st.floats(-50, 50))
def test_the_margin_does_not_depend_on_the_unit(runs, scale, shift):
    assume(np.std(runs) > 1e-3)
    made = of_runs(runs, above=1)
    other = of_runs([scale * r + shift for r in runs], above=scale + shift)
    assert math.isclose(made.margin, other.margin, rel_tol=1e-6, abs_tol=1e-6)


def test_seeds_that_all_agree_leave_no_doubt_and_a_touched_threshold_fails():
    assert of_runs([3, 3, 3], above=2).margin == math.inf
    assert of_runs([3, 3, 3], above=4).margin == -math.inf
    touched = of_runs([3, 3, 3], above=3)
    assert touched.margin == 0
    assert not touched.holds


def test_between_two_thresholds_the_nearer_one_decides():
    made = of_runs([0.9, 1.1], above=-20, below=3)
    assert made.margin == of_runs([0.9, 1.1], below=3).margin
    assert made.wanted == "interval between -20 and 3"


def test_a_run_that_diverged_supports_nothing():
    assert not of_runs([1.0, math.nan, 1.0], above=0).holds
    assert not of_runs([1.0, math.inf, 1.0], above=0, of="every").holds


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"values": [1, 2, 3]}, r"expected one value for each of 2 seeds, got \(3,\)"),
        ({"values": [[1, 2]]}, r"got \(1, 2\)"),
        ({"above": None}, "expected a threshold"),
    ],
)
def test_what_is_no_claim_is_refused(wrong, says):
    with pytest.raises(ValueError, match=says):
        make_claim(**{"name": "a", "sentence": "A.", "values": [1, 2], "seeds": [0, 1],
                      "above": 0} | wrong)  # fmt: skip


@pytest.fixture
def glued(monkeypatch):
    """What a page hands to its text, kept instead of shown: there is no kernel here."""
    kept = {}
    monkeypatch.setattr("myst_nb.glue", lambda name, value, display: kept.update({name: value}))
    return kept


def test_a_claim_that_fails_stops_the_page_but_not_the_matrix(glued, monkeypatch):
    monkeypatch.delenv(claims.CLAIMS, raising=False)
    with pytest.raises(ClaimError, match=r"gain: “It gains.” wants interval above 5, measured 2"):
        claim("gain", "It gains.", [1, 2, 3], seeds=range(3), above=5)
    monkeypatch.setenv(claims.CLAIMS, "record")
    made = claim("gain", "It gains.", [1, 2, 3], seeds=range(3), above=5)
    assert not made.holds
    assert glued["gain"] == 2
    assert glued["gain_half"] == made.half
    kept = glued[claims.PREFIX + "gain"]._repr_mimebundle_()["text/plain"]
    assert Claim.from_text(kept) == made


def test_one_variable_gives_every_page_other_seeds(monkeypatch):
    monkeypatch.delenv(claims.SEED_SET, raising=False)
    assert list(claims.seeds(3)) == [0, 1, 2]
    assert list(claims.seeds(2, start=7)) == [7, 8]
    own = claims.fresh_rng(6).random()
    assert own == np.random.default_rng(6).random()
    drawn = {own}
    for chosen in ("1", "2"):
        monkeypatch.setenv(claims.SEED_SET, chosen)
        assert not set(claims.seeds(1000)) & set(range(1000 * int(chosen)))
        drawn.add(claims.fresh_rng(6).random())
    assert len(drawn) == 3
    with pytest.raises(ValueError, match="expected a seed of 0"):
        claims.shifted(1000)
