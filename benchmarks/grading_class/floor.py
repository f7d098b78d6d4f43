"""What the submissions' own code costs: their cells and the judge's calls, and nothing else.

``python -m grading_class.floor ASSIGNMENTS SET SEED FILE…`` executes each notebook in a fork of one
process that has done the same before, so that everything is imported, and prints as JSON the
processor seconds of each. There is no sandbox, no protocol, no comparison and no gradebook here.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from cvlib.check.marking import Sheet
from cvlib.grading.judging.plan import Plan, make_plan, plan_for
from cvlib.grading.notebook.normalize import grade_id, normalize
from cvlib.grading.spec.loading import load_problem_set


def main(assignments: str, set_id: str, seed: str, *files: str) -> None:
    """Print the seconds of each file."""
    plan = make_plan(load_problem_set(assignments, set_id), seed=int(seed))
    works = [_Work(Path(file).read_bytes(), plan) for file in files]
    with tempfile.TemporaryDirectory(prefix="grading-floor-") as folder:
        for name, content in plan.files.items():
            (Path(folder) / name).write_bytes(content)
        os.chdir(folder)
        play(works[0])
        seconds = [in_a_fork(work) for work in works]
        os.chdir("/")
    print(json.dumps(seconds))


class _Work:
    """A notebook, and what the judge asks it."""

    def __init__(self, raw: bytes, plan: Plan) -> None:
        self.notebook = normalize(raw, plan.template)[0]
        assert plan.draws is not None
        drawn_plan = plan_for(plan, plan.draws.of("", raw))
        self.sheets = {item.check_id: drawn_plan.sheet(item) for item in plan.items}


def in_a_fork(work: _Work) -> float:
    """Play a notebook in a child of this process; RuntimeError when its code fails there."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.write(writing, repr(play(work)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading) as file:
        text = file.read()
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the code of an honest submission failed")
    return float(text)


def play(work: _Work) -> float:
    """Execute the cells in their order, and the calls of an exercise where its check cell is."""
    namespace: dict[str, Any] = {"__name__": "__main__", "display": print}
    start = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        for cell in work.notebook.cells:
            if sheet := work.sheets.get(grade_id(cell)):
                call_all(sheet, namespace[sheet.name])
            elif cell.cell_type == "code":
                exec(compile(cell.source, "<cell>", "exec"), namespace)
    return time.process_time() - start


def call_all(sheet: Sheet, target: Any) -> None:
    """Call the object on every case."""
    namespace: dict[str, Any] = {"__name__": "driver"}
    exec(compile(sheet.driver_source, "<driver>", "exec"), namespace)
    driver = namespace[sheet.driver_source.split("def ", 1)[1].split("(", 1)[0].strip()]
    for args, kwargs in sheet.calls:
        driver(target, *copy.deepcopy(args), **copy.deepcopy(kwargs))


if __name__ == "__main__":
    main(*sys.argv[1:])
