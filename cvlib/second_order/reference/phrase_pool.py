"""Neural phrase pooling in a form of ours: a response counts as much as its neighbours back it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cvlib.arrays import Array, check_arrays, check_rank, check_upstream
from cvlib.second_order.validation import check_sigma


class PhraseCache(NamedTuple):
    """The weight of the neighbours, and what the maps were."""

    sigma: float
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def phrase_pool_forward(x: Array, *, sigma: float = 1.0) -> tuple[Array, PhraseCache]:
    """Mix every response with the mean of its eight neighbours in its own map.

    out[n, c, i, j] = (x[n, c, i, j] + σ/8 · Σ x[n, c, i + r, j + s]) / (1 + σ), (r, s) ≠ (0, 0)

    Neighbours outside the map count as 0. A response alone keeps 1 / (1 + σ) of itself, one among
    equals keeps all. This form is ours: geometric neural phrase pooling is a layer between
    convolution and pooling that punishes isolated responses, and this one does so.

    Shapes: x (N, C, H, W) -> out like x, cache. Raises TypeError for a dtype that is not float32 or
    float64, ValueError for another rank or a negative sigma.
    Source: after Xie et al., Geometric neural phrase pooling, 2016, §1.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    check_sigma(sigma)
    return _mixed(x, sigma), PhraseCache(float(sigma), x.shape, x.dtype)


def phrase_pool_backward(dout: Array, cache: PhraseCache) -> Array:
    """Mix the gradient in the same way: whoever is my neighbour, I am his, so the map is symmetric.

    Shapes: dout like out -> dx like x. Raises ValueError or TypeError when dout is not of the
    output's shape and dtype.
    """
    check_upstream(dout, cache.shape, cache.dtype)
    return _mixed(dout, cache.sigma)


def _mixed(x: Array, sigma: float) -> Array:
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    rows = padded[:, :, :-2] + padded[:, :, 1:-1] + padded[:, :, 2:]
    around = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:] - x
    return np.asarray((x + float(sigma) / 8 * around) / (1 + float(sigma)))
