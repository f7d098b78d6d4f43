"""Exercises that build on one another, and a trained model: an error must be paid for once."""

import io
from collections.abc import Iterator

import numpy as np

from cvlib.check.measure import Measure
from cvlib.grading.spec import Case, Exercise, ProblemSet

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


PROBLEM_SET = ProblemSet(
    id="ps91_chain",
    title="Chain",
    chapter="91_chain",
    files={"points.npz": points_file},
    exercises=(
        Exercise(
            "center", "Center", 2.0, "center", "91_chain#center",
            reference=center, cases=vectors, seconds=2.0,
        ),
        Exercise(
            "spread", "Spread", 3.0, "measure spread", "91_chain#spread",
            reference=spread, cases=vectors, seconds=2.0, builds_on=("center",),
            withhold=("cvlib.convolution",),  # graded in a run of its own, between the others
        ),
        Exercise(
            "standard_score", "Score", 4.0, "standardize", "91_chain#score",
            reference=standard_score, cases=vectors, seconds=2.0, builds_on=("spread", "center"),
        ),
        Exercise(
            "predict", "Predict", 1.0, "train", "91_chain#predict", kind="model",
            reference=predict, cases=hidden_points, measure=Measure("accuracy", at_least=0.95),
            builds_on=("center",), seconds=5.0,
        ),
    ),
)  # fmt: skip
