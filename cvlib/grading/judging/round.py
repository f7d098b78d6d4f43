"""One walk through the cells of a submission, in as many sessions as it takes."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from cvlib.check.marking import Outcome, Sheet, ask, mark
from cvlib.grading.judging.narrow import bounded, narrowed
from cvlib.grading.judging.ours import Ours
from cvlib.grading.judging.plan import Item
from cvlib.grading.judging.preload import one_form
from cvlib.grading.judging.run import Run
from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Session


@dataclass(frozen=True)
class Round:
    """Which exercises are judged, up to which cell, and whose answers we may replace."""

    run: Run
    withhold: tuple[str, ...]
    judged: Collection[str]
    last: int
    deadline: float
    replaced: Collection[str] = ()

    def play(self) -> None:
        """Run the cells and judge; an endless loop costs its session, so go on with a new one."""
        run = self.run
        answers = (item.imports for item in run.of_group(self.withhold))
        policy = Policy(
            withhold=self.withhold,
            files=run.plan.files,
            preload=one_form([*run.preload, *itertools.chain(*answers)], self.withhold),
            unsafe=run.plan.unsafe,
        )
        start = 0
        while start <= self.last:
            with contextlib.ExitStack() as stack:
                ours = None
                if self.replaced:
                    ours = stack.enter_context(Ours(run, policy, self.replaced))
                peer = ours.theirs if ours else None
                session = stack.enter_context(Session(policy, peer=peer))
                start = self._from(session, ours, start)

    def _from(self, session: Session, ours: Ours | None, start: int) -> int:
        """Run the cells, up to one that hangs; return where to go on.

        Cells before ``start`` are run again for what they define, with nothing kept or judged.
        """
        run, limit = self.run, self.run.plan.limits.cell_seconds
        # the released imports first: a student may have deleted or changed their cell
        session.run(run.preamble, timeout=limit)
        asked = False
        for k, cell in enumerate(run.cells[: self.last + 1]):
            item = run.items.get(grade_id(cell))
            if item is not None:
                name = item.id
                if name in self.judged and k >= start:
                    run.keep_better(item, self._judge(session, k, item))
                    asked = True
                if ours and name in self.replaced and run.is_wrong(name) and session.state is None:
                    ours.take_the_place(item, session)
            elif cell.cell_type == "code":
                self._cell(session, k, again=k < start, late=asked)
            if session.state == "timeout" and run.end is None:
                return max(start, k + 1)
        return self.last + 1

    def _cell(self, session: Session, k: int, *, again: bool, late: bool) -> None:
        run, source, left = self.run, self.run.cells[k].source, self._left()
        if left <= 0 or run.ended_before(k) or k in run.hung or not source.strip():
            return
        limit, first = run.plan.limits.cell_seconds, not self.replaced
        result = session.run(source, timeout=min(limit, left))
        if first and not again and run.owner[k] in (None, self.withhold):
            run.keep_outputs(k, result.outputs, late=late)
        if result.status == "timeout":
            run.hung.add(k)
            if first:  # whichever group it hung in: it is not tried again in its own
                run.outputs[k] = [*run.outputs.get(k, []), _stopped(limit)]
        elif result.status == "dead":
            where = f"The Python process of the notebook ended in the cell `{_first_line(source)}`"
            run.end = (k, f"{where}; nothing after it could be run.")

    def _judge(self, session: Session, k: int, item: Item) -> Outcome:
        run, left = self.run, self._left()
        sheet = run.plan.sheet(item)
        if run.end is not None and run.ended_before(k):
            return _nothing(sheet, run.end[1])
        if left <= 0:
            seconds = run.plan.limits.session_seconds
            return _nothing(
                sheet,
                f"The {seconds:g} s for the whole notebook were used up before this exercise: is "
                "there a cell that runs very long?",
            )
        timeout = min(sheet.seconds, left)
        replies = ask(sheet, session.call, seconds=timeout)
        if any(reply.status == "dead" for reply in replies):
            run.end = (
                k + 1,
                f"The Python process of the notebook ended when `{sheet.name}` was "
                "called; nothing after it could be run.",
            )
        outcome = mark(sheet, bounded(item, replies))
        return narrowed(outcome) if item.kind == "model" else outcome

    def _left(self) -> float:
        return self.deadline - time.monotonic()


def _nothing(sheet: Sheet, text: str) -> Outcome:
    parts = dict.fromkeys(sheet.parts, False)
    return Outcome(0.0, sheet.points, text, parts, "incorrect")


def _first_line(source: str) -> str:
    line = next((line.strip() for line in source.splitlines() if line.strip()), "")
    return line.replace("`", "'")[:80]


def _stopped(seconds: float) -> dict[str, Any]:
    text = f"stopped after {seconds:g} s: is there a loop that never ends?"
    return {"output_type": "error", "ename": "Timeout", "evalue": text, "traceback": [text]}
