"""Networks are crossed stage by stage and mutated bit by bit, and searched for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.architecture_search import (
    Settings,
    bit_count,
    canonical_code,
    code_operators,
    evolve,
    exchange_stages,
    flip_bits,
    parse_code,
)


@st.composite
def two_codes(draw: st.DrawFn):
    sizes = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    bits = st.tuples(*[st.tuples(*[st.integers(0, 1)] * bit_count(k)) for k in sizes])
    return draw(bits), draw(bits), draw(st.lists(st.booleans(), min_size=len(sizes),
                                                 max_size=len(sizes)))  # fmt: skip


@given(case=two_codes())
def test_whole_stages_change_places_and_change_back(case):
    a, b, marks = case
    one, two = exchange_stages(a, b, marks)
    for k, mark in enumerate(marks):
        assert (one[k], two[k]) == ((b[k], a[k]) if mark else (a[k], b[k]))
    assert exchange_stages(one, two, marks) == (a, b)


@given(case=two_codes(), seed=st.integers(0, 999))
def test_bits_are_turned_over_and_back(case, seed):
    code = case[0]
    flips = np.random.default_rng(seed).random(sum(map(len, code))) < 0.5
    other = flip_bits(code, flips.tolist())
    changed = [x != y for s, t in zip(code, other, strict=True) for x, y in zip(s, t, strict=True)]
    assert changed == flips.tolist()
    assert flip_bits(other, flips.tolist()) == code


def test_new_networks_have_fair_bits():
    rng = np.random.default_rng(0)
    operators = code_operators((3, 4, 5))
    drawn = [operators.draw(rng) for _ in range(2000)]
    assert {tuple(map(len, code)) for code in drawn} == {(3, 6, 10)}
    bits = np.array([sum(code, ()) for code in drawn])
    assert np.all(np.abs(bits.mean(axis=0) - 0.5) < 0.06)  # five standard deviations


def test_how_much_the_papers_rates_change():
    """Of 19 bits .95 turn over on average, none with probability .377; stages stay whole."""
    rng = np.random.default_rng(1)
    operators = code_operators((3, 4, 5))
    zeros, ones = (tuple((b,) * bit_count(k) for k in (3, 4, 5)) for b in (0, 1))
    flips = np.array([sum(map(sum, operators.mutate(zeros, rng))) for _ in range(4000)])
    assert flips.mean() == pytest.approx(19 * 0.05, abs=0.08)
    assert np.mean(flips == 0) == pytest.approx(0.95**19, abs=0.04)
    crossed = [operators.cross(zeros, ones, rng) for _ in range(4000)]
    assert all({*stage} in ({0}, {1}) for pair in crossed for code in pair for stage in code)
    assert all(sum(map(sum, a)) + sum(map(sum, b)) == 19 for a, b in crossed)
    same = np.mean([a in (zeros, ones) for a, b in crossed])
    assert same == pytest.approx(0.8**3 + 0.2**3, abs=0.04)


def test_codes_of_one_network_are_scored_once():
    scored = []

    def convolutions(codes):
        scored.extend(codes)
        return [float(sum(map(sum, code))) for code in codes]

    history = evolve(
        code_operators((3, 3), flip_rate=0.3), convolutions, Settings(generations=20), seed=0
    )
    assert len(scored) == len({*scored}) == history.evaluations <= 36
    assert all(canonical_code(code) == code for code in scored)
    assert history.best == parse_code("1-11 1-11")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: exchange_stages(((1,),), ((1, 0, 1),), [True]),
            r"same sizes, got bits \[\[1\], \[3",
        ),
        (lambda: exchange_stages(((1,),), ((0,),), []), "one mark a stage, 1, got 0"),
        (lambda: flip_bits(((1,), (0,)), [True]), "one mark a bit, 2, got 1"),
        (lambda: code_operators(()), "at least one stage, got none"),
        (lambda: code_operators((3, 0)), "at least 1 node, got 0"),
        (
            lambda: code_operators((3,), flip_rate=2),
            "flip_rate must be a probability of 0 … 1, got 2",
        ),
        (lambda: code_operators((3,), exchange_rate=-1), "exchange_rate must be"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
