"""The plan of one submission: its sheets, drawn from its own seed where it is graded.

They are made from the sources of the problem set that came along, so the workers of a large class
share that work, and only for the exercises that are answered. The mutants of a right answer are
never called.
"""

from __future__ import annotations

from dataclasses import replace

from cvlib.check.marking import Sheet
from cvlib.grading.judging.plan import Item, Plan
from cvlib.grading.spec.draws import Draw
from cvlib.grading.spec.sheets import generator, make_sheet


class Sheets:
    """The marking sheets of one submission, each drawn when it is asked for."""

    def __init__(self, plan: Plan, draw: Draw) -> None:
        self._plan, self._draw = plan, draw
        self._made: dict[str, Sheet] = {}

    def of(self, item: Item) -> Sheet:
        """The sheet of an exercise."""
        if item.id not in self._made:
            self._made[item.id] = self._drawn(item)
        return self._made[item.id]

    def _drawn(self, item: Item) -> Sheet:
        exercise = self._plan.origin.load().problem_set[item.id]
        sheet = make_sheet(
            exercise,
            exercise.variants.mutants,
            generator(self._draw.seed, exercise.id),
            student=self._draw.student,
            lazy=True,
        )
        return replace(sheet, read=item.read)


def plan_for(plan: Plan, draw: Draw) -> Plan:
    """The plan of one submission."""
    return replace(plan, digest=draw.digest, sheets=Sheets(plan, draw))
