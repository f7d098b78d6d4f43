"""Pooling and the fully connected layer by their definitions: slow, and easy to believe."""

from __future__ import annotations

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution.geometry import IntOrPair, as_pair


def max_pool2d_naive(
    x: Array, kernel: IntOrPair, *, stride: IntOrPair | None = None, padding: IntOrPair = 0
) -> Array:
    """Keep the largest pixel of every window; what is padded never wins.

    out[n, c, i, j] = max_rs x[n, c, i·stride + r - padding, j·stride + s - padding]

    Shapes as in `max_pool2d_forward`.
    """
    (rows, columns), (down, along) = as_pair(kernel, "kernel", 1), _stride(kernel, stride)
    p, q = as_pair(padding, "padding", 0)
    height = (x.shape[2] + 2 * p - rows) // down + 1
    width = (x.shape[3] + 2 * q - columns) // along + 1
    out = np.full((*x.shape[:2], height, width), -np.inf, x.dtype)
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

    Shapes as in `avg_pool2d_forward`.
    """
    (rows, columns), (down, along) = as_pair(kernel, "kernel", 1), _stride(kernel, stride)
    p, q = as_pair(padding, "padding", 0)
    height = (x.shape[2] + 2 * p - rows) // down + 1
    width = (x.shape[3] + 2 * q - columns) // along + 1
    out = np.zeros((*x.shape[:2], height, width), x.dtype)
    for n, c, i, j in np.ndindex(out.shape):
        for r, s in np.ndindex(rows, columns):
            row, column = i * down + r - p, j * along + s - q
            if 0 <= row < x.shape[2] and 0 <= column < x.shape[3]:
                out[n, c, i, j] += x[n, c, row, column] / (rows * columns)
    return out


def _stride(kernel: IntOrPair, stride: IntOrPair | None) -> tuple[int, int]:
    """The stride, which is the kernel where nothing is said: windows side by side."""
    return as_pair(kernel if stride is None else stride, "stride", 1)
