"""Softmax: scores become probabilities, and a constant added to all scores changes nothing."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.losses.validation import check_axis, check_scores


def softmax(scores: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    """Turn scores into probabilities along one axis.

    p[k] = exp(s[k]) / Σ_j exp(s[j])

    The largest score is subtracted first, so that no exp overflows; the quotient is the same.

    Shapes: any -> the same.
    Raises TypeError for a dtype other than float32 and float64, ValueError for an axis that is not
    there.
    Source: Bridle, Training stochastic model recognition algorithms as networks can lead to maximum
    mutual information estimation of parameters, 1989.
    """
    check_scores(scores)
    check_axis(scores.shape, axis)
    powers = np.exp(scores - scores.max(axis=axis, keepdims=True))
    powers /= powers.sum(axis=axis, keepdims=True)
    return powers


def log_softmax(scores: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    """Take the logarithm of softmax along one axis, finite even where softmax rounds to 0.

    log_p[k] = s[k] - log Σ_j exp(s[j])

    Shapes: any -> the same.
    Raises TypeError or ValueError as `softmax` does.
    """
    check_scores(scores)
    check_axis(scores.shape, axis)
    shifted = scores - scores.max(axis=axis, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return shifted
