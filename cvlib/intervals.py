"""Means over independent runs with their interval: how this course reports an experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit


@dataclass(frozen=True)
class Interval:
    """A mean of ``count`` independent runs and the half-width of its 95 % interval."""

    mean: float
    half: float
    count: int

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + self.half

    @property
    def verdict(self) -> str:
        """What a difference shows: "stays clear of 0", or "contains 0, so we cannot tell"."""
        return "contains 0, so we cannot tell" if self.low <= 0 <= self.high else "stays clear of 0"

    def __format__(self, spec: str) -> str:
        spec = spec or ".2f"
        return f"{self.mean:{spec}} ± {self.half:{spec}}"

    def __str__(self) -> str:
        return format(self)


def mean_interval(values: ArrayLike) -> Interval:
    """Return the mean of independent runs with Student's 95 % interval, t₀.₉₇₅ · s / √n.

    For two settings run under the same seeds, pass the differences: a paired interval that stays
    clear of 0 is a difference. Raises ValueError for fewer than two values.
    """
    runs = np.asarray(values, dtype=float)
    if runs.ndim != 1 or runs.size < 2:
        raise ValueError(f"expected one value a run, at least two, got shape {runs.shape}")
    quantile = stdtrit(
        runs.size - 1, 0.975
    )  # scipy.stats has it, too, and takes a second to import
    half = quantile * runs.std(ddof=1) / np.sqrt(runs.size)
    return Interval(float(runs.mean()), float(half), runs.size)
