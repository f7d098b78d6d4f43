"""Grid reduction: half the size and more channels, without a bottleneck and without waste."""

from __future__ import annotations

from cvlib.architectures.reference.branches import (
    BranchesCache,
    Step,
    branches_backward,
    concatenate,
)
from cvlib.architectures.reference.inception import max_step_backward
from cvlib.architectures.reference.parameters import Grads, Params, check_params
from cvlib.architectures.reference.units import unit_backward, unit_forward
from cvlib.arrays import Array
from cvlib.layers.reference.max_pool import max_pool2d_forward

#: The units of the two branches of convolutions; the last of each has stride 2 and no padding.
UNITS = (("branch3x3",), ("branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3"))


def grid_reduction_forward(
    x: Array, params: Params, *, training: bool, eps: float = 1e-3
) -> tuple[Array, BranchesCache]:
    """Halve the map by strided convolutions and a strided maximum side by side.

    out = [3×3/2 x, 3×3/2 (3×3 (1×1 x)), max/2 x]

    A maximum before the convolution would squeeze all that is known through half of the map; a
    convolution before the maximum would be paid at full size. Nothing is padded at the strides: 35
    becomes 17. Each convolution is followed by batch norm and ReLU.

    Keys of `params`: branch3x3, branch3x3dbl_1, branch3x3dbl_2, branch3x3dbl_3, each with .conv
    and .bn. Shapes: x (N, C, H, W) -> out (N, K1 + K2 + C, ⌊(H - 1) / 2⌋, ⌊(W - 1) / 2⌋), cache.
    Raises ValueError for a missing or needless parameter, and ValueError or TypeError as the named
    layer does.
    Source: Szegedy et al., Rethinking the Inception architecture, 2016, §5 and figure 10.
    """
    names = [name for branch in UNITS for name in branch]
    check_params(
        params,
        convs=[f"{n}.conv" for n in names],
        norms=[f"{n}.bn" for n in names],
        training=training,
    )
    outs, branches = [], []
    for units in UNITS:
        y, steps = x, []
        for name in units:
            stride, padding = (2, 0) if name == units[-1] else (1, None)
            y, unit = unit_forward(
                y,
                params,
                f"{name}.conv",
                f"{name}.bn",
                stride=stride,
                padding=padding,
                training=training,
                eps=eps,
            )
            steps.append(Step(unit_backward, unit))
        outs.append(y)
        branches.append(steps)
    pooled, cache = max_pool2d_forward(x, 3, stride=2)
    return concatenate([*outs, pooled], [*branches, [Step(max_step_backward, cache)]])


def grid_reduction_backward(dout: Array, cache: BranchesCache) -> tuple[Array, Grads]:
    """Cut the gradient into the three branches' parts, go back through each, and add up.

    Shapes and errors as in `branches_backward`.
    """
    return branches_backward(dout, cache)
