"""Several ways through a block side by side, whose maps are stacked one behind the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from cvlib.architectures.reference.parameters import Grads
from cvlib.arrays import Array, check_upstream

Backward = Callable[[Array, Any], tuple[Array, Grads]]


class Step(NamedTuple):
    """One layer that was passed: how to go back through it, and what that needs."""

    backward: Backward
    cache: Any


class BranchesCache(NamedTuple):
    """The steps of every branch, how many maps each has made, and what came out."""

    branches: list[list[Step]]
    widths: list[int]
    out_shape: tuple[int, ...]
    dtype: np.dtype[Any]


def concatenate(outs: Sequence[Array], branches: list[list[Step]]) -> tuple[Array, BranchesCache]:
    """Stack maps of one size along the channels: out = [y_1, y_2, …].

    Raises ValueError where the maps differ in size.
    """
    sizes = {(len(y), *y.shape[2:]) for y in outs}
    if len(sizes) > 1:
        shapes = ", ".join(str(y.shape) for y in outs)
        raise ValueError(f"branches must make maps of one size, got {shapes}")
    out = np.concatenate(outs, axis=1)
    widths = [y.shape[1] for y in outs]
    return out, BranchesCache(branches, widths, out.shape, out.dtype)


def branches_backward(dout: Array, cache: BranchesCache) -> tuple[Array, Grads]:
    """Cut the gradient where the maps were stacked; dx is the sum over the branches.

    Shapes: dout like out -> dx like x, and gradients under the parameters' keys. Raises ValueError
    or TypeError when dout is not of the output's shape and dtype.
    """
    check_upstream(dout, cache.out_shape, cache.dtype)
    grads: Grads = {}
    of_branches = []
    parts = np.split(dout, np.cumsum(cache.widths)[:-1], axis=1)
    for part, steps in zip(parts, cache.branches, strict=True):
        for step in reversed(steps):
            part, of_step = step.backward(part, step.cache)
            grads |= of_step
        of_branches.append(part)
    return np.asarray(sum(of_branches)), grads
