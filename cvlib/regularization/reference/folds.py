"""Splits for cross-validation: every example is validated on once, and never trained on then."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvlib.regularization.validation import check_count

Indices = NDArray[np.intp]
Split = tuple[Indices, Indices]


def _splits(fold_of: NDArray[Any], folds: int) -> list[Split]:
    """(training, validation) indices, from the number of the fold that each example is in."""
    return [(np.flatnonzero(fold_of != f), np.flatnonzero(fold_of == f)) for f in range(folds)]


def _check_folds(folds: int, count: int, what: str) -> None:
    check_count("folds", folds, 2)
    if folds > count:
        raise ValueError(f"expected at most as many folds as {what}, {count}, got {folds}")


def k_fold(count: int, folds: int, rng: np.random.Generator) -> list[Split]:
    """Deal `count` shuffled examples into folds whose sizes differ by at most one.

    Returns `folds` pairs (training indices, validation indices). Raises ValueError for fewer than
    two folds or more folds than examples.
    Source: Stone, Cross-validatory choice and assessment of statistical predictions, 1974.
    """
    check_count("count", count, 1)
    _check_folds(folds, count, "examples")
    return _splits(rng.permutation(np.arange(count) % folds), folds)


def stratified_k_fold(labels: ArrayLike, folds: int, rng: np.random.Generator) -> list[Split]:
    """Deal each class by itself, so that every fold has its share of it, up to one example.

    Shapes: labels (N,). Returns and raises as `k_fold`.
    """
    numbers = np.asarray(labels)
    _check_folds(folds, len(numbers), "examples")
    order = rng.permutation(len(numbers))
    order = order[np.argsort(numbers[order], kind="stable")]  # shuffled within each class
    fold_of = np.empty(len(numbers), int)
    fold_of[order] = np.arange(len(numbers)) % folds
    return _splits(fold_of, folds)


def grouped_k_fold(groups: ArrayLike, folds: int, rng: np.random.Generator) -> list[Split]:
    """Deal groups, not examples: what belongs together is never on both sides.

    Crops of one photograph, frames of one film, pictures of one patient: their copies in the
    training set would tell the answer.

    Shapes: groups (N,), equal numbers belong together. Returns and raises as `k_fold`.
    """
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    _check_folds(folds, len(names), "groups")
    return _splits(rng.permutation(np.arange(len(names)) % folds)[group_of], folds)


def cross_validate(
    evaluate: Callable[[Indices, Indices], float], splits: Sequence[Split]
) -> NDArray[np.float64]:
    """Train and validate once a fold: the values of ``evaluate(training, validation)``."""
    return np.array([evaluate(training, validation) for training, validation in splits])
