"""A tiny problem set, and its sample class graded once for all tests of the pipeline."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_set import SET_ID, TINY, Grade

from cvlib.grading.course import Course
from cvlib.grading.spec import LoadedSet, load_problem_set


@pytest.fixture(scope="session")
def tiny() -> LoadedSet:
    """The tiny problem set."""
    return load_problem_set(TINY, SET_ID)


@pytest.fixture(scope="session")
def cvlib_grade() -> Grade:
    """Run ``cvlib-grade`` on a course folder as its user does."""

    def run(
        course: Path, *arguments: str, expect: int = 0, path: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        environment = dict(os.environ) | ({"PATH": path} if path is not None else {})
        done = subprocess.run(
            [sys.executable, "-m", "cvlib.grading", "--course", str(course),
             "--assignments", str(TINY), *arguments],
            capture_output=True, text=True, timeout=500, check=False, env=environment,
        )  # fmt: skip
        assert done.returncode == expect, f"{arguments}:\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory, cvlib_grade: Grade) -> Course:
    """A course with the sample class graded once for all workers; tests write nothing in it."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    root, done = base / "graded-course", base / "graded-course.done"
    with (base / "graded-course.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            cvlib_grade(root, "release")
            cvlib_grade(root, "sample")
            cvlib_grade(root, "run", "--workers", "2")
            cvlib_grade(root, "feedback")
            done.touch()
    return Course.open(root, TINY)
