"""The head of a modern network: the mean of every map, then one linear layer."""

from __future__ import annotations

from typing import Any, NamedTuple

from cvlib.architectures.reference.units import named
from cvlib.arrays import Array, check_arrays
from cvlib.layers.reference.linear import linear_backward, linear_forward
from cvlib.layers.reference.mean_pool import (
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
)


class HeadCache(NamedTuple):
    """The mean and the linear layer behind it."""

    pool: Any
    linear: Any


def gap_head_forward(x: Array, w: Array, b: Array | None = None) -> tuple[Array, HeadCache]:
    """Average every map over its places, and score the averages: one weight a map and class.

    out[n, k] = b[k] + Σ_c w[k, c] · mean_ij x[n, c, i, j]

    For maps of any size. Both steps are linear, so scoring every place and taking the mean is the
    same; flattening instead would need H·W times the weights, for one H and W only.

    Shapes: x (N, C, H, W), w (K, C), b (K,) or None -> out (N, K), cache. Raises TypeError for
    dtypes that are not all float32 or all float64, ValueError for shapes that do not fit.
    Source: Lin, Chen and Yan, Network in network, 2014, §3.2.
    """
    check_arrays(x=x, w=w, b=b)
    means, pool = global_avg_pool2d_forward(x)
    with named("the linear layer behind the means"):
        out, linear = linear_forward(means, w, b)
    return out, HeadCache(pool, linear)


def gap_head_backward(dout: Array, cache: HeadCache) -> tuple[Array, Array, Array | None]:
    """Return dx, dw and db: every place of a map gets the same, 1/HW of the map's gradient.

    dx[n, c, i, j] = Σ_k dout[n, k] · w[k, c] / HW

    Shapes: dout (N, K) -> dx (N, C, H, W), dw (K, C), db (K,) or None. Raises ValueError or
    TypeError when dout is not of the output's shape and dtype.
    """
    dmeans, dw, db = linear_backward(dout, cache.linear)
    return global_avg_pool2d_backward(dmeans, cache.pool), dw, db
