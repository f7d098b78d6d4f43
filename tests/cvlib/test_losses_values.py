"""What the losses are: worked by hand, invariant where they should be, stable at huge scores."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from twin_cases_losses import labelled

from cvlib.losses import (
    hinge_backward,
    hinge_forward,
    hinge_losses,
    log_softmax,
    softmax,
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
    softmax_cross_entropy_losses,
    squared_error_backward,
    squared_error_forward,
    squared_error_losses,
)

#: Rows are a photograph of a cat, of a car and of a frog; columns the scores of the three classes.
SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
LABELS = np.arange(3)


def test_hinge_on_cat_car_and_frog():
    np.testing.assert_allclose(hinge_losses(SCORES, LABELS), [2.9, 0, 12.9], atol=1e-12)
    loss, cache = hinge_forward(SCORES, LABELS)
    assert f"{loss:.2f}" == "5.27"
    # the cat loses to the car alone, the frog to both
    expected = np.array([[-1, 1, 0], [0, 0, 0], [1, 1, -2]]) / 3
    np.testing.assert_allclose(hinge_backward(1.0, cache), expected)


def test_softmax_on_cat_car_and_frog():
    powers = [math.exp(s) for s in (3.2, 5.1, -1.7)]
    assert [round(p, 2) for p in powers] == [24.53, 164.02, 0.18]
    np.testing.assert_allclose(softmax(SCORES)[0], np.array(powers) / sum(powers), rtol=1e-12)
    assert [round(p, 2) for p in softmax(SCORES)[0]] == [0.13, 0.87, 0.0]
    losses = softmax_cross_entropy_losses(SCORES, LABELS)
    assert losses[0] == pytest.approx(-math.log(powers[0] / sum(powers)), rel=1e-12)
    assert softmax_cross_entropy_forward(SCORES, LABELS)[0] == pytest.approx(losses.mean())


def test_squared_error_by_hand():
    scores, targets = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[0.0, 0.0], [0.0, 1.0]])
    assert squared_error_losses(scores, targets).tolist() == [2.5, 2.0]
    loss, cache = squared_error_forward(scores, targets)
    assert loss == 2.25
    assert squared_error_backward(2.0, cache).tolist() == [[1.0, 2.0], [0.0, -2.0]]
    assert squared_error_forward(np.array([3.0]), [1])[0] == 2.0


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_equal_scores_cost_what_guessing_costs(classes):
    scores, labels = np.full((4, classes), 0.7), np.arange(4) % classes
    np.testing.assert_allclose(softmax_cross_entropy_losses(scores, labels), math.log(classes))
    np.testing.assert_allclose(hinge_losses(scores, labels), classes - 1)


@given(labelled(), st.floats(-1e4, 1e4))
def test_a_constant_added_to_an_images_scores_changes_nothing(call, shift):
    scores, labels = call.arrays["scores"], call.options["labels"]
    moved = scores + shift * np.arange(1, len(scores) + 1)[:, None]
    for function in (softmax, log_softmax):
        np.testing.assert_allclose(function(moved), function(scores), rtol=1e-6, atol=1e-7)
    for losses in (softmax_cross_entropy_losses, hinge_losses):
        np.testing.assert_allclose(
            losses(moved, labels), losses(scores, labels), rtol=1e-6, atol=1e-6
        )


@given(labelled(rows=True))
def test_probabilities_are_probabilities(call):
    scores, labels = call.arrays["scores"], call.options["labels"]
    p = softmax(scores)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.exp(log_softmax(scores)), p, rtol=1e-9, atol=1e-300)
    assert np.array_equal(p.argmax(axis=1), scores.argmax(axis=1))
    losses = softmax_cross_entropy_losses(scores, labels)
    assert (losses >= 0).all()
    assert np.isfinite(losses).all()
    dscores = softmax_cross_entropy_backward(1.0, softmax_cross_entropy_forward(scores, labels)[1])
    np.testing.assert_allclose(dscores.sum(axis=1), 0, atol=1e-12)


@given(labelled())
def test_a_class_is_a_one_hot_row(call):
    scores, labels = call.arrays["scores"], call.options["labels"]
    rows = np.eye(scores.shape[1])[labels]
    by_class, by_row = (softmax_cross_entropy_forward(scores, y) for y in (labels, rows))
    np.testing.assert_allclose(by_class[0], by_row[0], rtol=1e-12)
    for first, second in (
        (
            softmax_cross_entropy_backward(1.5, by_class[1]),
            softmax_cross_entropy_backward(1.5, by_row[1]),
        ),
        (softmax_cross_entropy_losses(scores, labels), softmax_cross_entropy_losses(scores, rows)),
    ):
        np.testing.assert_allclose(first, second, rtol=1e-12, atol=1e-15)


@given(labelled(), st.randoms())
def test_the_order_of_images_and_classes_does_not_matter(call, random):
    scores, labels = call.arrays["scores"], call.options["labels"].astype(int)
    images = random.sample(range(len(scores)), len(scores))
    classes = random.sample(range(scores.shape[1]), scores.shape[1])
    moved, moved_labels = scores[images][:, classes], np.argsort(classes)[labels[images]]
    passes: tuple[tuple[Callable[..., Any], Callable[..., Any]], ...] = (
        (softmax_cross_entropy_forward, softmax_cross_entropy_backward),
        (hinge_forward, hinge_backward),
    )
    for forward, backward in passes:
        (loss, cache), (same, same_cache) = forward(scores, labels), forward(moved, moved_labels)
        np.testing.assert_allclose(loss, same, rtol=1e-9)
        np.testing.assert_allclose(
            backward(1.0, cache)[images][:, classes], backward(1.0, same_cache), rtol=1e-9
        )


@given(labelled())
def test_the_mean_of_the_images_losses_is_the_loss(call):
    scores, labels = call.arrays["scores"], call.options["labels"]
    for forward, losses in (
        (softmax_cross_entropy_forward, softmax_cross_entropy_losses),
        (hinge_forward, hinge_losses),
    ):
        loss, _ = forward(scores, labels)
        assert isinstance(loss, np.ndarray)
        assert (loss.shape, loss.dtype) == ((), scores.dtype)
        np.testing.assert_allclose(loss, losses(scores, labels).mean(), rtol=1e-12)


def test_hinge_is_zero_exactly_when_every_margin_is_kept():
    scores = np.array([[2.0, 1.0, 0.5], [2.0, 1.0 + 2**-20, 0.5]])
    losses = hinge_losses(scores, [0, 0])
    assert losses[0] == 0
    assert losses[1] == 2**-20
    # scores and margin in another unit: the loss in that unit
    np.testing.assert_allclose(
        hinge_losses(7 * SCORES, LABELS, margin=7), 7 * hinge_losses(SCORES, LABELS)
    )
    assert (hinge_losses(SCORES, LABELS, margin=0.5) <= hinge_losses(SCORES, LABELS)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_huge_scores_overflow_nothing(dtype):
    largest = np.sqrt(np.finfo(dtype).max, dtype=dtype)
    scores = np.array([[largest, 0, -largest], [-largest, -largest, -largest]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert softmax(scores)[0].tolist() == [1, 0, 0]
        np.testing.assert_allclose(softmax(scores)[1], 1 / 3, rtol=1e-6)
        losses = softmax_cross_entropy_losses(scores, [1, 2])
        np.testing.assert_allclose(losses, [largest, math.log(3)], rtol=1e-6)
        rows = np.array([[1, 0, 0], [0.5, 0.5, 0]], dtype)
        np.testing.assert_allclose(
            softmax_cross_entropy_losses(scores, rows), [0, math.log(3)], rtol=1e-6, atol=1e-9
        )
        assert np.isfinite(hinge_losses(scores, [1, 2])).all()


def test_a_probability_that_rounds_to_zero_still_has_a_logarithm():
    scores = np.array([[0.0, -800.0]])
    assert softmax(scores)[0, 1] == 0
    assert log_softmax(scores)[0, 1] == -800


def test_a_small_probability_of_being_wrong_is_not_rounded_away():
    # log(1 + e^-30) is e^-30, though 1 + e^-30 is nearly 1
    loss = softmax_cross_entropy_losses(np.array([[30.0, 0.0]]), [0])
    np.testing.assert_allclose(loss, math.exp(-30), rtol=1e-2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    scores = SCORES.astype(dtype)
    found = [softmax(scores), log_softmax(scores), softmax(scores, axis=0)]
    passes: tuple[tuple[Any, ...], ...] = (
        (softmax_cross_entropy_forward, softmax_cross_entropy_backward,
         softmax_cross_entropy_losses, LABELS),
        (softmax_cross_entropy_forward, softmax_cross_entropy_backward,
         softmax_cross_entropy_losses, np.eye(3)),
        (hinge_forward, hinge_backward, hinge_losses, LABELS.astype(np.uint8)),
        (squared_error_forward, squared_error_backward, squared_error_losses, np.eye(3)),
    )  # fmt: skip
    for forward, backward, losses, targets in passes:
        loss, cache = forward(scores, targets)
        found += [loss, losses(scores, targets)]
        found += [backward(dout, cache) for dout in (1.0, 2, np.float64(3), np.ones((), dtype))]
    assert {array.dtype for array in found} == {np.dtype(dtype)}


def test_the_scores_stay_as_they_were():
    for function, targets in (
        (softmax_cross_entropy_forward, LABELS),
        (softmax_cross_entropy_forward, np.eye(3)),
        (hinge_forward, LABELS),
        (squared_error_forward, np.eye(3)),
    ):
        scores, given_targets = SCORES.copy(), targets.copy()
        _, cache = function(scores, given_targets)
        backward = globals()[function.__name__.replace("forward", "backward")]
        first, second = backward(1.0, cache), backward(1.0, cache)
        # a second backward from the same cache is the same
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(scores, SCORES)
        np.testing.assert_array_equal(given_targets, targets)
