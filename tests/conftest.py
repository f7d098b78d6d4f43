"""Settings of the whole suite: one thread a process, and the same draws on every run."""

import os
from pathlib import Path
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # two workers on two cores: more threads only wait

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a file that grades or opens a browser in one process: they share much."""
    from xdist.scheduler import LoadScopeScheduling

    class FilesTogether(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return file if Path(file).parent.name in ("grading", "browser") else nodeid

    return FilesTogether(config, log)
