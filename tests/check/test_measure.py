"""What a trained model is held to: a bound that is reached or not, and whose mistake it was."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cvlib.check.measure import Measure

TRUTH = np.array([0.0, 1.0, 2.0, 3.0])


def test_an_error_passes_up_to_its_bound_and_is_told_above_it() -> None:
    squared = Measure("mean_squared_error", at_most=0.25)
    absolute = Measure("mean_absolute_error", at_most=0.5)
    for measure in (squared, absolute):
        assert measure.finding(TRUTH, TRUTH + 0.5) is None
        assert measure.finding(TRUTH, TRUTH - 0.5) is None
    assert squared.finding(TRUTH, TRUTH + 1) == "mean squared error 1, expected at most 0.25"
    assert absolute.finding(TRUTH, np.append(TRUTH[:3], 7.0)) == (
        "mean absolute error 1, expected at most 0.5"
    )
    assert squared.value(TRUTH, TRUTH + 1) == 1.0
    assert squared.bound == 0.25


def test_an_accuracy_passes_from_its_bound_on() -> None:
    measure = Measure("accuracy", at_least=0.75)
    labels = np.array([0, 1, 2, 3])
    assert measure.finding(labels, [0, 1, 2, 0]) is None
    assert measure.finding(labels, [0, 1, 0, 0]) == (
        "right on 50.0% of 4 predictions, expected at least 75.0%"
    )
    assert math.isnan(measure.value(labels, [0, 1]))


def test_an_error_is_that_of_a_known_wrong_model_if_the_predictions_nearly_agree() -> None:
    measure = Measure("mean_squared_error", at_most=0.1)
    known = TRUTH + 2
    assert measure.agrees(known, known + 1e-3)
    assert not measure.agrees(known, TRUTH)
    assert not measure.agrees(known, known[:2])
    assert measure.agrees(np.full(4, 3.0), np.full(4, 3.0)), "predictions that are all alike"


@pytest.mark.parametrize(
    ("kind", "bounds", "words"),
    [
        ("luck", {"at_least": 0.5}, "expected a measure of .*accuracy.*got 'luck'"),
        ("accuracy", {"at_most": 0.5}, "accuracy: expected the bound at_least, and no other"),
        ("mean_squared_error", {"at_least": 1.0}, "expected the bound at_most, and no other"),
        ("accuracy", {"at_least": 0.5, "at_most": 0.6}, "and no other"),
        ("accuracy", {}, "expected the bound at_least"),
    ],
)
def test_a_measure_has_the_bound_that_it_needs(
    kind: str, bounds: dict[str, float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Measure(kind, **bounds)  # type: ignore[arg-type]
