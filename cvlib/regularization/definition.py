"""Dropout by its definition, one unit at a time: slow, and easy to believe."""

from __future__ import annotations

import numpy as np

from cvlib.arrays import Array


def dropout_naive(x: Array, rate: float, rng: np.random.Generator) -> Array:
    """Toss a coin for every number: gone with probability `rate`, else larger to make up for it.

    out = 0 with probability rate, else x / (1 − rate); the mean over tosses is x

    Shapes: x any -> out like x.
    """
    out = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        if rng.random() >= rate:
            out[place] = x[place] / (1 - rate)
    return out
