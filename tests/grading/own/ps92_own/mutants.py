"""Wrong and other right answers to the problem set with numbers of one's own."""

import numpy as np

from cvlib.grading.variants import Variants

variants = Variants()


@variants.mutant("energy", "You took the root: that is the norm.")
def norm(x):
    return float(np.sqrt(np.sum(x**2)))


@variants.mutant("taps", "You counted one filter.")
def one_filter(kernel, channels, filters):
    return kernel * kernel * channels


@variants.mutant("taps", "You took a kernel of one row.")
def one_row(kernel, channels, filters):
    return kernel * channels * filters


variants.mutant_value("legs", "insect", 6, "A spider is no insect.")
