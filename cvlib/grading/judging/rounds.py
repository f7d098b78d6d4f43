"""The rounds in which a submission is judged, and what each of them judges.

The first runs the notebook once for each set of things that are withheld. The second runs it again
where an exercise that lost marks builds on a wrong one, with the model solution in place of the
wrong answer, so that an error is paid for once.
"""

from __future__ import annotations

import time

from cvlib.check.marking import not_attempted
from cvlib.grading.judging.round import Round
from cvlib.grading.judging.run import Run
from cvlib.grading.notebook.normalize import grade_id


def play_first(run: Run, withhold: tuple[str, ...]) -> None:
    """Judge the exercises of a group that are answered; nothing is drawn or run for the others."""
    answered = set()
    for item in run.of_group(withhold):
        if item.id in run.answered:
            answered.add(item.id)
        else:
            run.outcomes[item.id] = not_attempted(item.points)
    if not answered:
        return
    last = max(k for k, owner in enumerate(run.owner) if owner in (None, withhold))
    Round(run, withhold, answered, last, _deadline(run)).play()


def play_again(run: Run, withhold: tuple[str, ...]) -> None:
    """Judge once more what builds on a wrong answer; the better outcome counts."""
    again = [
        item
        for item in run.of_group(withhold)
        if item.id in run.answered
        and run.is_wrong(item.id)
        and any(map(run.is_wrong, item.builds_on))
    ]
    if not again or run.end is not None:
        return
    checks = {item.check_id for item in again}
    last = max(k for k, cell in enumerate(run.cells) if grade_id(cell) in checks)
    replaced = {name for item in again for name in item.builds_on}
    judged = {item.id for item in again}
    # a cell may have hung in what it called, so the exercises that we judge have another try
    run.hung = {k for k in run.hung if grade_id(run.cells[k]) not in judged}
    Round(run, withhold, judged, last, _deadline(run), replaced).play()
    run.end = None  # had the process ended in this round, it would have cost nothing more


def _deadline(run: Run) -> float:
    return time.monotonic() + run.plan.limits.session_seconds
