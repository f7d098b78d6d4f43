"""Run one submission in rounds of sessions, and mark its exercises.

The first round runs the notebook once for each set of things that are withheld. The second runs it
again where an exercise that lost marks builds on a wrong one, with the model solution in place of
the wrong answer, so that an error is paid for once.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nbformat import NotebookNode

from cvlib.check.marking import Outcome, Reply, mark
from cvlib.grading.judging.plan import Item, Plan
from cvlib.grading.judging.preload import imports, one_form
from cvlib.grading.judging.result import ExerciseResult, safe_outputs
from cvlib.grading.notebook.normalize import grade_id, is_solution
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Session

IN_PLACE = (
    "This exercise builds on {names}, not right yet: it was graded with our solution in its "
    "place, so the mistake there costs nothing here."
)


@dataclass(frozen=True)
class _Round:
    """Which exercises are judged, up to which cell, and whose answers we may replace."""

    withhold: tuple[str, ...]
    judged: Collection[str]
    last: int
    deadline: float
    replaced: Collection[str] = ()

    @property
    def first(self) -> bool:
        return not self.replaced


class Run:
    """The sessions of one submission; a cell that hung or killed one is not tried again."""

    def __init__(self, notebook: NotebookNode, plan: Plan, answered: set[str]) -> None:
        self.plan = plan
        template = plan.template
        self.preamble = _preamble(template.cells)
        self.preload = imports(cell.source for cell in template.cells)
        self.cells = notebook.cells
        self.answered = answered
        self.outputs: dict[int, list[dict[str, Any]]] = {}
        self.outcomes: dict[str, Outcome] = {}
        self.hung: set[int] = set()
        self.end: tuple[int, str] | None = None  # where the process ended, and what to say
        self.items = {item.check_id: item for item in plan.items}
        self.owner = _owners(self.cells, {item.sheet.id: item for item in plan.items})

    def result(self, item: Item) -> ExerciseResult:
        outcome = self.outcomes[item.sheet.id]
        return ExerciseResult(
            item.sheet.id,
            item.title,
            float(outcome.score),
            float(outcome.max_score),
            outcome.state,
            outcome.text,
            outcome.misconception,
            dict(outcome.parts),
        )

    def group(self, withhold: tuple[str, ...]) -> None:
        items = [item for item in self.plan.items if item.withhold == withhold]
        if not any(item.sheet.id in self.answered for item in items):
            for item in items:
                self.outcomes[item.sheet.id] = mark(
                    item.sheet, [Reply("ok")] * len(item.sheet.calls)
                )
            return
        last = max(k for k, owner in enumerate(self.owner) if owner in (None, withhold))
        self._sessions(_Round(withhold, {i.sheet.id for i in items}, last, self._deadline()))

    def group_again(self, withhold: tuple[str, ...]) -> None:
        """Grade once more what builds on a wrong answer; the better outcome counts."""
        again = [
            item
            for item in self.plan.items
            if item.withhold == withhold
            and item.sheet.id in self.answered
            and self._is_wrong(item.sheet.id)
            and any(map(self._is_wrong, item.builds_on))
        ]
        if not again or self.end is not None:
            return
        checks = {item.check_id for item in again}
        last = max(k for k, cell in enumerate(self.cells) if grade_id(cell) in checks)
        replaced = {name for item in again for name in item.builds_on}
        judged = {item.sheet.id for item in again}
        # a cell may have hung in what it called, so the exercises that we judge have another try
        self.hung = {k for k in self.hung if grade_id(self.cells[k]) not in judged}
        self._sessions(_Round(withhold, judged, last, self._deadline(), replaced))
        self.end = None  # had the process ended in this round, it would have cost nothing more

    def _deadline(self) -> float:
        return time.monotonic() + self.plan.limits.session_seconds

    def _is_wrong(self, name: str) -> bool:
        return self.outcomes[name].score < self.outcomes[name].max_score

    def _sessions(self, this: _Round) -> None:
        answers = (i.imports for i in self.plan.items if i.withhold == this.withhold)
        preload = one_form([*self.preload, *itertools.chain(*answers)], this.withhold)
        policy = Policy(
            withhold=this.withhold,
            files=self.plan.files,
            preload=preload,
            unsafe=self.plan.unsafe,
        )
        start = 0
        while start <= this.last:  # an endless loop costs its kernel, so go on with a new one
            with Session(policy) as session:
                start = self._from(session, this, start)

    def _from(self, session: Session, this: _Round, start: int) -> int:
        """Run the cells of a round, up to one that hangs; return where to go on.

        Cells before ``start`` are run again for what they define, with nothing kept or judged.
        """
        # the released imports first: a student may have deleted or changed their cell
        session.run(self.preamble, timeout=self.plan.limits.cell_seconds)
        for k, cell in enumerate(self.cells[: this.last + 1]):
            item = self.items.get(grade_id(cell))
            left = this.deadline - time.monotonic()
            if item is not None:
                name = item.sheet.id
                if name in this.judged and k >= start:
                    self._keep_better(item, self._judge(session, k, item, left))
                if name in this.replaced and self._is_wrong(name) and session.state is None:
                    session.run(item.solution, timeout=self.plan.limits.cell_seconds)
            elif cell.cell_type == "code" and left > 0:
                keep = this.first and k >= start and self.owner[k] in (None, this.withhold)
                self._cell(session, k, left, keep=keep, first=this.first)
            if session.state == "timeout" and self.end is None:
                return max(start, k + 1)
        return this.last + 1

    def _keep_better(self, item: Item, outcome: Outcome) -> None:
        before = self.outcomes.get(item.sheet.id)
        if before is not None:
            if outcome.score <= before.score:
                return
            names = ", ".join(f"`{name}`" for name in item.builds_on if self._is_wrong(name))
            text = f"{_in_our_words(outcome)}\n{IN_PLACE.format(names=names)}"
            outcome = replace(outcome, text=text)
        self.outcomes[item.sheet.id] = outcome

    def _cell(self, session: Session, k: int, left: float, *, keep: bool, first: bool) -> None:
        source = self.cells[k].source
        if self.end is not None and k >= self.end[0]:
            return
        if k in self.hung or not source.strip():
            return
        result = session.run(source, timeout=min(self.plan.limits.cell_seconds, left))
        if keep and k not in self.outputs:
            self.outputs[k] = safe_outputs(result.outputs)
        if result.status == "timeout":
            self.hung.add(k)
            if first:  # whichever group it hung in: it is not tried again in its own
                stopped = _stopped(self.plan.limits.cell_seconds)
                self.outputs[k] = [*self.outputs.get(k, []), stopped]
        elif result.status == "dead":
            where = f"The Python process of the notebook ended in the cell `{_first_line(source)}`"
            self.end = (k, f"{where}; nothing after it could be run.")

    def _judge(self, session: Session, k: int, item: Item, left: float) -> Outcome:
        sheet = item.sheet
        if self.end is not None and k >= self.end[0]:
            return _nothing(item, self.end[1])
        if left <= 0:
            seconds = self.plan.limits.session_seconds
            return _nothing(
                item,
                f"The {seconds:g} s for the whole notebook were used up before this exercise: is "
                "there a cell that runs very long?",
            )
        calls = list(sheet.calls)
        replies = session.call(
            sheet.name, sheet.driver_source, calls, timeout=min(sheet.seconds, left)
        )
        if any(reply.status == "dead" for reply in replies):
            self.end = (
                k + 1,
                f"The Python process of the notebook ended when `{sheet.name}` was "
                "called; nothing after it could be run.",
            )
        return mark(sheet, replies)


def _preamble(cells: Sequence[NotebookNode]) -> str:
    """The released code before the first exercise: imports, and names that all cells share."""
    before = itertools.takewhile(lambda cell: not grade_id(cell), cells)
    return "\n".join(cell.source for cell in before if cell.cell_type == "code")


def _in_our_words(outcome: Outcome) -> str:
    """The findings without a word of the student's code, which could read out our solution."""
    if outcome.state == "correct":
        return outcome.text
    passed = ", ".join(part for part, ok in outcome.parts.items() if ok)
    failed = ", ".join(part for part, ok in outcome.parts.items() if not ok)
    lines = [f"✓ {passed}", f"✗ {failed}", outcome.misconception]
    return "\n".join(line for line in lines if line)


def _nothing(item: Item, text: str) -> Outcome:
    parts = dict.fromkeys(item.sheet.parts, False)
    return Outcome(0.0, item.sheet.points, text, parts, "incorrect")


def _first_line(source: str) -> str:
    line = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return line.replace("`", "'")[:80]


def _stopped(seconds: float) -> dict[str, Any]:
    text = f"stopped after {seconds:g} s: is there a loop that never ends?"
    return {"output_type": "error", "ename": "Timeout", "evalue": text, "traceback": [text]}


def _owners(cells: list[Any], items: dict[str, Item]) -> list[tuple[str, ...] | None]:
    """For each cell the ``withhold`` of the exercise it belongs to; ``None`` before the first."""
    owners: list[tuple[str, ...] | None] = []
    here: tuple[str, ...] | None = None
    for cell in cells:
        if is_solution(cell) and grade_id(cell) in items:
            here = items[grade_id(cell)].withhold
        owners.append(here)
    return owners
