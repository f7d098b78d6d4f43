"""Cross-entropy of softmax: minus the log of the probability that the true class was given."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvlib.losses.reference.softmax import log_softmax
from cvlib.losses.validation import check_scores, check_table, labels_or_rows, upstream

Cache = tuple[NDArray[Any], NDArray[Any]]


def softmax_cross_entropy_losses(scores: NDArray[Any], labels: ArrayLike) -> NDArray[Any]:
    """Give each image its own cross-entropy.

    losses[n] = -Σ_k y[n, k] · log softmax(s[n])[k]

    Shapes: scores (N, K), labels (N,) or (N, K) as in `softmax_cross_entropy_forward` -> (N,).
    Raises TypeError or ValueError as it does.
    """
    return _losses(scores, labels)[0]


def softmax_cross_entropy_forward(
    scores: NDArray[Any], labels: ArrayLike
) -> tuple[NDArray[Any], Cache]:
    """Average over the batch how little probability softmax gives the truth.

    loss = -(1/N) Σ_nk y[n, k] · log softmax(s[n])[k]

    A class as a label stands for y = 1 there and 0 elsewhere: what is left is -log p of the class.

    Shapes: scores (N, K), labels (N,) whole numbers below K or (N, K) rows of probabilities y ->
    loss () in the dtype of scores, cache.
    Raises TypeError for dtypes and ValueError for shapes, classes and rows that do not fit; the
    message names what was expected, what came and where.
    """
    losses, cache = _losses(scores, labels)
    return np.asarray(losses.mean(), scores.dtype), cache


def softmax_cross_entropy_backward(dout: Any, cache: Cache) -> NDArray[Any]:
    """Turn the gradient of the loss into that of the scores: probabilities minus truth.

    dscores = dout · (softmax(s) - y) / N

    Shapes: dout () or a number, 1.0 when the loss itself is descended -> dscores (N, K).
    Raises ValueError for a dout that is not one real number.
    """
    log_p, target = cache
    dscores = np.exp(log_p)
    if target.ndim == 1:
        # y is one-hot: only the true class's entry of p moves
        dscores[np.arange(len(target)), target] -= 1
    else:
        dscores -= target
    dscores *= upstream(dout, dscores.dtype) / dscores.dtype.type(len(dscores))
    return dscores


def _losses(scores: NDArray[Any], labels: ArrayLike) -> tuple[NDArray[Any], Cache]:
    check_scores(scores)
    check_table(scores.shape)
    target = labels_or_rows(scores, labels)
    log_p = log_softmax(scores)
    if target.ndim == 1:
        return -log_p[np.arange(len(target)), target], (log_p, target)
    return -(target * log_p).sum(axis=1), (log_p, target)
