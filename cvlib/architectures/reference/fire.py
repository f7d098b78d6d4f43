"""SqueezeNet's fire module: squeeze the channels, then expand them by cheap and dear windows."""

from __future__ import annotations

from typing import NamedTuple

from cvlib.architectures.reference.branches import (
    BranchesCache,
    Step,
    branches_backward,
    concatenate,
)
from cvlib.architectures.reference.parameters import Grads, Params, check_params
from cvlib.architectures.reference.units import UnitCache, unit_backward, unit_forward
from cvlib.arrays import Array


class FireCache(NamedTuple):
    """The squeeze, and the two ways to expand."""

    squeeze: UnitCache
    expand: BranchesCache


def fire_forward(x: Array, params: Params) -> tuple[Array, FireCache]:
    """Squeeze to few channels by 1×1, then expand by 1×1 and by 3×3 side by side.

    out = ReLU [1×1 s, 3×3 s], s = ReLU(1×1 x)

    No batch norm; every convolution has a bias. Keys of `params`: squeeze, expand1x1, expand3x3.
    Shapes: x (N, C, H, W), squeeze.weight (S, C, 1, 1), expand1x1.weight (K1, S, 1, 1),
    expand3x3.weight (K3, S, 3, 3) -> out (N, K1 + K3, H, W), cache. Raises ValueError for a missing
    or needless parameter, and ValueError or TypeError as the named layer does.
    Source: Iandola et al., SqueezeNet, 2016, §3.2 and figure 1.
    """
    check_params(params, convs=("squeeze", "expand1x1", "expand3x3"))
    squeezed, squeeze = unit_forward(x, params, "squeeze")
    # a ReLU of stacked maps is the stack of their ReLUs
    one, cheap = unit_forward(squeezed, params, "expand1x1")
    three, dear = unit_forward(squeezed, params, "expand3x3")
    out, expand = concatenate(
        [one, three], [[Step(unit_backward, cheap)], [Step(unit_backward, dear)]]
    )
    return out, FireCache(squeeze, expand)


def fire_backward(dout: Array, cache: FireCache) -> tuple[Array, Grads]:
    """Go back through both expansions, add up, and go back through the squeeze.

    Shapes and errors as in `branches_backward`.
    """
    squeezed, grads = branches_backward(dout, cache.expand)
    dx, of_squeeze = unit_backward(squeezed, cache.squeeze)
    return dx, grads | of_squeeze
