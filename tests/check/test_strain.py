"""How much of what is allowed an answer uses up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.check.compare import Tolerance, difference
from cvlib.check.marking import Reply, Sheet
from cvlib.check.measure import Measure
from cvlib.check.strain import reached, share_used

NUMBERS = st.floats(-1e3, 1e3)


def sheet(expected: Any, **options: Any) -> Sheet:
    return Sheet(
        id="e",
        points=1.0,
        name="f",
        read="",
        driver_source="",
        seconds=1.0,
        tolerance=Tolerance(0.0, 0.5),
        parts=("a",),
        calls=(((), {}),),
        expected=(expected,),
        **options,
    )


@given(NUMBERS, NUMBERS, st.floats(0.0, 1.0), st.floats(1e-6, 10.0))
def test_below_one_it_passes_and_above_one_it_does_not(
    expected: float, got: float, rtol: float, atol: float
) -> None:
    tolerance = Tolerance(rtol, atol)
    used = share_used([np.array([expected, 1.0])], [np.array([got, 1.0])], tolerance)
    if used < 0.999:
        assert difference(expected, got, tolerance) is None
    if used > 1.001:
        assert difference(expected, got, tolerance) is not None


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (np.zeros((2, 3)), np.zeros((3, 2))), ("same", "other"), ((1.0, 2.0), (1.0,)), (1.0, "1"),
        ({"a": 1.0}, {"b": 1.0}), (None, 0.0), (np.array([1.0]), np.array([np.nan])),
    ],
)  # fmt: skip
def test_another_form_can_not_be_compared(expected: Any, got: Any) -> None:
    assert share_used(expected, got, Tolerance(0.0, 1.0)) == math.inf


def test_the_worst_entry_decides_wherever_it_is() -> None:
    expected = {"a": (1.0, [2.0, 3.0]), "b": "word", "c": None}
    got = {"a": (1.25, [2.0, 2.0]), "b": "word", "c": None}
    assert share_used(expected, got, Tolerance(0.0, 2.0)) == 0.5
    assert share_used(expected, expected, Tolerance(0.0, 0.0)) == 0.0
    assert share_used(1.0, 1.5, Tolerance(0.0, 0.0)) == math.inf


def test_a_part_may_have_a_tolerance_of_its_own() -> None:
    strict, mild = sheet(1.0), sheet(1.0, tolerances={"a": Tolerance(0.0, 2.0)})
    reply = Reply("ok", 2.0)
    assert reached(strict, 0, reply).strain == 2.0
    assert reached(mild, 0, reply).strain == 0.5


def test_a_measure_is_strained_by_its_errors() -> None:
    truth = np.array([0, 1] * 10)
    one_wrong = np.where(np.arange(20) == 3, 1 - truth, truth)
    measured = sheet(truth, measures={"a": Measure("accuracy", at_least=0.9)})
    found = reached(measured, 0, Reply("ok", one_wrong))
    assert (found.quantity, found.value, found.bound) == ("accuracy", 0.95, 0.9)
    assert found.strain == pytest.approx(0.5)
    assert reached(measured, 0, Reply("ok", 1 - truth)).strain == pytest.approx(10.0)
    for reply in (Reply("missing"), Reply("ok", "words"), Reply("ok", truth[:3])):
        assert reached(measured, 0, reply).strain == math.inf
