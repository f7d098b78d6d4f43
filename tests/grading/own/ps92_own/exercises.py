"""A problem set that asks each student about numbers of their own."""

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, ProblemSet


def vectors(rng: np.random.Generator) -> Iterator[Case]:
    for n in (3, 6):
        yield Case((rng.normal(size=n),))


def weights(kernel: int, channels: int, filters: int) -> int:
    return kernel * kernel * channels * filters


PROBLEM_SET = ProblemSet(
    id="ps92_own",
    title="Own",
    chapter="92_own",
    exercises=(
        Exercise(
            "energy", "Energy", 2.0, "square and add", "92_own#energy",
            reference=lambda x: float(np.sum(x**2)), cases=vectors, seconds=2.0,
        ),
        Exercise(
            "taps", "Weights of a layer", 3.0, "count", "92_own#taps", kind="answer",
            reference=weights,
            numbers={"kernel": (3, 5, 7), "channels": range(3, 40), "filters": range(8, 65)},
        ),
        Exercise("legs", "Legs", 1.0, "count", "92_own#legs", kind="answer", reference=8),
    ),
)  # fmt: skip
