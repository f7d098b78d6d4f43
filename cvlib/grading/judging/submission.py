"""Grade one submission: a pure function of its bytes and the plan, with no database in sight."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from nbformat import NotebookNode

from cvlib.grading.judging.plan import Item, Limits, Plan, make_plan, plan_for, result_key
from cvlib.grading.judging.result import Result
from cvlib.grading.judging.rounds import play_again, play_first
from cvlib.grading.judging.run import Run
from cvlib.grading.notebook.normalize import grade_id, is_solution, normalize
from cvlib.grading.spec.loading import LoadedSet


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
    """Grade one notebook by a plan: one session for each set of things that are withheld.

    Where the plan is not yet that of the submission, it must know the secret.
    """
    start = time.monotonic()
    if plan.sheets is None:
        assert plan.draws is not None
        plan = plan_for(plan, plan.draws.of("", raw))
    template = plan.template
    notebook, remarks = normalize(raw, template)
    run = Run(notebook, plan, _answered(notebook, template, plan.items))
    groups = list(dict.fromkeys(item.withhold for item in plan.items))
    for play in (play_first, play_again):
        for withhold in groups:
            play(run, withhold)
    return Result(
        key=result_key(raw, plan.digest),
        exercises=tuple(run.result(item) for item in plan.items),
        outputs=tuple(run.outputs.get(k, []) for k in range(len(notebook.cells))),
        remarks=tuple(remarks),
        seconds=round(time.monotonic() - start, 3),
        late=tuple(sorted(run.late)),
    )


def _answered(notebook: NotebookNode, template: NotebookNode, items: Sequence[Item]) -> set[str]:
    """The exercises whose solution cell was edited, or whose name a cell of the student's holds."""
    released = {grade_id(c): c.source for c in template.cells if is_solution(c)}
    given = {c.source for c in template.cells}
    edited = {
        grade_id(c) for c in notebook.cells if is_solution(c) and c.source != released[grade_id(c)]
    }
    own = "\n".join(
        c.source
        for c in notebook.cells
        if c.cell_type == "code" and not grade_id(c) and c.source not in given
    )
    named = {i.id for i in items if re.search(rf"\b{re.escape(i.name)}\b", own)}
    return edited | named
