"""Softmax cross-entropy by its definition, one image at a time: slow, and easy to believe."""

from __future__ import annotations

import math

from cvlib.arrays import Array


def softmax_cross_entropy_naive(scores: Array, labels: Array) -> float:
    """Average over the images: minus the log of the probability that the true class was given.

    loss = -(1/N) Σ_n log (exp s[n, y_n] / Σ_k exp s[n, k])

    Overflows where scores exceed 700; `softmax_cross_entropy_forward` does not.
    Shapes: scores (N, K), labels (N,) -> a number.
    """
    total = 0.0
    for row, label in zip(scores, labels, strict=True):
        powers = [math.exp(score) for score in row]
        total -= math.log(powers[label] / sum(powers))
    return total / len(scores)
