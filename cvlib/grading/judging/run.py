"""One submission in its sessions: what its cells are, and what has come of them so far."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from nbformat import NotebookNode

from cvlib.check.marking import Outcome
from cvlib.grading.judging.plan import Item, Plan
from cvlib.grading.judging.preload import imports
from cvlib.grading.judging.result import ExerciseResult, safe_outputs
from cvlib.grading.notebook.normalize import grade_id, is_solution

IN_PLACE = (
    "This exercise builds on {names}, not right yet: it was graded with our solution in its "
    "place, so the mistake there costs nothing here."
)


class Run:
    """What all rounds of a submission share; a cell that hung or killed one is not tried again."""

    def __init__(self, notebook: NotebookNode, plan: Plan, answered: set[str]) -> None:
        self.plan, self.cells, self.answered = plan, notebook.cells, answered
        template = plan.template
        self.preamble = _preamble(template.cells)
        self.preload = imports(cell.source for cell in template.cells)
        self.items = {item.check_id: item for item in plan.items}
        self.owner = _owners(self.cells, {item.id: item for item in plan.items})
        self.outputs: dict[int, list[dict[str, Any]]] = {}
        self.late: set[int] = set()
        self.outcomes: dict[str, Outcome] = {}
        self.hung: set[int] = set()
        self.end: tuple[int, str] | None = None  # where the process ended, and what to say

    def of_group(self, withhold: tuple[str, ...]) -> list[Item]:
        """The exercises from which the same things are withheld."""
        return [item for item in self.plan.items if item.withhold == withhold]

    def is_wrong(self, name: str) -> bool:
        """Whether an exercise has lost marks."""
        return self.outcomes[name].score < self.outcomes[name].max_score

    def ended_before(self, k: int) -> bool:
        """Whether the process of the notebook ended in a cell before this one, or in it."""
        return self.end is not None and k >= self.end[0]

    def keep_outputs(self, k: int, outputs: Sequence[Any], *, late: bool) -> None:
        """Keep what a cell showed first, and whether it could know of hidden cases by then."""
        if k not in self.outputs:
            self.outputs[k] = safe_outputs(outputs)
            self.late |= {k} if late else set()

    def keep_better(self, item: Item, outcome: Outcome) -> None:
        """Keep an outcome; the second, with our solution in place of a wrong answer, if better."""
        before = self.outcomes.get(item.id)
        if before is not None:
            if outcome.score <= before.score:
                return
            names = ", ".join(f"`{name}`" for name in item.builds_on if self.is_wrong(name))
            text = f"{_in_our_words(outcome)}\n{IN_PLACE.format(names=names)}"
            outcome = replace(outcome, text=text)
        self.outcomes[item.id] = outcome

    def result(self, item: Item) -> ExerciseResult:
        """The outcome of an exercise, as it is kept."""
        outcome = self.outcomes[item.id]
        return ExerciseResult(
            item.id,
            item.title,
            float(outcome.score),
            float(outcome.max_score),
            outcome.state,
            outcome.text,
            outcome.misconception,
            dict(outcome.parts),
        )


def _preamble(cells: Sequence[NotebookNode]) -> str:
    """The released code before the first exercise: imports, and names that all cells share."""
    before = itertools.takewhile(lambda cell: not grade_id(cell), cells)
    return "\n".join(cell.source for cell in before if cell.cell_type == "code")


def _owners(cells: list[Any], items: dict[str, Item]) -> list[tuple[str, ...] | None]:
    """For each cell the ``withhold`` of the exercise it belongs to; ``None`` before the first."""
    owners: list[tuple[str, ...] | None] = []
    here: tuple[str, ...] | None = None
    for cell in cells:
        if is_solution(cell) and grade_id(cell) in items:
            here = items[grade_id(cell)].withhold
        owners.append(here)
    return owners


def _in_our_words(outcome: Outcome) -> str:
    """The findings without a word of the student's code, which could read out our solution."""
    if outcome.state == "correct":
        return outcome.text
    passed = ", ".join(part for part, ok in outcome.parts.items() if ok)
    failed = ", ".join(part for part, ok in outcome.parts.items() if not ok)
    lines = [f"✓ {passed}", f"✗ {failed}", outcome.misconception]
    return "\n".join(line for line in lines if line)
