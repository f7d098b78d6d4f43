"""Where the processor time of a run goes: the same run in one process, its steps wrapped.

``python -m grading_class.split COURSE ASSIGNMENTS SET`` grades what is handed in as ``cvlib-grade
run`` does, with a Dask worker that is a thread of this process, and prints as JSON the seconds that
were used, here and in the sandboxes, while each step was the innermost one under way. The steps are
wrapped from outside; the project itself holds no clock for this.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
from collections.abc import Callable
from typing import Any

from grading_class.cpu_time import Counter

SANDBOXES = "starting the sandboxes of a worker"
REST = "the engine, reading and writing files"
#: Where each step is: module, attribute, what to call it. Those of the first list happen once a
#: worker or a run, the others for every submission.
ONCE = (
    ("cvlib.grading.course.release", "release", "release looked at"),
    ("cvlib.grading.judging.plan", "make_plan", "the plan"),
    ("cvlib.grading.sandbox.fork_server", "ForkServer.__init__", SANDBOXES),
)
EACH = (
    ("cvlib.grading.judging.drawn", "Sheets.of", "drawing cases, what is right"),
    ("cvlib.grading.notebook.normalize", "normalize", "normalising"),
    ("cvlib.grading.sandbox.session", "Session.__enter__", "starting sessions"),
    ("cvlib.grading.sandbox.session", "Session.run", "cells"),
    ("cvlib.grading.sandbox.session", "Session.call", "calls"),
    ("cvlib.grading.sandbox.session", "Session.close", "ending sessions"),
    ("cvlib.check.marking", "mark", "comparing"),
    ("cvlib.grading.gradebook.recorder", "Recorder.record", "gradebook: writing"),
    ("cvlib.grading.gradebook.marks", "read_marks", "gradebook: reading"),
    ("cvlib.grading.receipts.receipt", "ensure_receipt", "receipts"),
)


class Steps:
    """Charges the time that passes to the innermost step under way."""

    def __init__(self, counter: Counter) -> None:
        self.seconds: dict[str, float] = {}
        self._counter = counter
        self._under_way = ["imports"]
        self._last = 0.0

    def charge(self) -> None:
        """Charge what was used since the last time."""
        now = self._counter.read()
        name = self._under_way[-1]
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._last
        self._last = now

    def go_on_as(self, name: str) -> None:
        """From now on, charge what is in no step to this name."""
        self.charge()
        self._under_way[0] = name

    def wrap(self, module: str, attribute: str, name: str) -> None:
        """Make a function a step, wherever it was imported; LookupError where it is not found."""
        owner: Any = importlib.import_module(module)
        *path, last = attribute.split(".")
        for part in path:
            owner = getattr(owner, part)
        if not hasattr(owner, last):
            raise LookupError(f"{module} has no {attribute}: name this step anew in {__file__}")
        function = getattr(owner, last)
        step = self._wrapped(function, name)
        setattr(owner, last, step)
        for other in [m for n, m in sys.modules.items() if n.startswith("cvlib.")]:
            if vars(other).get(last) is function:
                setattr(other, last, step)

    def _wrapped(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        @functools.wraps(function)
        def step(*args: Any, **kwargs: Any) -> Any:
            self.charge()
            self._under_way.append(name)
            try:
                return function(*args, **kwargs)
            finally:
                self.charge()
                self._under_way.pop()

        return step


def main(root: str, assignments: str, set_id: str) -> None:
    """Print the seconds of each step, and how many were graded."""
    with Counter() as counter:  # before any thread starts: they inherit it
        steps = Steps(counter)
        from distributed import LocalCluster

        from cvlib.grading.course.course import Course
        from cvlib.grading.running.running import Options, run_set

        for place in (*ONCE, *EACH):
            steps.wrap(*place)
        steps.go_on_as(REST)
        course = Course.open(root, assignments)
        with LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address=None,
            silence_logs=50,
        ) as cluster:
            report = run_set(course, set_id, Options(scheduler=cluster.scheduler_address))
            steps.charge()
        if not report.ok:
            raise RuntimeError(f"the class was not graded: {report}")
    once = {"imports", *(name for *_, name in ONCE)}
    kinds: dict[str, dict[str, float]] = {"once": {}, "each": {}}
    for name, seconds in steps.seconds.items():
        kinds["once" if name in once else "each"][name] = seconds
    print(json.dumps(kinds | {"graded": report.graded}))


if __name__ == "__main__":
    main(*sys.argv[1:])
