"""Group and instance normalization: statistics over some channels of one image."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.normalization.reference.affine import affine, affine_backward, by_channel
from cvlib.normalization.reference.panel import Moments
from cvlib.normalization.reference.standardize import backward_from_normalized, standardize
from cvlib.normalization.validation import (
    check_eps,
    check_groups,
    check_images,
    check_per_channel,
)


class GroupCache(NamedTuple):
    """What a backward pass needs to remember of its forward pass."""

    normalized: Array
    gamma: Array | None
    shifted: bool
    groups: int
    inv_std: Moments


def group_norm_forward(
    x: Array,
    gamma: Array | None,
    beta: Array | None,
    *,
    groups: int,
    eps: float = 1e-5,
) -> tuple[Array, GroupCache]:
    """Give each group of channels of each image mean 0 and variance 1; then scale each channel.

    out = γ_c · (x - μ_ng) / √(σ²_ng + ε) + β_c, statistics over H, W and the C / groups channels
    of group g, which lie side by side

    One group is layer norm over (C, H, W) with a scale a channel; C groups are instance norm.

    Shapes: x (N, C, H, W), γ and β (C,) or None -> out like x, cache.
    Raises TypeError or ValueError for dtypes and shapes that do not fit.
    Source: Wu and He, Group normalization, 2018, §3.1, eq. 7.
    """
    check_arrays(x=x, gamma=gamma, beta=beta)
    check_images(x.shape)
    groups = check_groups(x.shape[1], groups)
    check_per_channel(
        x.shape[1],
        gamma=None if gamma is None else gamma.shape,
        beta=None if beta is None else beta.shape,
    )
    check_eps(eps)
    normalized, statistics = standardize(_by_group(x, groups), None, None, eps)
    normalized = normalized.reshape(x.shape)
    scale = np.ones(x.shape[1], x.dtype) if gamma is None else gamma
    out = affine(by_channel(normalized), scale, beta).reshape(x.shape)
    return out, GroupCache(normalized, gamma, beta is not None, groups, statistics.inv_std)


def group_norm_backward(dout: Array, cache: GroupCache) -> tuple[Array, Array | None, Array | None]:
    """Turn the gradient of the output into those of x, γ and β.

    dx = 1/σ_ng · (g - mean(g) - x̂ · mean(g · x̂)) with g = γ_c · dout and means over a group;
    dγ_c = Σ_nhw dout · x̂, dβ_c = Σ_nhw dout

    Shapes: dout like out -> dx like x, dγ (C,), dβ (C,); None for one that was None.
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    Source: the chain rule on Wu and He, 2018, §3.1.
    """
    normalized, gamma, shifted, groups, inv_std = cache
    check_upstream(dout, normalized.shape, normalized.dtype)
    scale = np.ones(dout.shape[1], dout.dtype) if gamma is None else gamma
    g, along_x, along_one = affine_backward(by_channel(dout), by_channel(normalized), scale)
    g = g.reshape(dout.shape)
    dx = backward_from_normalized(_by_group(g, groups), _by_group(normalized, groups), inv_std)
    dgamma = None if gamma is None else along_x.astype(dout.dtype)
    dbeta = along_one.astype(dout.dtype) if shifted else None
    return dx.reshape(dout.shape), dgamma, dbeta


def instance_norm_forward(
    x: Array, gamma: Array | None, beta: Array | None, *, eps: float = 1e-5
) -> tuple[Array, GroupCache]:
    """Give each channel of each image mean 0 and variance 1 over H and W; scale each channel.

    out = γ_c · (x - μ_nc) / √(σ²_nc + ε) + β_c

    The contrast and brightness of an image are gone, channel by channel.

    Shapes: x (N, C, H, W), γ and β (C,) or None -> out like x, cache.
    Raises as `group_norm_forward`.
    Source: Ulyanov, Vedaldi and Lempitsky, Instance normalization, 2016, eq. 3.
    """
    check_arrays(x=x, gamma=gamma, beta=beta)
    check_images(x.shape)
    return group_norm_forward(x, gamma, beta, groups=x.shape[1], eps=eps)


def instance_norm_backward(
    dout: Array, cache: GroupCache
) -> tuple[Array, Array | None, Array | None]:
    """Turn the gradient of the output into those of x, γ and β, as `group_norm_backward`.

    Shapes, errors and source as there.
    """
    return group_norm_backward(dout, cache)


def _by_group(x: Array, groups: int) -> Array:
    """See x as (1, N · groups, numbers of a group)."""
    n, c, h, w = x.shape
    return x.reshape(1, n * groups, c // groups * h * w)
