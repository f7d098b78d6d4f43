"""Normalization over any set of axes: the family's common ancestor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.normalization.reference.standardize import Statistics, standardize, standardize_backward
from cvlib.normalization.validation import check_axes, check_eps


class NormalizeCache(NamedTuple):
    """What a backward pass needs to remember of its forward pass."""

    x: Array
    axes: tuple[int, ...]
    statistics: Statistics


def normalize_forward(
    x: Array, *, axes: int | Sequence[int], eps: float = 1e-5
) -> tuple[Array, NormalizeCache]:
    """Give x mean 0 and variance 1 over the named axes, for each place along the others.

    out = (x - μ) / √(σ² + ε), with μ and the biased σ² taken over `axes`

    For images (N, C, H, W): batch norm is axes (0, 2, 3), layer norm (1, 2, 3), instance norm
    (2, 3), and group norm (2, 3, 4) of x seen as (N, G, C / G, H, W).

    Shapes: x of any shape -> out like x, cache. Raises TypeError for a dtype other than float32 and
    float64, ValueError for axes that x does not have.
    Source: Wu and He, Group normalization, 2018, eq. 1 to 3.
    """
    check_arrays(x=x)
    axes = check_axes(x.shape, axes)
    check_eps(eps)
    out, statistics = standardize(_grouped(x, axes), None, None, eps)
    return _ungrouped(out, x.shape, axes), NormalizeCache(x, axes, statistics)


def normalize_backward(dout: Array, cache: NormalizeCache) -> Array:
    """Return dx = 1/σ · (dout - mean(dout) - x̂ · mean(dout · x̂)), means over the same axes.

    Shapes: dout like out -> dx like x. Raises as `conv2d_backward` does.
    Source: Ioffe and Szegedy, Batch normalization, 2015, §3.
    """
    x, axes, statistics = cache
    check_upstream(dout, x.shape, x.dtype)
    dx, _, _ = standardize_backward(_grouped(dout, axes), _grouped(x, axes), None, statistics)
    return _ungrouped(dx, x.shape, axes)


def _grouped(x: Array, axes: tuple[int, ...]) -> Array:
    """See x as (A, G, B) with the normalized axes in A and B: without a copy where they frame x."""
    ahead, kept, behind = _order(x.ndim, axes)
    sizes = [int(np.prod([x.shape[axis] for axis in part])) for part in (ahead, kept, behind)]
    return x.transpose(*ahead, *kept, *behind).reshape(sizes)


def _ungrouped(grouped: Array, shape: tuple[int, ...], axes: tuple[int, ...]) -> Array:
    """Undo `_grouped`."""
    ahead, kept, behind = _order(len(shape), axes)
    order = (*ahead, *kept, *behind)
    moved = grouped.reshape([shape[axis] for axis in order])
    return np.ascontiguousarray(moved.transpose(np.argsort(order)))


def _order(
    ndim: int, axes: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Split the axes of x: normalized ones that lead, the kept ones, normalized ones behind."""
    ahead = tuple(axis for place, axis in enumerate(axes) if axis == place)
    if len(ahead) == ndim:
        return (), (), ahead
    kept = tuple(axis for axis in range(ndim) if axis not in axes)
    return ahead, kept, tuple(axis for axis in axes if axis not in ahead)
