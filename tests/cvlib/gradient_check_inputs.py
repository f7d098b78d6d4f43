"""What the tests of the gradient check put in: the same numbers each time."""

import numpy as np


def rng():
    return np.random.default_rng(5)


X = np.random.default_rng(0).standard_normal((6, 3))
