"""The roulette: weights that are probabilities, slots that are as wide as they should be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cvlib.architecture_search import above_worst, proportional, roulette
from cvlib.architecture_search.definition import roulette_naive

FITNESS = arrays(float, st.integers(1, 12), elements=st.floats(-1e6, 1e6))


@given(fitness=FITNESS)
def test_the_worst_has_no_slot_and_the_best_the_widest(fitness):
    p = above_worst(fitness)
    assert p.shape == fitness.shape
    assert p.sum() == pytest.approx(1)
    if np.ptp(fitness) == 0:
        np.testing.assert_array_equal(p, 1 / len(p))
    else:
        assert np.all(p[fitness == fitness.min()] == 0)
        assert p[fitness.argmax()] == p.max()
        np.testing.assert_allclose(p * (fitness - fitness.min()).sum(), fitness - fitness.min())


@given(fitness=FITNESS, shift=st.integers(-1000, 1000), unit=st.floats(0.01, 100))
def test_another_unit_or_origin_changes_nothing(fitness, shift, unit):
    fitness = np.round(fitness)  # so that the shift rounds nothing away
    np.testing.assert_allclose(
        above_worst(unit * (fitness + shift)), above_worst(fitness), atol=1e-9
    )


def test_a_uniform_wheel_where_all_are_equal():
    np.testing.assert_array_equal(above_worst([0.7] * 4), [0.25] * 4)
    np.testing.assert_array_equal(proportional([0.0, 0.0]), [0.5, 0.5])
    np.testing.assert_array_equal(above_worst([-3.0]), [1.0])


def test_differences_too_small_to_add_up_still_count():
    np.testing.assert_array_equal(above_worst([0.0, 5e-324]), [0, 1])
    np.testing.assert_allclose(above_worst([0, 1e300, 3e300]), [0, 0.25, 0.75])


def test_shares_of_the_fitness_itself():
    np.testing.assert_allclose(proportional([1, 2, 5]), [0.125, 0.25, 0.625])


def test_the_first_generation_of_the_paper_in_numbers():
    """One at 75.96 %, one at 71.81 %, eighteen at 74.4 %: how far the two weights are apart."""
    fitness = np.array([0.7596, 0.7181, *[0.744] * 18])
    assert above_worst(fitness)[0] == pytest.approx(0.082, abs=5e-4)
    assert proportional(fitness)[0] == pytest.approx(0.051, abs=5e-4)
    lost = [(1 - p(fitness)[0]) ** 20 for p in (above_worst, proportional)]
    assert lost == pytest.approx([0.18, 0.35], abs=5e-3)


@given(fitness=FITNESS, ball=st.floats(0, 1, exclude_max=True))
def test_a_turn_is_the_walk_round_the_wheel(fitness, ball):
    p = above_worst(fitness)
    met = roulette(p, [ball])[0]
    assert p[met] > 0
    ends = np.concatenate([[0], p.cumsum()])
    if np.abs(ends - ball).min() > 1e-9:  # else rounding decides which of two slots
        assert met == roulette_naive(p.tolist(), ball)


def test_slots_are_as_wide_as_their_probabilities():
    p = np.array([0.2, 0, 0.5, 0.3, 0])
    u = (np.arange(10_000) + 0.5) / 10_000
    np.testing.assert_array_equal(
        np.bincount(roulette(p, u), minlength=5), [2000, 0, 5000, 3000, 0]
    )
    assert roulette(p, [0.0, 0.2, np.nextafter(1, 0)]).tolist() == [0, 2, 3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: above_worst([]), r"one number an individual \(N,\), got shape \(0,\)"),
        (lambda: above_worst([0.5, np.nan]), "finite, got nan"),
        (lambda: proportional([0.5, np.inf]), "finite, got inf"),
        (lambda: proportional([1, -2]), r"got -2 \(fitness\[1\]\); above_worst"),
        (lambda: roulette([0.5, 0.4], [0.1]), "add up to 1"),
        (lambda: roulette([1.5, -0.5], [0.1]), "at least 0"),
        (lambda: roulette([0.5, 0.5], [1.0]), r"in \[0, 1\)"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
