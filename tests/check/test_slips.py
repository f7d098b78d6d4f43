"""A known mistake is seen behind a slip, and not where the slip alone explains the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cvlib.check.compare import Tolerance
from cvlib.check.slips import Slips, leaves, surprise

RIGHT = np.random.default_rng(0).normal(size=(5, 6))
WRONG = np.random.default_rng(1).normal(size=(5, 6))
SLIPS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "scaled": lambda a: -0.37 * a,
    "turned": lambda a: a[:, ::-1],
    "upside down": lambda a: 2 * a[::-1],
    "turned by a half": lambda a: a[::-1, ::-1],
    "transposed": lambda a: a.T,
    "squared": np.square,
    "a root": lambda a: np.sqrt(np.abs(a)),
    "without signs": np.abs,
    "cut at the end": lambda a: a[:-1, :-1],
    "cut at the beginning": lambda a: a[1:, 2:],
    "cut all round": lambda a: a[1:-1, 1:-1],
    "with a border": lambda a: np.pad(a, 1),
}


def slipped(right: Any, wrong: Any, got: Any, tolerance: Tolerance) -> float:
    r, w, g = ([leaves(v) for v in values] for values in (right, wrong, got))
    return Slips(r, g, tolerance).behind(w)


def at_once(right: Any, first: Any, second: Any, got: Any, tolerance: Tolerance) -> float:
    r, a, b, g = ([leaves(v) for v in values] for values in (right, first, second, got))
    slips = Slips(r, g, tolerance)
    one, other = slips.added(a), slips.added(b)
    return 0.0 if one is None or other is None else slips.both(one, other)


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS)
def test_it_shows_behind_each_slip_and_what_is_right_denies_it(
    slip: Callable[[np.ndarray], np.ndarray],
) -> None:
    assert slipped([RIGHT], [WRONG], [slip(WRONG)], Tolerance()) > 100
    assert slipped([RIGHT], [WRONG], [slip(RIGHT)], Tolerance()) == 0
    strange = np.random.default_rng(2).normal(size=slip(WRONG).shape)
    assert slipped([RIGHT], [WRONG], [strange], Tolerance()) < 8  # no more than a shape


def test_whole_numbers_may_be_one_off_and_others_not() -> None:
    right, wrong = [(7, 9), (14, 3), (5, 11)], [(8, 13), (29, 6), (12, 40)]
    one_more = [tuple(n + 1 for n in pair) for pair in wrong]
    assert slipped(right, wrong, one_more, Tolerance()) > 8
    assert slipped([RIGHT], [WRONG], [WRONG + 1], Tolerance()) == 0


def test_the_same_slip_in_all_calls_is_asked_for() -> None:
    twice = [2 * WRONG, 3 * WRONG]
    assert slipped([RIGHT, RIGHT], [WRONG, WRONG], twice, Tolerance()) == 0


def test_a_shape_that_only_the_mistake_has_tells_something() -> None:
    right, wrong = np.zeros((2, 6, 6)), np.zeros((2, 4, 5))
    assert 0 < slipped([right], [wrong], [np.ones((2, 4, 5)) * RIGHT[0, 0]], Tolerance()) < 8
    assert slipped([right], [wrong], [np.ones((2, 4, 4))], Tolerance()) == 0


def test_two_mistakes_that_each_add_something_make_up_an_answer() -> None:
    a, b = RIGHT.copy(), RIGHT.copy()
    a[0] += WRONG[0]
    b[:, 0] -= WRONG[:, 0]
    both = a + b - RIGHT
    assert at_once([RIGHT], [a], [b], [both], Tolerance()) > 50
    assert at_once([RIGHT], [a], [RIGHT], [a], Tolerance()) == 0  # one of them does nothing
    assert at_once([RIGHT], [a], [b], [both + 1], Tolerance()) == 0
    assert at_once([RIGHT], [a], ["no number"], [both], Tolerance()) == 0


def test_what_comes_easily_is_no_surprise() -> None:
    assert surprise([RIGHT], [np.zeros_like(RIGHT)]) < 3  # all zeros
    assert surprise([RIGHT], [RIGHT + 1.0]) < 3  # all one too large
    assert surprise([RIGHT], [WRONG]) > 100
    assert surprise(None, [WRONG]) > 100


def test_arrays_are_found_in_any_value_and_nothing_else_is_one() -> None:
    found = leaves({"b": (1, 2.5), "a": [RIGHT, 3]})
    assert found is not None
    assert [a.shape for a in found] == [(5, 6), (), (2,)]
    for other in ("text", None, True, [1, "two"], {"a": None}, np.array(["x"])):
        assert leaves(other) is None
