"""Exercises that build on one another, and a trained model: an error must be paid for once."""

import io
from collections.abc import Iterator

import numpy as np

from cvlib.check.measure import Measure
from cvlib.grading.spec import Case, Exercise, ProblemSet, Variants

PATTERNS = np.array([[2.0, -2, 0, 0], [0, 0, 2.0, -2]])


def vectors(rng: np.random.Generator) -> Iterator[Case]:
    for n in (3, 5):
        yield Case((rng.normal(1.0, 2.0, size=n),))


def draw_points(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that show one of two patterns over a brightness of their own."""
    labels = rng.permutation(np.arange(n) % 2)
    rows = PATTERNS[labels] + 10 * rng.normal(size=(n, 1)) + 0.1 * rng.normal(size=(n, 4))
    return rows, labels


def points_file() -> bytes:
    rows, labels = draw_points(np.random.default_rng(1), 20)
    file = io.BytesIO()
    np.savez(file, rows=rows, labels=labels)
    return file.getvalue()


def hidden_points(rng: np.random.Generator) -> Iterator[Case]:
    for part in ("some", "others"):
        rows, labels = draw_points(rng, 40)
        yield Case((rows,), part=part, truth=labels)


def center(x):
    return x - x.mean()


def spread(x):
    return float((center(x) ** 2).mean())


def standard_score(x):
    return center(x) / np.sqrt(spread(x))


def predict(rows):
    return np.argmax((rows - rows.mean(axis=1, keepdims=True)) @ PATTERNS.T, axis=1)


center_variants = Variants()
spread_variants = Variants()
predict_variants = Variants()


@center_variants.mutant("You subtracted the median.")
def subtracts_the_median(x):
    return x - np.median(x)


@spread_variants.mutant("You divided by n − 1.")
def sample_variance(x):
    return float(np.var(x, ddof=1))


@predict_variants.mutant("You compared brightness, not pattern.")
def compares_brightness(rows):
    return (rows.mean(axis=1) > 0).astype(int)


PROBLEM_SET = ProblemSet(
    id="ps91_chain",
    title="Chain",
    chapter="91_chain",
    files={"points.npz": points_file},
    exercises=(
        Exercise(
            "center",
            "Center",
            "center",
            "91_chain#center",
            2.0,
            variants=center_variants,
            reference=center,
            cases=vectors,
            seconds=2.0,
        ),
        Exercise(
            "spread",
            "Spread",
            "measure spread",
            "91_chain#spread",
            3.0,
            variants=spread_variants,
            reference=spread,
            cases=vectors,
            seconds=2.0,
            builds_on=("center",),
            withhold=("cvlib.convolution",),  # graded in a run of its own, between the others
        ),
        Exercise(
            "standard_score",
            "Score",
            "standardize",
            "91_chain#score",
            4.0,
            reference=standard_score,
            cases=vectors,
            seconds=2.0,
            builds_on=("spread", "center"),
        ),
        Exercise(
            "predict",
            "Predict",
            "train",
            "91_chain#predict",
            1.0,
            kind="model",
            variants=predict_variants,
            reference=predict,
            cases=hidden_points,
            measure=Measure("accuracy", at_least=0.95),
            builds_on=("center",),
            seconds=5.0,
        ),
    ),
)
