"""Grade one submission: a pure function of its bytes and the plan, with no database in sight."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Sequence
from typing import Any

from nbformat import NotebookNode

from cvlib.check.marking import Outcome, Reply, mark
from cvlib.grading.normalize import grade_id, is_solution, normalize
from cvlib.grading.plan import Item, Limits, Plan, make_plan, result_key
from cvlib.grading.result import ExerciseResult, Result, safe_outputs
from cvlib.grading.sandbox import Policy
from cvlib.grading.session import Session
from cvlib.grading.spec import LoadedSet


def grade(
    raw: bytes | None,
    loaded: LoadedSet,
    *,
    seed: int,
    unsafe: bool = False,
    limits: Limits | None = None,
) -> Result:
    """Grade one notebook; raises SandboxUnavailable when it cannot be run safely."""
    return execute(raw, make_plan(loaded, seed=seed, unsafe=unsafe, limits=limits))


def execute(raw: bytes | None, plan: Plan) -> Result:
    """Grade one notebook by a plan: one session for each set of things that are withheld."""
    start = time.monotonic()
    template = plan.template
    notebook, remarks = normalize(raw, template)
    run = _Run(notebook, plan, _answered(notebook, template, plan.items))
    for withhold in dict.fromkeys(item.withhold for item in plan.items):
        run.group(withhold)
    return Result(
        key=result_key(raw, plan.digest),
        exercises=tuple(run.result(item) for item in plan.items),
        outputs=tuple(run.outputs.get(k, []) for k in range(len(notebook.cells))),
        remarks=tuple(remarks),
        seconds=round(time.monotonic() - start, 3),
    )


def _preamble(cells: Sequence[NotebookNode]) -> str:
    """The released code before the first exercise: imports, and names that all cells share."""
    before = itertools.takewhile(lambda cell: not grade_id(cell), cells)
    return "\n".join(cell.source for cell in before if cell.cell_type == "code")


def _answered(notebook: NotebookNode, template: NotebookNode, items: Sequence[Item]) -> set[str]:
    """The exercises whose solution cell was edited, or whose name a cell of the student's holds."""
    released = {grade_id(c): c.source for c in template.cells if is_solution(c)}
    given = {c.source for c in template.cells}
    edited = {grade_id(c) for c in notebook.cells if is_solution(c)
              and c.source != released[grade_id(c)]}  # fmt: skip
    own = "\n".join(
        c.source
        for c in notebook.cells
        if c.cell_type == "code" and not grade_id(c) and c.source not in given
    )
    named = {i.sheet.id for i in items if re.search(rf"\b{re.escape(i.sheet.name)}\b", own)}
    return edited | named


class _Run:
    """The sessions of one submission; a cell that hung or killed one is not tried again."""

    def __init__(self, notebook: NotebookNode, plan: Plan, answered: set[str]) -> None:
        self.plan = plan
        self.preamble = _preamble(plan.template.cells)
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
            item.sheet.id, item.title, float(outcome.score), float(outcome.max_score),
            outcome.state, outcome.text, outcome.misconception, dict(outcome.parts),
        )  # fmt: skip

    def group(self, withhold: tuple[str, ...]) -> None:
        items = [item for item in self.plan.items if item.withhold == withhold]
        if not any(item.sheet.id in self.answered for item in items):
            for item in items:
                self.outcomes[item.sheet.id] = mark(
                    item.sheet, [Reply("ok")] * len(item.sheet.calls)
                )
            return
        policy = Policy(withhold=withhold, files=self.plan.files, unsafe=self.plan.unsafe)
        deadline = time.monotonic() + self.plan.limits.session_seconds
        last = max(k for k, owner in enumerate(self.owner) if owner in (None, withhold))
        start = 0
        while start <= last:  # a loop that never ends costs its kernel, so go on with a new one
            with Session(policy) as session:
                start = self._from(session, withhold, start, last, deadline)

    def _from(
        self, session: Session, withhold: tuple[str, ...], start: int, last: int, deadline: float
    ) -> int:
        """Run the cells to ``last``, or to one that hangs; return where to go on.

        Cells before ``start`` are run again for what they define, with nothing kept or judged.
        """
        # the released imports first: a student may have deleted or changed their cell
        session.run(self.preamble, timeout=self.plan.limits.cell_seconds)
        for k, cell in enumerate(self.cells[: last + 1]):
            item = self.items.get(grade_id(cell))
            left = deadline - time.monotonic()
            if item is not None and item.withhold == withhold and k >= start:
                self.outcomes[item.sheet.id] = self._judge(session, k, item, left)
            elif item is None and cell.cell_type == "code" and left > 0:
                keep = k >= start and self.owner[k] in (None, withhold)
                self._cell(session, k, left, keep=keep)
            if session.state == "timeout" and self.end is None:
                return max(start, k + 1)
        return last + 1

    def _cell(self, session: Session, k: int, left: float, *, keep: bool) -> None:
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
            self.end = (k + 1, f"The Python process of the notebook ended when `{sheet.name}` was "
                               "called; nothing after it could be run.")  # fmt: skip
        return mark(sheet, replies)


def _owners(cells: list[Any], items: dict[str, Item]) -> list[tuple[str, ...] | None]:
    """For each cell the ``withhold`` of the exercise it belongs to; ``None`` before the first."""
    owners: list[tuple[str, ...] | None] = []
    here: tuple[str, ...] | None = None
    for cell in cells:
        if is_solution(cell) and grade_id(cell) in items:
            here = items[grade_id(cell)].withhold
        owners.append(here)
    return owners


def _nothing(item: Item, text: str) -> Outcome:
    parts = dict.fromkeys(item.sheet.parts, False)
    return Outcome(0.0, item.sheet.points, text, parts, "incorrect")


def _first_line(source: str) -> str:
    line = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return line.replace("`", "'")[:80]


def _stopped(seconds: float) -> dict[str, Any]:
    text = f"stopped after {seconds:g} s: is there a loop that never ends?"
    return {"output_type": "error", "ename": "Timeout", "evalue": text, "traceback": [text]}
