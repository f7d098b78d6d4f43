"""Settings of the whole suite: one thread a process, the same draws, and who runs what."""

import os
import re
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # two workers on two cores: more threads only wait

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")

TESTS = Path(__file__).parent
PROBLEM_SET = re.compile(r"ps\d+_[a-z_]+")
#: From what takes long in one piece to what comes in many small ones, so that two processes end
#: together.
ORDER = ("browser", "grading", "book", "assignments", "check", "cvlib", "")


def shared_by(nodeid: str) -> str:
    """What tests that belong into one process have in common.

    The tests of a file share what it trains, grades or opens once; those of a problem set, in
    whichever file, share its draws and the networks behind them.
    """
    file = nodeid.partition("::")[0]
    if Path(file).parent.name == "assignments" and (found := PROBLEM_SET.search(nodeid)):
        return found[0]
    return file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put together what shares, and the long pieces first; within a piece the order stays."""

    def place(item: pytest.Item) -> tuple[int, str]:
        folder, *rest = item.path.relative_to(TESTS).parts
        return ORDER.index(folder if rest else ""), shared_by(item.nodeid)

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Run in one process what shares something, and start the long pieces first."""
    from xdist.scheduler import LoadScopeScheduling

    class SharedTogether(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return shared_by(nodeid)

    config.option.loadscopereorder = False  # the number of tests says little about their cost
    return SharedTogether(config, log)
