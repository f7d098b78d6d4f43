"""Activations as layers, and what saturates and kills them."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from cvlib.activations import (
    Activation,
    Maxout,
    PReLU,
    dead_fraction,
    derivative,
    derivative_bounds,
    saturated_fraction,
)
from cvlib.layers import gradient_check_layer

NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")


def rng():
    return np.random.default_rng(0)


LAYERS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    **{name: (partial(Activation, name), (3, 4)) for name in NAMES},
    "leaky_relu with a slope": (lambda: Activation("leaky_relu", slope=0.3), (3, 2, 2, 2)),
    "PReLU": (lambda: PReLU(2, dtype=np.float64), (3, 2, 2, 2)),
    "Maxout": (lambda: Maxout(4, 3, 5, rng=rng(), dtype=np.float64), (3, 4)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_gradients(name):
    build, shape = LAYERS[name]
    report = gradient_check_layer(build(), rng().standard_normal(shape), rng=rng())
    assert report.ok, report


def test_options_reach_the_function():
    x = np.array([[-1.0]])
    assert Activation("leaky_relu", slope=0.25).forward(x) == -0.25
    assert Activation("elu", alpha=3.0).forward(x) == pytest.approx(3 * np.expm1(-1))


def test_what_starts_where():
    prelu = PReLU(3)
    assert prelu.own["alpha"].value.tolist() == [0.25] * 3
    assert not prelu.own["alpha"].decay
    assert PReLU(2, alpha=0.0).forward(np.full((1, 2), -1, np.float32)).tolist() == [[0, 0]]
    maxout = Maxout(300, 200, 3, rng=rng())
    assert maxout.own["w"].value.shape == (3, 200, 300)
    assert maxout.own["w"].value.std() == pytest.approx(1 / np.sqrt(300), rel=0.02)
    assert maxout.own["w"].decay
    assert not maxout.own["b"].decay


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: Activation("step"), ValueError,
         "expected one of sigmoid, tanh, relu, leaky_relu, elu, got 'step' (name)"),
        (lambda: Activation("relu", slope=0.1), TypeError, "unexpected keyword argument 'slope'"),
        (lambda: PReLU(0), ValueError, "channels must be at least 1, got 0"),
        (lambda: Maxout(2, 2, 0, rng=rng()), ValueError, "pieces must be at least 1, got 0"),
    ],
)  # fmt: skip
def test_bad_layers_are_refused(build, error, message):
    with pytest.raises(error, match=re.escape(message)):
        build()


@pytest.mark.parametrize("layer", [PReLU(2), Maxout(2, 2, rng=rng())])
def test_backward_needs_a_forward(layer):
    with pytest.raises(RuntimeError, match="needs a forward pass before it"):
        layer.backward(np.ones((1, 2), np.float32))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {}) for name in NAMES),
        ("leaky_relu", {"slope": 0.3}),
        ("leaky_relu", {"slope": 1.5}),
        ("elu", {"alpha": 2.0}),
    ],
)
def test_derivatives_stay_in_their_bounds_and_come_close(name, options):
    x = np.linspace(-30, 30, 600001)
    slopes = derivative(name, x, **options)
    low, high = derivative_bounds(name, **options)
    assert low <= slopes.min() < low + 1e-4
    assert high - 1e-4 < slopes.max() <= high
    # and they are derivatives
    from cvlib.activations.layers import passes

    out = passes(name)[0](x, **options)[0]
    differences = np.diff(out) / np.diff(x)
    np.testing.assert_allclose((slopes[1:] + slopes[:-1]) / 2, differences, atol=1e-3 + high / 2)
    middle = np.abs(x[1:]) > 1e-3
    np.testing.assert_allclose(slopes[1:][middle], differences[middle], atol=1e-3)


def test_saturated_fraction():
    # σ'(x) < 0.05 · 1/4 beyond |x| = 4.364
    x = np.array([-5.0, -4.4, -4.3, 0.0, 4.3, 4.4, 5.0, 100.0])
    assert saturated_fraction("sigmoid", x) == 5 / 8
    assert saturated_fraction("relu", x) == 3 / 8 + 1 / 8
    assert saturated_fraction("leaky_relu", x, slope=0.2) == 0
    assert saturated_fraction("leaky_relu", x, slope=0.2, threshold=0.3) == 4 / 8
    assert saturated_fraction("tanh", np.zeros(3)) == 0
    with pytest.raises(ValueError, match=re.escape("threshold must lie between 0 and 1, got 1.0")):
        saturated_fraction("tanh", x, threshold=1.0)
    with pytest.raises(ValueError, match=re.escape("at least one number, got shape (0,)")):
        saturated_fraction("tanh", x[:0])
    with pytest.raises(ValueError, match="got 'step'"):
        derivative_bounds("step")


def test_dead_fraction():
    x = np.array([[-1.0, 2.0, 0.0], [-3.0, -1.0, 0.0]])
    assert dead_fraction(x) == pytest.approx(2 / 3)
    images = np.ones((2, 4, 3, 3))
    images[:, 1] = -1
    images[0, 2] = -1
    assert dead_fraction(images) == 1 / 4
    for bad in (np.ones(3), np.ones((2, 3, 4)), np.ones((0, 3))):
        with pytest.raises(ValueError, match=re.escape("x must be (N, D) or (N, C, H, W) and not")):
            dead_fraction(bad)
