"""Checks at the public edge, on shapes and dtypes, so that both backends share them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: How far from 1 a row of probabilities may add up.
ROW_TOLERANCE = 1e-3


def check_scores(scores: object, name: str = "scores") -> None:
    """Demand a NumPy array of float32 or float64."""
    if not isinstance(scores, np.ndarray):
        raise TypeError(f"{name} must be a NumPy array, got {type(scores).__name__}")
    if scores.dtype not in (np.float32, np.float64):
        raise TypeError(
            f"{name} must be float32 or float64, got {scores.dtype} ({name}.dtype); "
            f"convert with {name}.astype(np.float32)"
        )


def check_axis(shape: Sequence[int], axis: object) -> None:
    """Demand an axis of classes that exists and is not empty."""
    if not isinstance(axis, int) or isinstance(axis, bool):
        raise TypeError(f"axis must be an int, got {axis!r}")
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"scores have {len(shape)} axes, got axis {axis}: shape {tuple(shape)}")
    if shape[axis] < 1:
        raise ValueError(f"scores must have at least 1 class, got 0 (scores.shape[{axis}])")


def check_table(shape: Sequence[int]) -> None:
    """Demand one row of scores an image: (N, K) with at least one image and one class."""
    if len(shape) != 2:
        raise ValueError(f"scores must have 2 axes (N, K), got {len(shape)}: shape {tuple(shape)}")
    for axis, letter in enumerate("NK"):
        if shape[axis] < 1:
            raise ValueError(
                f"scores must have at least 1 along {letter}, got 0 (scores.shape[{axis}])"
            )


def check_label_shape(
    scores_shape: Sequence[int], labels_shape: Sequence[int], integral: bool, dtype: object
) -> None:
    """Demand integer labels (N,), or probabilities (N, K), for scores (N, K)."""
    n, k = scores_shape
    if len(labels_shape) == 2 and not integral:
        if tuple(labels_shape) != (n, k):
            raise ValueError(
                f"rows of probabilities must have the shape of scores ({n}, {k}), "
                f"got {tuple(labels_shape)} (labels.shape)"
            )
        return
    check_class_shape(scores_shape, labels_shape, integral, dtype, f" or probabilities ({n}, {k})")


def check_class_shape(
    scores_shape: Sequence[int],
    labels_shape: Sequence[int],
    integral: bool,
    dtype: object,
    alternative: str = "",
) -> None:
    """Demand integer labels (N,) for scores (N, K)."""
    n = scores_shape[0]
    if not integral:
        raise TypeError(f"labels must be integers ({n},){alternative}, got {dtype} (labels.dtype)")
    if tuple(labels_shape) != (n,):
        raise ValueError(
            f"labels must be integers ({n},){alternative}, got shape {tuple(labels_shape)}: "
            f"one label for each row of scores (labels.shape)"
        )


def check_classes(labels: NDArray[Any], classes: int) -> None:
    """Demand labels in 0 … K - 1."""
    wrong = np.flatnonzero((labels < 0) | (labels >= classes))
    if wrong.size:
        raise ValueError(
            f"labels must lie in 0 … {classes - 1} for {classes} classes (scores.shape[1]), "
            f"got {labels[wrong[0]]} (labels[{wrong[0]}])"
        )


def check_probabilities(rows: NDArray[Any]) -> None:
    """Demand rows that are not negative and add up to 1."""
    totals = rows.sum(axis=1)
    # written so that a NaN is wrong too
    wrong = np.flatnonzero(~((rows >= 0).all(axis=1) & (np.abs(totals - 1) <= ROW_TOLERANCE)))
    if wrong.size:
        row = wrong[0]
        raise ValueError(
            "each row of labels must be probabilities that add up to 1, "
            f"got a sum of {totals[row]:g} and a minimum of {rows[row].min():g} (labels[{row}])"
        )


def class_labels(scores: NDArray[Any], labels: ArrayLike) -> NDArray[Any]:
    """Return integer labels (N,) as an array, each a class of `scores` (N, K)."""
    found = np.asarray(labels)
    check_class_shape(scores.shape, found.shape, _is_integral(found), found.dtype)
    check_classes(found, scores.shape[1])
    return found


def labels_or_rows(scores: NDArray[Any], labels: ArrayLike) -> NDArray[Any]:
    """Return integer labels (N,), or probabilities (N, K) in the dtype of `scores`."""
    found = np.asarray(labels)
    check_label_shape(scores.shape, found.shape, _is_integral(found), found.dtype)
    if found.ndim == 1:
        check_classes(found, scores.shape[1])
        return found
    check_probabilities(found)
    return found.astype(scores.dtype, copy=False)


def check_margin(margin: object) -> None:
    """Demand a margin that is a number above 0."""
    if not isinstance(margin, Real) or isinstance(margin, bool):
        raise TypeError(f"margin must be a number, got {margin!r}")
    if not float(margin) > 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")


def check_same_shape(scores_shape: Sequence[int], targets_shape: Sequence[int]) -> None:
    """Demand targets of the scores' shape, with an axis N that is not empty."""
    if not scores_shape or scores_shape[0] < 1:
        raise ValueError(
            f"scores must have at least 1 along N, got {tuple(scores_shape)} (scores.shape[0])"
        )
    if tuple(targets_shape) != tuple(scores_shape):
        raise ValueError(
            f"targets must have the shape of scores {tuple(scores_shape)}, "
            f"got {tuple(targets_shape)} (targets.shape)"
        )


def upstream(dout: object, dtype: np.dtype[Any]) -> Any:
    """Return ∂L/∂loss, one number, as a scalar of `dtype`; 1.0 when the loss is L itself."""
    value = np.asarray(dout)
    if value.shape != () or not np.issubdtype(value.dtype, np.number) or np.iscomplexobj(value):
        raise ValueError(
            "dout must be one real number, the gradient of the loss (1.0 for the loss itself), "
            f"got {type(dout).__name__} of shape {value.shape} and dtype {value.dtype}"
        )
    return value.astype(dtype)[()]


def _is_integral(array: NDArray[Any]) -> bool:
    return bool(np.issubdtype(array.dtype, np.integer))
