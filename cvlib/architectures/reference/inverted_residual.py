"""MobileNet-v2's block: the shortcut joins the thin ends, and the wide middle is depthwise."""

from __future__ import annotations

from typing import NamedTuple

from cvlib.architectures.reference.parameters import Grads, Params, check_params
from cvlib.architectures.reference.separable import separable_block_backward
from cvlib.architectures.reference.units import UnitCache, unit_forward
from cvlib.arrays import Array


class InvertedCache(NamedTuple):
    """The units of the branch, and whether there was a way round it."""

    units: list[UnitCache]
    shortcut: bool


def inverted_residual_forward(
    x: Array, params: Params, *, stride: int = 1, training: bool, eps: float = 1e-5
) -> tuple[Array, InvertedCache]:
    """Expand the channels by 1×1, filter each by 3×3, project them down by 1×1 without ReLU.

    out = x + F(x), F = BN ∘ 1×1 ∘ ReLU6 ∘ BN ∘ 3×3 depthwise ∘ ReLU6 ∘ BN ∘ 1×1

    The shortcut is there where stride is 1 and as many channels come out as go in; else out = F(x).
    Nothing is rectified after the sum: what few channels hold, a ReLU would destroy. A block that
    does not expand leaves out the first 1×1.

    Keys of `params`: conv.0.0 and conv.0.1, convolution and norm of the expansion, conv.1.0 and
    conv.1.1 of the filters, conv.2 and conv.3 of the projection; without the expansion conv.0.0,
    conv.0.1, conv.1 and conv.2. Shapes: x (N, C, H, W) -> out (N, K, ⌈H / stride⌉, ⌈W / stride⌉),
    cache. Raises ValueError for a missing or needless parameter, and ValueError or TypeError as the
    named layer does.
    Source: Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks, 2018, §3.3 and
    §3.2, figure 4 (d).
    """
    expands = "conv.1.0.weight" in params
    last = 2 if expands else 1
    rectified = [(f"conv.{k}.0", f"conv.{k}.1") for k in range(last)]
    ends = f"conv.{last}", f"conv.{last + 1}"
    check_params(
        params,
        convs=[*(conv for conv, _ in rectified), ends[0]],
        norms=[*(norm for _, norm in rectified), ends[1]],
        training=training,
    )
    y, units = x, []
    for conv, norm in rectified:
        filters = conv == rectified[-1][0]
        y, cache = unit_forward(
            y,
            params,
            conv,
            norm,
            activation="relu6",
            stride=stride if filters else 1,
            groups=y.shape[1] if filters else 1,
            training=training,
            eps=eps,
        )
        units.append(cache)
    y, cache = unit_forward(y, params, *ends, activation="none", training=training, eps=eps)
    shortcut = stride == 1 and y.shape == x.shape
    return x + y if shortcut else y, InvertedCache([*units, cache], shortcut)


def inverted_residual_backward(dout: Array, cache: InvertedCache) -> tuple[Array, Grads]:
    """Go back through the branch, and where there is a way round it, add the gradient itself.

    Shapes and errors as in `separable_block_backward`.
    """
    dx, grads = separable_block_backward(dout, cache.units)
    return dx + dout if cache.shortcut else dx, grads
