"""The gradient check moves away from a kink or reports it, and never passes it."""

import math

import numpy as np
import pytest
from gradient_check_inputs import X, rng

from cvlib.layers import MaxPool2d, gradient_check, gradient_check_layer
from cvlib.layers.reference.differences import slope_and_doubt


def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    return dout * (x > 0)


@pytest.mark.parametrize("kink", [0.0, 2e-5, -3.3e-5, 4.9e-5, 9e-5, 9.995e-5])
def test_a_kink_is_moved_away_or_reported_and_never_passed(kink):
    x = X.copy()
    x[2, 1] = kink
    moved = gradient_check(relu_forward, relu_backward, {"x": x}, rng=rng())
    assert moved.ok
    assert moved["x"].moved == 1
    assert str(moved).endswith("(1 moved)")
    left = gradient_check(relu_forward, relu_backward, {"x": x}, rng=rng(), moves=0)
    assert not left.ok
    assert left["x"].kinks == ((2, 1),)
    assert "cannot tell at 1 kinks, the first at (2, 1)" in str(left)
    # half of the jump is what a central difference sees at 0: it must not pass either
    middle = gradient_check(
        relu_forward, lambda d, x: d * ((x > 0) + 0.5 * (x == 0)), {"x": x}, rng=rng(), moves=0
    )
    assert not middle.ok


def test_a_kink_hides_no_error_elsewhere():
    x = X.copy()
    x[0, 0] = 0
    report = gradient_check(relu_forward, lambda d, x: 0 * d, {"x": x}, rng=rng(), moves=0)
    assert not report.agrees


def test_kinks_closer_than_a_step_are_not_passed():
    def zigzag(x):
        return np.abs(3.7e4 * x % 2 - 1), x

    def backward(dout, x):
        return dout * 3.7e4 * np.sign(3.7e4 * x % 2 - 1)

    assert not gradient_check(zigzag, backward, {"x": X}, rng=rng()).ok
    assert gradient_check(zigzag, backward, {"x": X}, rng=rng(), step=1e-8, rtol=1e-4).ok


@pytest.mark.parametrize("place", np.linspace(-1, 1, 41))
def test_doubt_covers_what_a_kink_does_to_the_slope(place):
    # a kink at place · h; the true slope at 0 is 0 on its left and 1 on its right
    step = 1e-3

    def gain(move):
        return max(move - place * step, 0) - max(-place * step, 0)

    slope, doubt = slope_and_doubt(gain, step)
    assert abs(slope - (place < 0)) <= 1.21 * doubt + 1e-12


def test_the_slope_of_a_smooth_function_has_little_doubt():
    slope, doubt = slope_and_doubt(lambda move: np.exp(1 + move) - math.e, 1e-3)
    assert slope == pytest.approx(math.e, rel=1e-11)
    assert doubt < 1e-6


def test_max_pooling_with_ties_is_moved_apart():
    x = np.zeros((1, 1, 4, 4))
    report = gradient_check_layer(MaxPool2d(2), x, rng=rng())
    assert report.ok
    assert report["x"].moved == 16
