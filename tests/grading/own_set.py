"""A problem set with an answer that has numbers of each student's own."""

from __future__ import annotations

from pathlib import Path

from cvlib.check.own_numbers import draw_numbers
from cvlib.grading.spec.loading import LoadedSet

OWN = Path(__file__).parent / "own"
SET_ID = "ps92_own"


def right(own: LoadedSet, student: str) -> int:
    exercise = own.problem_set["taps"]
    return int(exercise.reference(**draw_numbers("taps", exercise.numbers, student)))
