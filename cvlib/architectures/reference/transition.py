"""DenseNet's transition: fewer channels, half the size, between two dense blocks."""

from __future__ import annotations

from typing import Any, NamedTuple

from cvlib.architectures.reference.parameters import Grads, Params, check_params
from cvlib.architectures.reference.units import (
    UnitCache,
    norm_first_backward,
    norm_first_forward,
)
from cvlib.arrays import Array
from cvlib.layers.reference.mean_pool import avg_pool2d_backward, avg_pool2d_forward


class TransitionCache(NamedTuple):
    """The unit and the pooling behind it."""

    unit: UnitCache
    pool: Any


def transition_forward(
    x: Array, params: Params, *, training: bool, eps: float = 1e-5
) -> tuple[Array, TransitionCache]:
    """Mix the channels down to fewer by 1×1, then average windows of 2×2.

    out = mean 2×2 ∘ 1×1 ∘ ReLU ∘ BN (x)

    Keys of `params`: norm and conv. Shapes: x (N, C, H, W), conv.weight (⌊θ·C⌋, C, 1, 1) -> out
    (N, ⌊θ·C⌋, ⌊H / 2⌋, ⌊W / 2⌋), cache. Raises ValueError for a missing or needless parameter, and
    ValueError or TypeError as the named layer does.
    Source: Huang et al., Densely connected convolutional networks, 2017, §3.
    """
    check_params(params, convs=("conv",), norms=("norm",), training=training)
    y, unit = norm_first_forward(x, params, "norm", "conv", training=training, eps=eps)
    out, pool = avg_pool2d_forward(y, 2)
    return out, TransitionCache(unit, pool)


def transition_backward(dout: Array, cache: TransitionCache) -> tuple[Array, Grads]:
    """Share each gradient among its window's four pixels, then go back through the unit.

    Shapes: dout like out -> dx like x, and gradients under the parameters' keys. Raises ValueError
    or TypeError when dout is not of the output's shape and dtype.
    """
    return norm_first_backward(avg_pool2d_backward(dout, cache.pool), cache.unit)
