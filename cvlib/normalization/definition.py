"""The four normalizations by their definitions, one number at a time: slow, and easy to believe.

They differ in one line: which numbers are averaged.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.arrays import Array


def batch_norm_naive(x: Array, gamma: Array, beta: Array, *, eps: float = 1e-5) -> Array:
    """Normalize each number by its channel, in all images of the batch (as in training).

    out = γ_c · (x - μ_c) / √(σ²_c + ε) + β_c

    Shapes: x (N, C, H, W), γ and β (C,) -> out like x.
    """
    out = np.empty_like(x)
    for n, c, i, j in np.ndindex(x.shape):
        together = x[:, c]
        out[n, c, i, j] = _standard(x[n, c, i, j], together, eps) * gamma[c] + beta[c]
    return out


def layer_norm_naive(x: Array, gamma: Array, beta: Array, *, eps: float = 1e-5) -> Array:
    """Normalize each number by its image, all channels of it.

    out = γ · (x - μ_n) / √(σ²_n + ε) + β

    Shapes: x (N, C, H, W), γ and β (C, H, W) -> out like x.
    """
    out = np.empty_like(x)
    for n, c, i, j in np.ndindex(x.shape):
        together = x[n]
        out[n, c, i, j] = _standard(x[n, c, i, j], together, eps) * gamma[c, i, j] + beta[c, i, j]
    return out


def instance_norm_naive(x: Array, gamma: Array, beta: Array, *, eps: float = 1e-5) -> Array:
    """Normalize each number by its channel of its image.

    out = γ_c · (x - μ_nc) / √(σ²_nc + ε) + β_c

    Shapes: x (N, C, H, W), γ and β (C,) -> out like x.
    """
    out = np.empty_like(x)
    for n, c, i, j in np.ndindex(x.shape):
        together = x[n, c]
        out[n, c, i, j] = _standard(x[n, c, i, j], together, eps) * gamma[c] + beta[c]
    return out


def group_norm_naive(
    x: Array, gamma: Array, beta: Array, *, groups: int, eps: float = 1e-5
) -> Array:
    """Normalize each number by its group of channels, which lie side by side, of its image.

    out = γ_c · (x - μ_ng) / √(σ²_ng + ε) + β_c

    Shapes: x (N, C, H, W), γ and β (C,) -> out like x.
    """
    out, size = np.empty_like(x), x.shape[1] // groups
    for n, c, i, j in np.ndindex(x.shape):
        first = c // size * size
        together = x[n, first : first + size]
        out[n, c, i, j] = _standard(x[n, c, i, j], together, eps) * gamma[c] + beta[c]
    return out


def _standard(number: Any, together: Array, eps: float) -> float:
    """By how many standard deviations a number lies above the mean of those it is averaged with."""
    mean = together.sum() / together.size
    variance = ((together - mean) ** 2).sum() / together.size
    return float((number - mean) / np.sqrt(variance + eps))
