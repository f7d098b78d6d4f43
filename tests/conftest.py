"""Settings of the whole suite: one thread a process, and the same draws on every run."""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # two workers on two cores: more threads only wait

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file that grades or opens a browser in one process: they share much."""
    for item in items:
        if item.path.parent.name in ("grading", "browser"):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
