"""Local response normalization: a channel is held down by strong neighbours at the same pixel."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.normalization.validation import check_images, check_window


class ResponseCache(NamedTuple):
    """What a backward pass needs to remember of its forward pass."""

    x: Array
    level: Array
    damping: Array
    size: int
    alpha: float
    beta: float


def local_response_norm_forward(
    x: Array,
    *,
    size: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
    average: bool = False,
) -> tuple[Array, ResponseCache]:
    """Divide each number by a power of the energy of its neighbours across the channels.

    out[n, c] = x[n, c] / s[n, c]^β with s[n, c] = k + α Σ_j x[n, j]², over the channels
    c - size // 2 ≤ j ≤ c + (size - 1) // 2 that exist

    The defaults are AlexNet's. PyTorch and Caffe divide α by `size` (`average=True`), also at the
    first and last channels, and PyTorch's k is 1.

    Shapes: x (N, C, H, W) -> out like x, cache. Nothing is learned and no batch is involved.
    Raises TypeError or ValueError for a dtype, a shape, a size or a constant that does not fit.
    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification, 2012, §3.3.
    """
    check_arrays(x=x)
    check_images(x.shape)
    size = check_window(size, alpha, beta, k)
    share = alpha / size if average else alpha
    # s = k + α Σ_j x_j²
    level = _window_sum(x * x, size // 2, (size - 1) // 2)
    level *= x.dtype.type(share)
    level += x.dtype.type(k)
    damping = _power(level, beta)
    return x * damping, ResponseCache(x, level, damping, size, share, beta)


def local_response_norm_backward(dout: Array, cache: ResponseCache) -> Array:
    """Turn the gradient of the output into that of x.

    dx[c] = dout[c] · s[c]^-β - 2αβ · x[c] · Σ_j dout[j] · x[j] · s[j]^(-β - 1), over the channels j
    whose window holds c

    Shapes: dout like out -> dx like x.
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    Source: the chain rule on Krizhevsky, Sutskever and Hinton, 2012, §3.3.
    """
    x, level, damping, size, share, beta = cache
    check_upstream(dout, x.shape, x.dtype)
    dx = dout * damping
    through = dx * x
    through /= level
    # channel j sees c exactly when c sees j in the mirrored window
    through = _window_sum(through, (size - 1) // 2, size // 2)
    through *= x
    through *= x.dtype.type(2 * share * beta)
    dx -= through
    return dx


def _window_sum(x: Array, before: int, after: int) -> Array:
    """Return Σ_j x[:, j] over c - before ≤ j ≤ c + after, channel by channel: (N, C, H, W)."""
    out = x.copy()
    for step in range(1, min(before, x.shape[1] - 1) + 1):
        out[:, step:] += x[:, :-step]
    for step in range(1, min(after, x.shape[1] - 1) + 1):
        out[:, :-step] += x[:, step:]
    return out


def _power(level: Array, beta: float) -> Array:
    """Return level^-β; for AlexNet's β by two square roots, many times faster than a power."""
    if beta == 0.75:
        root = np.sqrt(level)
        root *= np.sqrt(root)
        return np.reciprocal(root, out=root)
    return level ** level.dtype.type(-beta)
