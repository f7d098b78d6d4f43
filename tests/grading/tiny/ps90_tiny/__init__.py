"""A problem set with one exercise of each kind, in two groups that withhold different things."""

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, ProblemSet, Variants


def vectors(rng: np.random.Generator) -> Iterator[Case]:
    for n in (1, 4, 7):
        yield Case((rng.normal(size=n),), part="vectors")
    yield Case((rng.normal(size=(2, 3)),), part="matrices")


def pairs(rng: np.random.Generator) -> Iterator[Case]:
    for n in (2, 5):
        yield Case((rng.normal(size=n), rng.normal(size=n)))


def call_instance(target, x):
    return target()(x)


class Doubler:
    """A class whose objects are called."""

    def __call__(self, x):
        return 2 * x


spread_variants = Variants()
inner_variants = Variants()
taps_variants = Variants()


@spread_variants.mutant("You divided by n − 1, as for a sample; we asked for the mean square.")
def sample_variance(x):
    return float(np.var(x, ddof=1)) if x.size > 1 else 0.0


@spread_variants.mutant("You took the standard deviation: the square root of what we asked for.")
def deviation(x):
    return float(np.std(x))


@inner_variants.mutant("You added the products of neighbours: one factor is rolled by one.")
def rolled(x, y):
    return float(np.dot(x, np.roll(y, 1)))


@inner_variants.alternative
def by_sum(x, y):
    return (x * y).sum()


taps_variants.mutant_value("one channel", 9, "You counted one channel of three.")


PROBLEM_SET = ProblemSet(
    id="ps90_tiny",
    title="Tiny",
    chapter="90_tiny",
    exercises=(
        Exercise(
            "spread",
            "Spread",
            "measure spread",
            "90_tiny#spread",
            4.0,
            variants=spread_variants,
            reference=lambda x: float(np.var(x)),
            cases=vectors,
            seconds=2.0,
        ),
        Exercise(
            "inner",
            "Inner product",
            "multiply",
            "90_tiny#inner",
            3.0,
            variants=inner_variants,
            reference=lambda x, y: float(np.dot(x, y)),
            cases=pairs,
            seconds=2.0,
        ),
        Exercise(
            "taps",
            "Taps",
            "count",
            "90_tiny#taps",
            1.0,
            kind="answer",
            variants=taps_variants,
            reference=27,
        ),
        Exercise("why", "Why", "explain", "90_tiny#why", 2.0, kind="written"),
        Exercise(
            "Twice",
            "Twice",
            "write a class",
            "90_tiny#twice",
            2.0,
            kind="class",
            reference=Doubler,
            cases=lambda rng: [Case((rng.normal(size=3),))],
            driver=call_instance,
            withhold=("cvlib.convolution",),
        ),
    ),
)
