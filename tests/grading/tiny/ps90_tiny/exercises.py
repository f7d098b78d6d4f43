"""A problem set with one exercise of each kind, in two groups that withhold different things."""

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, ProblemSet


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


PROBLEM_SET = ProblemSet(
    id="ps90_tiny",
    title="Tiny",
    chapter="90_tiny",
    exercises=(
        Exercise(
            "spread", "Spread", 4.0, "measure spread", "90_tiny#spread",
            reference=lambda x: float(np.var(x)), cases=vectors, seconds=2.0,
        ),
        Exercise(
            "inner", "Inner product", 3.0, "multiply", "90_tiny#inner",
            reference=lambda x, y: float(np.dot(x, y)), cases=pairs, seconds=2.0,
        ),
        Exercise("taps", "Taps", 1.0, "count", "90_tiny#taps", kind="answer", reference=27),
        Exercise("why", "Why", 2.0, "explain", "90_tiny#why", kind="written"),
        Exercise(
            "Twice", "Twice", 2.0, "write a class", "90_tiny#twice", kind="class",
            reference=Doubler, cases=lambda rng: [Case((rng.normal(size=3),))],
            driver=call_instance, withhold=("cvlib.convolution",),
        ),
    ),
)  # fmt: skip
