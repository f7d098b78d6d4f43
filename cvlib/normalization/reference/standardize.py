"""The one formula of this room: give every group of numbers mean 0 and variance 1, and back.

All four normalizations are this with another index set; the scale and shift of a group ride along
for free, because x ↦ scale · (x - μ) / σ + shift is one affine map of x.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cvlib.arrays import Array
from cvlib.normalization.reference.panel import Moments, panels, short_buffers

#: Means this many standard deviations from 0 cost digits in Σ g · (x - μ) = Σ g · x - μ Σ g.
FAR_FROM_ZERO = 16.0


class Statistics(NamedTuple):
    """Mean, biased variance and 1 / √(variance + ε) of each group, in float64."""

    mean: Moments
    var: Moments
    inv_std: Moments


def standardize(
    x: Array, scale: Array | None, shift: Array | None, eps: float
) -> tuple[Array, Statistics]:
    """Return scale_g · (x - μ_g) / √(σ²_g + ε) + shift_g for every group, and the statistics.

    μ_g = Σ x / m and σ²_g = Σ (x - μ_g)² / m over the m numbers of group g, in two passes: the
    second also measures what rounding left of the mean, and takes it out (Chan, Golub and LeVeque,
    Algorithms for computing the sample variance, 1983, eq. 1.7).

    Shapes: x (A, G, B), scale and shift (G,) or None for 1 and 0 -> (A, G, B), three times (G,).
    """
    out = np.empty(x.shape, x.dtype)
    mean, var, inv_std = (np.empty(x.shape[1]) for _ in range(3))
    with short_buffers():
        for part, panel in panels(x.shape, x.dtype):
            flat, y = panel.flat(x[:, part]), panel.flat(out[:, part])
            # μ = Σ x / m, rounded to the dtype of x
            rough = (panel.sum(flat) / panel.count).astype(x.dtype)
            np.subtract(flat, panel.spread(rough)[0], out=y)
            # σ² = Σ (x - μ)² / m - (what is left of the mean)²
            rest = panel.sum(y) / panel.count
            mean[part] = rough + rest
            var[part] = np.maximum(panel.dot(y, y) / panel.count - rest * rest, 0)
            inv_std[part] = 1 / np.sqrt(var[part] + eps)
            # y = scale · (x - μ) / √(σ² + ε) + shift
            slope = inv_std[part] if scale is None else scale[part] * inv_std[part]
            offset = -rest * slope if shift is None else shift[part] - rest * slope
            slopes, offsets = panel.spread(slope, offset)
            y *= slopes
            y += offsets
    return out, Statistics(mean, var, inv_std)


def standardize_backward(
    dout: Array, x: Array, scale: Array | None, statistics: Statistics
) -> tuple[Array, Moments, Moments]:
    """Take from the gradient its component along 1 and along x̂, group by group, and scale it.

    dx = scale / σ · (dout - mean(dout) - x̂ · mean(dout · x̂)), with x̂ = (x - μ) / σ

    Shapes: dout, x (A, G, B), scale (G,) or None -> dx (A, G, B), Σ dout · x̂ (G,), Σ dout (G,).
    Source: Ioffe and Szegedy, Batch normalization, 2015, §3, with the chain rule carried through.
    """
    dx = np.empty(x.shape, x.dtype)
    along_x, along_one = np.empty(x.shape[1]), np.empty(x.shape[1])
    mean, _, inv_std = statistics
    if np.abs(mean * inv_std).max(initial=0) > FAR_FROM_ZERO:
        rough = mean.astype(x.dtype)
        x, mean = x - rough[:, None], mean - rough
    with short_buffers():
        for part, panel in panels(x.shape, x.dtype):
            g, flat, d = (panel.flat(a[:, part]) for a in (dout, x, dx))
            # Σ dout · x̂ = (Σ dout · x - μ Σ dout) / σ
            sums = panel.sum(g)
            products = (panel.dot(g, flat) - mean[part] * sums) * inv_std[part]
            along_x[part], along_one[part] = products, sums
            # dx = slope · (dout + a · x + b)
            a = -inv_std[part] * products / panel.count
            b = -sums / panel.count - a * mean[part]
            slope = inv_std[part] if scale is None else scale[part] * inv_std[part]
            per_x, constants, slopes = panel.spread(a, b, slope)
            np.multiply(flat, per_x, out=d)
            d += g
            d += constants
            d *= slopes
    return dx, along_x, along_one


def backward_from_normalized(dout: Array, normalized: Array, inv_std: Moments) -> Array:
    """Return dx = 1/σ · (dout - mean(dout) - x̂ · mean(dout · x̂)) from x̂ and 1/σ alone.

    Shapes: dout, normalized (A, G, B), inv_std (G,) -> (A, G, B).
    """
    as_it_is = Statistics(np.zeros(len(inv_std)), np.ones(len(inv_std)), np.ones(len(inv_std)))
    return standardize_backward(dout, normalized, inv_std, as_it_is)[0]
