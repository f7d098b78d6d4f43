"""The spread of initial weights is what each scheme promises, and does what it is for."""

from typing import Any

import numpy as np
import pytest
import torch

from cvlib.activations import derivative, relu_forward, tanh_forward
from cvlib.layers import fans, gain, initialize
from cvlib.layers.reference.initialization import SCHEMES, spread_of

SHAPE = (200, 300)


@pytest.mark.parametrize("scheme", [name for name in SCHEMES if name != "zeros"])
@pytest.mark.parametrize("shape", [SHAPE, (64, 40, 5, 5)])
def test_mean_and_spread(scheme, shape):
    w = initialize(shape, scheme, np.random.default_rng(0), dtype=np.float64)
    spread = spread_of(shape, scheme)
    assert w.shape == shape
    # six standard errors of a mean, and of a standard deviation (kurtosis at most 3)
    assert abs(w.mean()) < 6 * spread / np.sqrt(w.size)
    assert abs(w.std() / spread - 1) < 6 / np.sqrt(2 * w.size)
    bound = np.sqrt(3) * spread
    inside = np.abs(w) <= bound
    if scheme.endswith("uniform"):
        assert inside.all()
        assert np.abs(w).max() > 0.99 * bound
    else:
        assert 0.91 < inside.mean() < 0.92


def test_the_formulas():
    assert spread_of(SHAPE, "zeros") == 0
    assert spread_of(SHAPE, "normal") == spread_of(SHAPE, "uniform") == 0.01
    assert spread_of(SHAPE, "normal", 0.5) == 0.5
    assert spread_of(SHAPE, "lecun") == pytest.approx(1 / np.sqrt(300))
    assert spread_of(SHAPE, "xavier") == pytest.approx(np.sqrt(2 / 500))
    assert spread_of(SHAPE, "xavier_uniform", 5 / 3) == pytest.approx(5 / 3 * np.sqrt(2 / 500))
    assert spread_of(SHAPE, "he_normal") == pytest.approx(np.sqrt(2 / 300))
    assert spread_of(SHAPE, "he", gain("leaky_relu", 0.2)) == pytest.approx(np.sqrt(2 / 1.04 / 300))
    assert spread_of((64, 40, 5, 5), "he") == pytest.approx(np.sqrt(2 / 1000))


def test_zeros_are_zeros_and_any_shape_may_be_plain_normal():
    rng = np.random.default_rng(0)
    assert (initialize(SHAPE, "zeros", rng) == 0).all()
    assert initialize((1000,), "normal", rng, scale=2).std() == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize("shape", [(5, 7), (6, 4, 3, 2)])
def test_fans_and_gains_are_those_of_torch(shape):
    assert fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
    theirs: Any  # a literal for torch
    for ours, theirs in (
        ("linear", "linear"),
        ("sigmoid", "sigmoid"),
        ("tanh", "tanh"),
        ("relu", "relu"),
        ("leaky_relu", "leaky_relu"),
    ):
        assert gain(ours) == pytest.approx(torch.nn.init.calculate_gain(theirs))
    assert gain("leaky_relu", 0.3) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scheme", ["zeros", "he", "xavier_uniform"])
def test_dtype_and_seed(scheme, dtype):
    first, again = (
        initialize(SHAPE, scheme, np.random.default_rng(7), dtype=dtype) for _ in range(2)
    )
    assert first.dtype == dtype
    np.testing.assert_array_equal(first, again)


def test_he_keeps_the_signal_and_the_gradient_of_relu_through_depth():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 400))
    slopes, weights = [], []
    signal = x
    for _ in range(20):
        w = initialize((400, 400), "he", rng, dtype=np.float64)
        z = signal @ w.T
        weights.append(w)
        slopes.append(derivative("relu", z))
        signal, _ = relu_forward(z)
    g = rng.standard_normal(signal.shape)
    first = (g**2).mean()
    for w, slope in zip(reversed(weights), reversed(slopes), strict=True):
        g = (g * slope) @ w
    assert 0.5 < (signal**2).mean() / (x**2).mean() < 2
    assert 0.5 < (g**2).mean() / first < 2


def test_a_tenth_of_the_spread_kills_the_signal():
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((64, 400))
    for _ in range(10):
        w = initialize((400, 400), "xavier", rng, scale=0.1, dtype=np.float64)
        signal, _ = tanh_forward(signal @ w.T)
    assert np.abs(signal).max() < 1e-8


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda rng: initialize(SHAPE, "best", rng), ValueError,
         r"expected one of zeros, normal, .*, got 'best' \(scheme\)"),
        (lambda rng: initialize(SHAPE, "he", rng, scale=-1), ValueError,
         "scale must be a number of at least 0, got -1"),
        (lambda rng: initialize(SHAPE, "he", rng, scale=np.nan), ValueError,
         "scale must be a number of at least 0, got nan"),
        (lambda rng: initialize((3,), "he", rng), ValueError,
         r"weights need at least two axes \(outputs, inputs, …\), got \(3,\)"),
        (lambda rng: initialize(SHAPE, "he", rng, dtype=np.float16), TypeError,
         "dtype must be float32 or float64, got float16"),
        (lambda rng: gain("step"), ValueError,
         r"expected one of linear, sigmoid, tanh, relu, leaky_relu, got 'step' \(activation\)"),
    ],
)  # fmt: skip
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(np.random.default_rng(0))
