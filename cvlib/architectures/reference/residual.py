"""The residual block of ResNet-18 and -34 and of the CIFAR networks."""

from __future__ import annotations

from typing import Any, NamedTuple

from cvlib.architectures.reference.parameters import Grads, Params, check_params
from cvlib.architectures.reference.shortcuts import (
    PROJECTION,
    projects,
    shortcut_backward,
    shortcut_forward,
)
from cvlib.architectures.reference.units import UnitCache, rectify, unit_backward, unit_forward
from cvlib.arrays import Array, check_upstream


class ResidualCache(NamedTuple):
    """The units of the branch, the way round it, and where the last ReLU passed the sum on."""

    units: list[UnitCache]
    shortcut: Any
    passed: Array
    x: Array


def basic_block_forward(
    x: Array, params: Params, *, stride: int = 1, training: bool, eps: float = 1e-5
) -> tuple[Array, ResidualCache]:
    """Learn what to add to x instead of what to put in its place.

    out = ReLU(F(x) + shortcut(x)), F = BN ∘ 3×3 ∘ ReLU ∘ BN ∘ 3×3

    The last ReLU comes after the sum. The shortcut is x itself; with a projection "downsample.0" in
    the parameters a strided 1×1 with batch norm (option B); and without one, where the shape
    changes, every s-th pixel with zeros for the new channels (option A).

    Keys of `params`: conv1, bn1, conv2, bn2, and downsample.0 and downsample.1 with option B, each
    as in PyTorch's state dicts. Shapes: x (N, C, H, W), conv1.weight (K, C, 3, 3), conv2.weight
    (K, K, 3, 3) -> out (N, K, ⌈H / stride⌉, ⌈W / stride⌉), cache. Raises ValueError for a missing
    or needless parameter, and ValueError or TypeError as the named layer does.
    Source: He et al., Deep residual learning for image recognition, 2016, §3 and figure 5.
    """
    way = PROJECTION if projects(params) else ()
    check_params(
        params,
        convs=("conv1", "conv2", *way[:1]),
        norms=("bn1", "bn2", *way[1:]),
        training=training,
    )
    y, first = unit_forward(x, params, "conv1", "bn1", stride=stride, training=training, eps=eps)
    y, second = unit_forward(
        y, params, "conv2", "bn2", activation="none", training=training, eps=eps
    )
    return join(x, y, params, [first, second], stride=stride, training=training, eps=eps)


def basic_block_backward(dout: Array, cache: ResidualCache) -> tuple[Array, Grads]:
    """Send the gradient both ways: through the branch, and unchanged (or projected) past it.

    dx = ∂F/∂xᵀ g + ∂shortcut/∂xᵀ g, g = dout where the sum was positive

    Shapes: dout like out -> dx like x, and gradients under the parameters' keys. Raises ValueError
    or TypeError when dout is not of the output's shape and dtype.
    """
    check_upstream(dout, cache.passed.shape, cache.x.dtype)
    g = dout * cache.passed
    dx, grads = shortcut_backward(g, cache.shortcut)
    dy = g
    for unit in reversed(cache.units):
        dy, of_unit = unit_backward(dy, unit)
        grads |= of_unit
    return dx + dy, grads


def join(
    x: Array,
    y: Array,
    params: Params,
    units: list[UnitCache],
    *,
    stride: int,
    training: bool,
    eps: float,
) -> tuple[Array, ResidualCache]:
    """Add the way round to the branch y and rectify the sum."""
    around, shortcut = shortcut_forward(
        x, params, channels=y.shape[1], stride=stride, training=training, eps=eps
    )
    if around.shape != y.shape:
        raise ValueError(
            f"the branch makes {y.shape}, the shortcut {around.shape}: expected one shape"
        )
    out, passed = rectify(y + around)
    return out, ResidualCache(units, shortcut, passed, x)
