"""What the tests of a room and of a problem set cost, and a budget that they keep to.

Processor time is counted, of this process and of the children that it waited for, against a fixed
piece of work on the same machine: neither a slow processor nor a busy one breaks the budget.
"""

from __future__ import annotations

import importlib.util
import os
import resource
from collections import Counter
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.groups import PROBLEM_SET, rooms, topic

#: Seconds, on the machine of ``book/calibration.py``, for the tests of one room and of one set.
BUDGET = float(os.environ.get("CVLIB_TEST_BUDGET", "120"))
CALIBRATION = Path(__file__).resolve().parents[1] / "book" / "calibration.py"


def cpu_seconds() -> float:
    """Processor time of this process and of the children that have ended."""
    each = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in each)


def speed() -> float:
    """Seconds of the reference machine in a second of this one, as it is now."""
    spec = importlib.util.spec_from_file_location("calibration", CALIBRATION)
    assert spec is not None
    assert spec.loader is not None
    calibration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(calibration)
    return float(calibration.REFERENCE / calibration.cpu_seconds_of_the_loop())


class Costs:
    """Adds up what the tests of a topic cost, over all processes of a run."""

    def __init__(self) -> None:
        self.seconds: Any = Counter()  # of floats, which the type of a Counter does not know

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        before = cpu_seconds()
        done = yield
        self.seconds[topic(item.nodeid)] += cpu_seconds() - before
        return done

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process of pytest-xdist has counted."""
        self.seconds.update(getattr(node, "workeroutput", {}).get("costs", {}))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.seconds and max(self.seconds.values()) > BUDGET / 5:  # else it saves a second
            factor = speed()
            self.seconds = Counter({t: s * factor for t, s in self.seconds.items()})
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["costs"] = dict(self.seconds)
        elif self.dear() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for name, seconds in self.dear().items():
            terminalreporter.write_line(
                f"over budget: the tests of {name} took {seconds:.3g} CPU seconds of the reference "
                f"machine, more than {BUDGET:g}; benchmarks/suite.py shows which",
                red=True,
            )

    def dear(self) -> Mapping[str, float]:
        """The rooms and problem sets whose tests cost more than they may."""
        known = {*rooms()}
        return {
            name: seconds
            for name, seconds in self.seconds.items()
            if seconds > BUDGET and (name in known or PROBLEM_SET.fullmatch(name))
        }
