"""What must be true of an exercise before anything is made from it; errors name the exercise."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cvlib.grading.spec import Exercise

#: With fewer ways to draw a student's own numbers, two of a class too often have the same.
FEWEST_DRAWS = 100


def check(exercise: Exercise) -> None:
    """Raise ValueError where the parts of an exercise do not fit together."""
    name = f"exercise {exercise.id!r}"
    if exercise.kind != "written" and (exercise.reference is None or exercise.cases is None):
        raise ValueError(f"{name}: a {exercise.kind} needs a reference and cases")
    if (exercise.kind == "model") != (exercise.measure is not None):
        raise ValueError(f"{name}: a model has a measure, and no other kind has")
    if exercise.numbers and exercise.kind != "answer":
        raise ValueError(f"{name}: an answer has numbers, and no other kind has")
    ways = math.prod(map(len, exercise.numbers.values()))
    if exercise.numbers and ways < FEWEST_DRAWS:
        raise ValueError(
            f"{name}: its numbers can be drawn in {ways} ways, expected {FEWEST_DRAWS} or more: "
            "neighbours would share theirs"
        )
    if "#" not in exercise.section:
        raise ValueError(f"{name}: expected section 'page#anchor', got {exercise.section!r}")
