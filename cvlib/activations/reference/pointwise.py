"""The activations that look at one number at a time, each beside its backward."""

import numpy as np

from cvlib.arrays import Array, check_arrays, check_upstream


def sigmoid_forward(x: Array) -> tuple[Array, Array]:
    """Squash to (0, 1): out = 1 / (1 + e^-x).

    Computed from e^-|x|, which cannot overflow. Shapes: any -> the same, cache (out).
    Raises TypeError for a dtype that is not float32 or float64, as do all forwards here.
    """
    check_arrays(x=x)
    small = np.exp(-np.abs(x))
    # σ(x) = 1 / (1 + e^-x) for x ≥ 0, e^x / (1 + e^x) for x < 0
    out = np.where(x >= 0, x.dtype.type(1), small) / (1 + small)
    return out, out


def sigmoid_backward(dout: Array, cache: Array) -> Array:
    """dx = dout · σ(1 - σ), at most dout / 4.

    Raises ValueError or TypeError when dout is not of the output's shape and dtype, as do all
    backwards here.
    """
    check_upstream(dout, cache.shape, cache.dtype)
    return dout * cache * (1 - cache)


def tanh_forward(x: Array) -> tuple[Array, Array]:
    """Squash to (-1, 1): out = tanh x = 2 σ(2x) - 1. Shapes: any -> the same, cache (out)."""
    check_arrays(x=x)
    out = np.tanh(x)
    return out, out


def tanh_backward(dout: Array, cache: Array) -> Array:
    """dx = dout · (1 - tanh²)."""
    check_upstream(dout, cache.shape, cache.dtype)
    return dout * (1 - cache * cache)


def relu_forward(x: Array) -> tuple[Array, Array]:
    """Cut off what is negative: out = max(x, 0). Shapes: any -> the same, cache (out).

    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """
    check_arrays(x=x)
    out = np.maximum(x, 0)
    return out, out


def relu_backward(dout: Array, cache: Array) -> Array:
    """dx = dout where x > 0, else 0; at 0, where there is no derivative, 0 as in PyTorch."""
    check_upstream(dout, cache.shape, cache.dtype)
    return dout * (cache > 0)


def leaky_relu_forward(x: Array, slope: float = 0.01) -> tuple[Array, tuple[Array, float]]:
    """Let a little of the negative through: out = x for x > 0, slope · x otherwise.

    Shapes: any -> the same, cache.
    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models,
    2013, §3.
    """
    check_arrays(x=x)
    return np.where(x > 0, x, x.dtype.type(slope) * x), (x, slope)


def leaky_relu_backward(dout: Array, cache: tuple[Array, float]) -> Array:
    """dx = dout where x > 0, else slope · dout."""
    x, slope = cache
    check_upstream(dout, x.shape, x.dtype)
    return np.where(x > 0, dout, x.dtype.type(slope) * dout)


def elu_forward(x: Array, alpha: float = 1.0) -> tuple[Array, tuple[Array, Array, float]]:
    """Bend to -α instead of cutting off: out = x for x > 0, α (e^x - 1) otherwise.

    Shapes: any -> the same, cache. Smooth at 0 for α = 1 only.
    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by
    exponential linear units, 2016, §3.
    """
    check_arrays(x=x)
    # expm1 keeps the digits of e^x - 1 near 0; of positive x it would overflow, and is not asked
    out = np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))
    return out, (x, out, alpha)


def elu_backward(dout: Array, cache: tuple[Array, Array, float]) -> Array:
    """dx = dout where x > 0, else dout · α e^x = dout · (out + α)."""
    x, out, alpha = cache
    check_upstream(dout, x.shape, x.dtype)
    return np.where(x > 0, dout, dout * (out + x.dtype.type(alpha)))
