"""The multiclass hinge loss: the true class must lead every other by a margin."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvlib.losses.validation import (
    check_margin,
    check_scores,
    check_table,
    class_labels,
    upstream,
)

Cache = tuple[NDArray[np.bool_], NDArray[Any], np.dtype[Any]]


def hinge_losses(scores: NDArray[Any], labels: ArrayLike, margin: float = 1.0) -> NDArray[Any]:
    """Give each image its own hinge loss, y being its class.

    losses[n] = Σ_{j≠y} max(0, s[n, j] - s[n, y] + margin)

    Shapes: scores (N, K), labels (N,) -> (N,).
    Raises TypeError or ValueError as `hinge_forward` does.
    """
    return _excesses(scores, labels, margin)[0].sum(axis=1)


def hinge_forward(
    scores: NDArray[Any], labels: ArrayLike, margin: float = 1.0
) -> tuple[NDArray[Any], Cache]:
    """Average over the batch by how much the true class fails to lead each other by a margin.

    loss = (1/N) Σ_n Σ_{j≠y} max(0, s[n, j] - s[n, y] + margin)

    Shapes: scores (N, K), labels (N,) whole numbers below K -> loss () in the dtype of scores,
    cache.
    Raises TypeError for dtypes and ValueError for shapes, classes and margins that do not fit; the
    message names what was expected, what came and where.
    Source: Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999.
    """
    excesses, target = _excesses(scores, labels, margin)
    loss = np.asarray(excesses.sum(axis=1).mean(), scores.dtype)
    return loss, (excesses > 0, target, scores.dtype)


def hinge_backward(dout: Any, cache: Cache) -> NDArray[Any]:
    """Push down each class within the margin, and the true one up as often.

    dscores[n, j] = dout / N if s[n, j] - s[n, y] + margin > 0, else 0, for j ≠ y
    dscores[n, y] = -Σ_{j≠y} dscores[n, j]

    At the kink, where a margin is met exactly, the slope is 0.

    Shapes: dout () or a number, 1.0 when the loss itself is descended -> dscores (N, K).
    Raises ValueError for a dout that is not one real number.
    """
    within, target, dtype = cache
    dscores = within.astype(dtype)
    dscores[np.arange(len(target)), target] = -within.sum(axis=1)
    dscores *= upstream(dout, dtype) / dtype.type(len(dscores))
    return dscores


def _excesses(
    scores: NDArray[Any], labels: ArrayLike, margin: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return max(0, s_nj - s_ny + margin), with 0 at the true class, and the labels."""
    check_scores(scores)
    check_table(scores.shape)
    check_margin(margin)
    target = class_labels(scores, labels)
    everyone = np.arange(len(target))
    excesses = scores - scores[everyone, target][:, None]
    excesses += excesses.dtype.type(margin)
    np.maximum(excesses, 0, out=excesses)
    excesses[everyone, target] = 0
    return excesses, target
