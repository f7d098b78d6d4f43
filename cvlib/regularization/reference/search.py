"""Where to try hyper-parameters: on a grid, or at random."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvlib.regularization.validation import check_count


@dataclass(frozen=True)
class Range:
    """The interval in which a hyper-parameter is looked for, on a logarithmic scale or not."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"expected low < high, got {self.low} and {self.high}")
        if self.log and self.low <= 0:
            raise ValueError(f"a logarithmic range must start above 0, got {self.low}")

    def at(self, share: ArrayLike) -> NDArray[np.float64]:
        """The value at a share 0 … 1 of the way from low to high."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        value = low + (high - low) * np.asarray(share, float)
        return np.asarray(np.exp(value) if self.log else value)


def grid_points(space: Mapping[str, Range], per_axis: int) -> list[dict[str, float]]:
    """List the middle points of a grid of `per_axis` cells along each hyper-parameter.

    Raises ValueError for fewer than one cell.
    """
    check_count("per_axis", per_axis, 1)
    shares = (np.arange(per_axis) + 0.5) / per_axis
    axes = [r.at(shares).tolist() for r in space.values()]
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*axes)]


def random_points(
    space: Mapping[str, Range], count: int, rng: np.random.Generator
) -> list[dict[str, float]]:
    """Draw `count` points, each hyper-parameter evenly over its range and on its own.

    Source: Bergstra and Bengio, Random search for hyper-parameter optimization, 2012, §2.
    """
    check_count("count", count, 1)
    shares = rng.random((count, len(space)))
    return [
        {name: float(r.at(s)) for (name, r), s in zip(space.items(), row, strict=True)}
        for row in shares
    ]
