"""Pooling by its definition, one pixel at a time: slow, and easy to believe."""

from __future__ import annotations

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution.geometry import IntOrPair
from cvlib.layers.reference.windows import check_pool


def max_pool2d_naive(
    x: Array, kernel: IntOrPair, *, stride: IntOrPair | None = None, padding: IntOrPair = 0
) -> Array:
    """Keep the largest pixel of every window; what is padded never wins.

    out[n, c, i, j] = max_rs x[n, c, i·stride + r - padding, j·stride + s - padding]

    Shapes and errors as in `max_pool2d_forward`.
    """
    view = check_pool(x.shape, kernel, stride, padding)
    (rows, columns), (down, along), (p, q) = view.kernel, view.stride, view.offset
    out = np.full((*x.shape[:2], *view.size), -np.inf, x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        for r, s in np.ndindex(rows, columns):
            row, column = i * down + r - p, j * along + s - q
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                out[n, c, i, j] = max(out[n, c, i, j], x[n, c, row, column])
    return out


def avg_pool2d_naive(
    x: Array, kernel: IntOrPair, *, stride: IntOrPair | None = None, padding: IntOrPair = 0
) -> Array:
    """Average every window; what is padded counts as zero.

    out[n, c, i, j] = (1/RS) Σ_rs x[n, c, i·stride + r - padding, j·stride + s - padding]

    Shapes and errors as in `avg_pool2d_forward`.
    """
    view = check_pool(x.shape, kernel, stride, padding)
    (rows, columns), (down, along), (p, q) = view.kernel, view.stride, view.offset
    out = np.zeros((*x.shape[:2], *view.size), x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        for r, s in np.ndindex(rows, columns):
            row, column = i * down + r - p, j * along + s - q
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                out[n, c, i, j] += x[n, c, row, column] / (rows * columns)
    return out
