"""The inception module: windows of several sizes look at the same maps side by side."""

from __future__ import annotations

from typing import Any

from cvlib.architectures.reference.branches import (
    BranchesCache,
    Step,
    branches_backward,
    concatenate,
)
from cvlib.architectures.reference.parameters import Grads, Params, check_params, normed
from cvlib.architectures.reference.units import unit_backward, unit_forward
from cvlib.arrays import Array
from cvlib.layers.reference.max_pool import max_pool2d_backward, max_pool2d_forward

#: The units of the four branches; the last stands behind a maximum.
UNITS = (("branch1",), ("branch2.0", "branch2.1"), ("branch3.0", "branch3.1"), ("branch4.1",))


def inception_forward(
    x: Array, params: Params, *, training: bool, eps: float = 1e-3
) -> tuple[Array, BranchesCache]:
    """Look through windows of several sizes at once, and stack what they see.

    out = [1×1 x, 3×3 (1×1 x), 5×5 (1×1 x), 1×1 (max x)]

    Each convolution is followed by batch norm, where there are parameters for it, and by ReLU; the
    1×1 in front of a larger window makes the channels few before they get dear. The maximum is over
    3×3 windows with stride 1. All keep the size of the map.

    Keys of `params`: branch1, branch2.0, branch2.1, branch3.0, branch3.1, branch4.1, each with
    .conv and, after the paper, .bn. Any odd kernel serves: torchvision's GoogLeNet has 3×3 where
    the paper has 5×5. ε is theirs. Shapes: x (N, C, H, W) -> out (N, K1 + K2 + K3 + K4, H, W),
    cache. Raises ValueError for a missing or needless parameter, and ValueError or TypeError as the
    named layer does.
    Source: Szegedy et al., Going deeper with convolutions, 2015, §4 and figure 2 (b).
    """
    names = [name for branch in UNITS for name in branch]
    norms = [f"{name}.bn" for name in names if normed(params, f"{name}.bn")]
    check_params(params, convs=[f"{n}.conv" for n in names], norms=norms, training=training)
    outs, branches = [], []
    for units in UNITS:
        y, steps = x, []
        if units == UNITS[-1]:
            y, cache = max_pool2d_forward(x, 3, stride=1, padding=1)
            steps.append(Step(max_step_backward, cache))
        for name in units:
            y, unit = unit_forward(
                y,
                params,
                f"{name}.conv",
                normed(params, f"{name}.bn"),
                training=training,
                eps=eps,
            )
            steps.append(Step(unit_backward, unit))
        outs.append(y)
        branches.append(steps)
    return concatenate(outs, branches)


def inception_backward(dout: Array, cache: BranchesCache) -> tuple[Array, Grads]:
    """Cut the gradient into the four branches' parts, go back through each, and add up.

    Shapes and errors as in `branches_backward`.
    """
    return branches_backward(dout, cache)


def max_step_backward(dout: Array, cache: Any) -> tuple[Array, Grads]:
    """Go back through a maximum, which has no parameters."""
    return max_pool2d_backward(dout, cache), {}
