"""Wrong and other right answers to the chain."""

import numpy as np

from cvlib.grading.variants import Variants

variants = Variants()


@variants.mutant("center", "You subtracted the median.")
def subtracts_the_median(x):
    return x - np.median(x)


@variants.mutant("spread", "You divided by n − 1.")
def sample_variance(x):
    return float(np.var(x, ddof=1))


@variants.mutant("predict", "You compared brightness, not pattern.")
def compares_brightness(rows):
    return (rows.mean(axis=1) > 0).astype(int)
