"""A problem set that asks each student about numbers of their own."""

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, ProblemSet, Variants


def vectors(rng: np.random.Generator) -> Iterator[Case]:
    for n in (3, 6):
        yield Case((rng.normal(size=n),))


def weights(kernel: int, channels: int, filters: int) -> int:
    return kernel * kernel * channels * filters


energy_variants = Variants()
taps_variants = Variants()
legs_variants = Variants()


@energy_variants.mutant("You took the root: that is the norm.")
def norm(x):
    return float(np.sqrt(np.sum(x**2)))


@taps_variants.mutant("You counted one filter.")
def one_filter(kernel, channels, filters):
    return kernel * kernel * channels


@taps_variants.mutant("You took a kernel of one row.")
def one_row(kernel, channels, filters):
    return kernel * channels * filters


legs_variants.mutant_value("insect", 6, "A spider is no insect.")


PROBLEM_SET = ProblemSet(
    id="ps92_own",
    title="Own",
    chapter="92_own",
    exercises=(
        Exercise(
            "energy",
            "Energy",
            "square and add",
            "92_own#energy",
            2.0,
            variants=energy_variants,
            reference=lambda x: float(np.sum(x**2)),
            cases=vectors,
            seconds=2.0,
        ),
        Exercise(
            "taps",
            "Weights of a layer",
            "count",
            "92_own#taps",
            3.0,
            kind="answer",
            variants=taps_variants,
            reference=weights,
            numbers={"kernel": (3, 5, 7), "channels": range(3, 40), "filters": range(8, 65)},
        ),
        Exercise(
            "legs",
            "Legs",
            "count",
            "92_own#legs",
            1.0,
            kind="answer",
            variants=legs_variants,
            reference=8,
        ),
    ),
)
