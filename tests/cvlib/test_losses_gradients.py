"""Every backward is the gradient of its forward, measured; and the measure can fail."""

from typing import Any

import numpy as np
import pytest
from gradients import check_gradients

from cvlib.losses import (
    hinge_backward,
    hinge_forward,
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
    squared_error_backward,
    squared_error_forward,
)

RNG = np.random.default_rng(3)
SCORES = RNG.standard_normal((5, 4))
LABELS = np.array([0, 3, 1, 1, 2])
ROWS = RNG.dirichlet(np.ones(4), size=5)
ROWS[0] = [0, 0.5, 0.5, 0]

CHECKS: dict[str, Any] = {
    "cross-entropy of classes": (
        softmax_cross_entropy_forward, softmax_cross_entropy_backward, {"labels": LABELS}),
    "cross-entropy of rows": (
        softmax_cross_entropy_forward, softmax_cross_entropy_backward, {"labels": ROWS}),
    "hinge": (hinge_forward, hinge_backward, {"labels": LABELS}),
    "hinge of another margin": (hinge_forward, hinge_backward, {"labels": LABELS, "margin": 0.3}),
    "squared error": (squared_error_forward, squared_error_backward, {"targets": ROWS}),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_numeric_gradients(name):
    forward, backward, options = CHECKS[name]
    if forward is hinge_forward:
        margins = SCORES - SCORES[np.arange(5), LABELS][:, None] + options.get("margin", 1.0)
        assert np.abs(margins).min() > 1e-3, "a kink within the step of the difference"
    for seed in range(3):
        check_gradients(forward, backward, {"scores": SCORES}, options, seed=seed)


def test_a_squared_error_of_images():
    scores, targets = RNG.standard_normal((2, 2, 3, 2)), RNG.standard_normal((2, 2, 3, 2))
    check_gradients(
        squared_error_forward, squared_error_backward, {"scores": scores}, {"targets": targets}
    )


WRONG = {
    "forgets to subtract the label": (
        softmax_cross_entropy_forward,
        lambda dout, cache: dout * np.exp(cache[0]) / len(cache[0]),
        {"labels": LABELS},
    ),
    "sums instead of averaging": (
        softmax_cross_entropy_forward,
        lambda dout, cache: len(SCORES) * softmax_cross_entropy_backward(dout, cache),
        {"labels": LABELS},
    ),
    "ignores the upstream gradient": (
        softmax_cross_entropy_forward,
        lambda dout, cache: softmax_cross_entropy_backward(1.0, cache),
        {"labels": LABELS},
    ),
    "leaves out the true class": (
        hinge_forward,
        lambda dout, cache: dout * cache[0] / len(SCORES),
        {"labels": LABELS},
    ),
    "returns zeros": (
        hinge_forward,
        lambda dout, cache: np.zeros_like(SCORES),
        {"labels": LABELS},
    ),
    "forgets the half": (
        squared_error_forward,
        lambda dout, cache: 2 * squared_error_backward(dout, cache),
        {"targets": ROWS},
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_backward_is_found(name):
    forward, backward, options = WRONG[name]
    with pytest.raises(AssertionError):
        check_gradients(forward, backward, {"scores": SCORES}, options)


def test_at_a_kink_the_slope_is_zero():
    # the margin is met exactly: 2 - 1 = 1
    _, cache = hinge_forward(np.array([[2.0, 1.0]]), [0])
    assert hinge_backward(1.0, cache).tolist() == [[0.0, 0.0]]


def test_going_downhill_lowers_each_loss():
    for forward, backward, options in CHECKS.values():
        loss, cache = forward(SCORES, **options)
        after, _ = forward(SCORES - 0.1 * backward(1.0, cache), **options)
        assert after < loss
