"""Layer normalization: one mean and one variance an example, over its last axes."""

from __future__ import annotations

from typing import NamedTuple

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.normalization.reference.panel import Moments
from cvlib.normalization.reference.standardize import backward_from_normalized, standardize
from cvlib.normalization.validation import check_eps, check_trailing


class LayerCache(NamedTuple):
    """What a backward pass needs to remember of its forward pass."""

    normalized: Array
    gamma: Array | None
    shifted: bool
    trailing: int
    inv_std: Moments


def layer_norm_forward(
    x: Array, gamma: Array | None, beta: Array | None, *, eps: float = 1e-5
) -> tuple[Array, LayerCache]:
    """Give every example mean 0 and variance 1 over its own numbers; then scale and shift each.

    out = γ · (x - μ_n) / √(σ²_n + ε) + β, statistics over the trailing axes that γ has

    No example looks at another, so training and testing are the same function.

    Shapes: x (N, …, *D), γ and β of shape D, for images (C, H, W) -> out like x, cache.
    Raises TypeError or ValueError for dtypes and shapes that do not fit.
    Source: Ba, Kiros and Hinton, Layer normalization, 2016, eq. 3 and 4.
    """
    check_arrays(x=x, gamma=gamma, beta=beta)
    shapes = (None if v is None else v.shape for v in (gamma, beta))
    trailing = check_trailing(x.shape, *shapes)
    check_eps(eps)
    normalized, statistics = standardize(_by_example(x, trailing), None, None, eps)
    normalized = normalized.reshape(x.shape)
    out = normalized.copy() if gamma is None else normalized * gamma
    if beta is not None:
        out += beta
    return out, LayerCache(normalized, gamma, beta is not None, trailing, statistics.inv_std)


def layer_norm_backward(dout: Array, cache: LayerCache) -> tuple[Array, Array | None, Array | None]:
    """Turn the gradient of the output into those of x, γ and β.

    dx = 1/σ_n · (g - mean(g) - x̂ · mean(g · x̂)) with g = γ · dout and means over an example;
    dγ = Σ_n dout · x̂, dβ = Σ_n dout

    Shapes: dout like out -> dx like x, dγ and dβ like γ and β; None for one that was None.
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    Source: the chain rule on Ba, Kiros and Hinton, 2016, eq. 3 and 4.
    """
    normalized, gamma, shifted, trailing, inv_std = cache
    check_upstream(dout, normalized.shape, normalized.dtype)
    g = dout if gamma is None else dout * gamma
    dx = backward_from_normalized(
        _by_example(g, trailing), _by_example(normalized, trailing), inv_std
    )
    leading = tuple(range(dout.ndim - trailing))
    dgamma = None if gamma is None else (dout * normalized).sum(axis=leading)
    dbeta = dout.sum(axis=leading) if shifted else None
    return dx.reshape(dout.shape), dgamma, dbeta


def _by_example(x: Array, trailing: int) -> Array:
    """See x as (1, examples, numbers of an example)."""
    count = 1
    for size in x.shape[x.ndim - trailing :]:
        count *= size
    return x.reshape(1, x.size // count, count)
