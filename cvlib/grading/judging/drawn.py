"""The sheets of one submission, drawn from its own seed where it is graded.

They are made from the sources of the problem set that came along, so the workers of a large class
share that work, and only for the exercises that are answered. The mutants of a right answer are
never called.
"""

from __future__ import annotations

from dataclasses import replace

from cvlib.check.marking import Sheet
from cvlib.grading.judging.origin import Origin
from cvlib.grading.spec.draws import Draw
from cvlib.grading.spec.sheets import generator, make_sheet


class Sheets:
    """The marking sheets of one submission, each drawn when it is asked for."""

    def __init__(self, origin: Origin, draw: Draw) -> None:
        self._origin, self._draw = origin, draw
        self._made: dict[str, Sheet] = {}

    def of(self, name: str, read: str) -> Sheet:
        """The sheet of an exercise; ``read`` is where the book treats it."""
        if name not in self._made:
            self._made[name] = self._drawn(name, read)
        return self._made[name]

    def _drawn(self, name: str, read: str) -> Sheet:
        exercise = self._origin.load().problem_set[name]
        sheet = make_sheet(
            exercise,
            exercise.variants.mutants,
            generator(self._draw.seed, exercise.id),
            student=self._draw.student,
            lazy=True,
        )
        return replace(sheet, read=read)
