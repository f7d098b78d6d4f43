"""The bottleneck block of ResNet-50, -101 and -152: 3×3 where there are few channels."""

from __future__ import annotations

from typing import Literal

from cvlib.architectures.reference.parameters import Grads, Params, check_params
from cvlib.architectures.reference.residual import ResidualCache, basic_block_backward, join
from cvlib.architectures.reference.shortcuts import PROJECTION, projects
from cvlib.architectures.reference.units import unit_forward
from cvlib.arrays import Array


def bottleneck_forward(
    x: Array,
    params: Params,
    *,
    stride: int = 1,
    stride_on: Literal["1x1", "3x3"] = "3x3",
    training: bool,
    eps: float = 1e-5,
) -> tuple[Array, ResidualCache]:
    """Go down to few channels by 1×1, convolve 3×3 there, and come back by 1×1.

    out = ReLU(F(x) + shortcut(x)), F = BN ∘ 1×1 ∘ ReLU ∘ BN ∘ 3×3 ∘ ReLU ∘ BN ∘ 1×1

    The paper strides in the first 1×1 (``stride_on="1x1"``), which never looks at three pixels of
    four; the networks that are published now stride in the 3×3. The shortcut is as in
    `basic_block_forward`.

    Keys of `params`: conv1 to conv3, bn1 to bn3, and downsample.0 and downsample.1 with option B.
    Shapes: x (N, C, H, W), conv1.weight (M, C, 1, 1), conv2.weight (M, M, 3, 3), conv3.weight
    (K, M, 1, 1) -> out (N, K, ⌈H / stride⌉, ⌈W / stride⌉), cache. Errors as in
    `basic_block_forward`.
    Source: He et al., Deep residual learning for image recognition, 2016, §4.1 and figure 5.
    """
    if stride_on not in ("1x1", "3x3"):
        raise ValueError(f"stride_on must be '1x1' or '3x3', got {stride_on!r}")
    way = PROJECTION if projects(params) else ()
    convs, norms = ("conv1", "conv2", "conv3"), ("bn1", "bn2", "bn3")
    check_params(params, convs=(*convs, *way[:1]), norms=(*norms, *way[1:]), training=training)
    strides = (stride, 1, 1) if stride_on == "1x1" else (1, stride, 1)
    y, units = x, []
    for conv, norm, step in zip(convs, norms, strides, strict=True):
        y, cache = unit_forward(
            y,
            params,
            conv,
            norm,
            activation="none" if conv == "conv3" else "relu",
            stride=step,
            training=training,
            eps=eps,
        )
        units.append(cache)
    return join(x, y, params, units, stride=stride, training=training, eps=eps)


def bottleneck_backward(dout: Array, cache: ResidualCache) -> tuple[Array, Grads]:
    """Send the gradient both ways: a branch of three units is gone back like one of two.

    Shapes and errors as in `basic_block_backward`.
    """
    return basic_block_backward(dout, cache)
