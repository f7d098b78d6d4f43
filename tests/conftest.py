"""Settings of the whole suite: one thread a process, the same draws, and who runs what."""

import os
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # two workers on two cores: more threads only wait

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from tests.costs import Costs  # noqa: E402
from tests.groups import shared_by  # noqa: E402
from tests.without import pytest_runtest_makereport  # noqa: E402, F401  (a hook)

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")

TESTS = Path(__file__).parent
#: From what takes long in one piece to what comes in many small ones, so that two processes end
#: together.
ORDER = ("browser", "grading", "book", "assignments", "check", "cvlib", "")


def pytest_configure(config: pytest.Config) -> None:
    """Count what the tests cost."""
    config.pluginmanager.register(Costs(), "costs")


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
