"""Wrong and other right answers to the tiny problem set."""

import numpy as np

from cvlib.grading.variants import Variants

variants = Variants()


@variants.mutant("spread", "You divided by n − 1, as for a sample; we asked for the mean square.")
def sample_variance(x):
    return float(np.var(x, ddof=1)) if x.size > 1 else 0.0


@variants.mutant("spread", "You took the standard deviation: the square root of what we asked for.")
def deviation(x):
    return float(np.std(x))


@variants.mutant("inner", "You added the products of neighbours: one factor is rolled by one.")
def rolled(x, y):
    return float(np.dot(x, np.roll(y, 1)))


@variants.alternative("inner")
def by_sum(x, y):
    return (x * y).sum()


variants.mutant_value("taps", "one channel", 9, "You counted one channel of three.")
