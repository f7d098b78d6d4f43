"""How good the predictions of a trained model are: a number, and the bound it must reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from cvlib.check.compare import Tolerance, difference

Kind = Literal["accuracy", "mean_absolute_error", "mean_squared_error"]

#: Predictions that share so many entries, or lie so near, come from the same mistake.
AGREEMENT = 0.9


@dataclass(frozen=True)
class Measure:
    """A measure of predictions against the truth, with the bound that passes."""

    kind: Kind
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in _MEASURES:
            raise ValueError(f"expected a measure of {sorted(_MEASURES)}, got {self.kind!r}")
        wanted = "at_least" if self.kind == "accuracy" else "at_most"
        if (self.at_least is None) == (self.at_most is None) or getattr(self, wanted) is None:
            raise ValueError(f"{self.kind}: expected the bound {wanted}, and no other")

    @property
    def bound(self) -> float:
        """What must be reached, or not exceeded."""
        found = self.at_least if self.at_least is not None else self.at_most
        assert found is not None
        return found

    @property
    def words(self) -> str:
        """The name of the measure."""
        return self.kind.replace("_", " ")

    def value(self, truth: Any, got: Any) -> float:
        """What the predictions reach; not a number where they cannot be measured."""
        truth, got, problem = _as_predictions(truth, got)
        return float("nan") if problem else _MEASURES[self.kind](truth, got)

    def finding(self, truth: Any, got: Any) -> str | None:
        """Say why the predictions do not pass; ``None`` when they do."""
        truth, got, problem = _as_predictions(truth, got)
        if problem:
            return problem
        value = _MEASURES[self.kind](truth, got)
        if self.at_least is not None:
            if value >= self.bound:
                return None
            return (
                f"right on {value:.1%} of {truth.size} predictions, "
                f"expected at least {self.bound:.1%}"
            )
        if value <= self.bound:
            return None
        return f"{self.words} {value:.4g}, expected at most {self.bound:.4g}"

    def agrees(self, known: Any, got: Any) -> bool:
        """Whether predictions are so like those of a known wrong model that it is the same one."""
        known, got, problem = _as_predictions(known, got)
        if problem:
            return False
        if self.kind == "accuracy":
            return bool(_accuracy(known, got) >= AGREEMENT)
        spread = float(np.std(known)) or 1.0
        return bool(np.sqrt(_squared(known, got)) <= (1 - AGREEMENT) * spread)


def _accuracy(truth: np.ndarray, got: np.ndarray) -> float:
    return float(np.mean(truth == got))


def _absolute(truth: np.ndarray, got: np.ndarray) -> float:
    return float(np.mean(np.abs(got.astype(float) - truth)))


def _squared(truth: np.ndarray, got: np.ndarray) -> float:
    return float(np.mean((got.astype(float) - truth) ** 2))


_MEASURES: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": _accuracy,
    "mean_absolute_error": _absolute,
    "mean_squared_error": _squared,
}


def _as_predictions(truth: Any, got: Any) -> tuple[np.ndarray, np.ndarray, str | None]:
    """Both as arrays of one shape and finite, or what is wrong with ``got``."""
    truth = np.asarray(truth)
    zeros = np.zeros(truth.shape)
    problem = difference(zeros, got, Tolerance(rtol=0.0, atol=float("inf")))
    return truth, zeros if problem else np.asarray(got), problem
