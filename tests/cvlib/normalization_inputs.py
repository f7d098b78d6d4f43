"""Draws for the tests of normalization: each file has its own, and so the same each time."""

import numpy as np


def drawn(seed):
    """Two functions that draw images and vectors, one after the other."""
    rng = np.random.default_rng(seed)

    def images(*shape):
        return 2 * rng.standard_normal(shape) + 3

    def vector(length):
        return rng.standard_normal(length)

    return images, vector
