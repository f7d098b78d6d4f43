"""A tiny problem set, and its sample class graded once for all tests of the pipeline."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path

import own_set
import pytest
from command import Done, here, program
from dask_keys import make_keys
from tiny_set import SET_ID, TINY, Grade

from cvlib.grading.course.course import Course
from cvlib.grading.rehearsal.classroom import Classroom
from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Session
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from tests.once import once

#: Helpers whose assertions tell what they compared, as those of a test do.
ASSERTING = (
    "host", "postgres_server", "receipts", "regrades", "report_pages", "talk", "thirty_students",
    "two_courses",
)  # fmt: skip
pytest.register_assert_rewrite(*ASSERTING)


@pytest.fixture(scope="session")
def tiny() -> LoadedSet:
    """The tiny problem set."""
    return load_problem_set(TINY, SET_ID)


@pytest.fixture(scope="session")
def own() -> LoadedSet:
    """The problem set with an answer that has numbers of each student's own."""
    return load_problem_set(own_set.OWN, own_set.SET_ID)


@pytest.fixture(scope="session")
def room(tiny: LoadedSet) -> Classroom:
    """Whoever works on the tiny problem set."""
    return Classroom(tiny, seed=0)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """A course of the tiny problem set in which nothing has happened yet."""
    return Course.open(tmp_path / "course", TINY)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """A session for everything that leaves the kernel alive."""
    with Session(Policy(withhold=("torch",), file_bytes=4 * 2**20)) as shared:
        yield shared


@pytest.fixture(scope="session")
def cvlib_grade() -> Grade:
    """Run ``cvlib-grade`` on a course folder: as a program when it is given a ``path``."""

    def run(course: Path, *arguments: str, expect: int = 0, path: str | None = None) -> Done:
        how = here if path is None else functools.partial(program, path=path)
        done = how(course, TINY, *arguments)
        assert done.returncode == expect, f"{arguments}:\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Dask cluster that stays: starting workers takes a run many seconds.

    Its keys are in Dask's settings, as an instructor's are.
    """
    import dask
    from distributed import LocalCluster

    with (
        dask.config.set(make_keys(tmp_path_factory.mktemp("keys"))),
        LocalCluster(
            n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
        ) as running,
    ):
        yield running.scheduler_address


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory, cvlib_grade: Grade) -> Path:
    """A course in which the tiny set is released and nobody is; tests copy it."""
    return once(tmp_path_factory, "released-course", lambda root: cvlib_grade(root, "release"))


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory, released: Path, cvlib_grade: Grade) -> Course:
    """A course with the sample class, graded; tests write nothing in it."""

    def make(root: Path) -> None:
        shutil.copytree(released, root)
        cvlib_grade(root, "sample")
        graded = program(root, TINY, "run", "--workers", "2")
        assert graded.returncode == 0, graded.stdout + graded.stderr
        cvlib_grade(root, "feedback")

    return Course.open(once(tmp_path_factory, "graded-course", make), TINY)
