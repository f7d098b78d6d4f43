"""What this machine lacks: the tests that need it are skipped and say so. In CI they fail."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Generator
from typing import NoReturn

import pytest

#: How a grader without the wall refuses (``cvlib.grading.sandbox.policy``).
REFUSAL = re.compile(
    r"bubblewrap is not installed|expected bubblewrap|not let bubblewrap make namespaces"
    r"|bubblewrap could not make the sandbox"
)


def lacking(reason: str) -> NoReturn:
    """Skip a test for want of a tool; fail it in CI, where nothing may be missing unnoticed."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@functools.cache
def no_wall() -> str:
    """Why the wall around students' code cannot be made here; empty where it can."""
    path = shutil.which("bwrap")
    if path is None:
        return "bubblewrap is not installed"
    trial = [path, "--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "true"]
    done = subprocess.run(trial, capture_output=True, text=True, check=False)
    return f"bubblewrap does not work: {done.stderr.strip()}" if done.returncode else ""


def needs_wall() -> None:
    """Leave out a test that without the wall would fail of something else than its lack."""
    if reason := no_wall():
        lacking(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Call a test skipped that failed because nothing can be graded without the wall."""
    report = yield
    if report.failed and not os.environ.get("CI") and REFUSAL.search(str(report.longrepr)):
        reason = no_wall()
        if reason:
            report.outcome = "skipped"
            path, line, _ = item.reportinfo()
            report.longrepr = (str(path), line or 0, f"Skipped: {reason}")
    return report
