"""Kill whatever grades, at any moment: a rerun finishes, loses nothing and repeats nothing.

``CVLIB_KILLS`` sets how many runs are killed at a random moment beside the chosen ones.
"""

from __future__ import annotations

import functools
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cloudpickle
import pytest
from kills import (
    SET_ID,
    TINY,
    School,
    dask_workers,
    orphans_adopted,
)

from cvlib.grading.judging.plan import make_plan
from cvlib.grading.spec.loading import LoadedSet

KILLS = int(os.environ.get("CVLIB_KILLS", "0"))
STUDENTS = 6
PATIENCE = 480.0


@pytest.fixture(scope="module")
def school(
    tiny: LoadedSet, released: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[School]:
    """A class that has handed in once, and is not graded yet."""
    school = School(tiny, released, tmp_path_factory.mktemp("killed") / "course", STUDENTS)
    school.hand_in()
    yield school
    school.close()


@pytest.fixture(scope="module")
def whole_run(school: School) -> None:
    """Grade the first version while its workers are killed."""
    chance = random.Random(1)
    gradebook = str(school.course.root / "gradebook.db")
    killed: list[int] = []
    run = school.start("--workers", "2")
    with orphans_adopted() as remaining:
        for finished in (0, 2):

            def under_way(n: int = finished) -> bool:
                return len(school.results()) >= n and bool(dask_workers(run.pid))

            until(under_way, run)
            time.sleep(chance.uniform(0, 1.0))
            for worker in dask_workers(run.pid):
                assert gradebook not in open_files(worker)
            if workers := dask_workers(run.pid):
                killed.append(chance.choice(workers))
                os.kill(killed[-1], signal.SIGKILL)
        assert run.wait(PATIENCE) == 0, school.log
        assert remaining() == []
    assert len(killed) == 2


def until(condition: Callable[[], object], run: subprocess.Popen[bytes]) -> None:
    """Wait for something to happen while a run lasts."""
    deadline = time.monotonic() + PATIENCE
    while not condition() and run.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def open_files(pid: int) -> list[str]:
    """What the descriptors of a process point to."""
    found = []
    for path in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            found.append(os.readlink(path))
        except OSError:
            continue
    return found


@pytest.mark.usefixtures("whole_run")
def test_a_killed_worker_costs_nobody_a_grade(school: School) -> None:
    assert school.graded_now() == STUDENTS, "whoever was in a killed worker is tried again"
    school.assert_finished()


Moment = Callable[[School, int, subprocess.Popen[bytes]], object]


def results(count: int) -> Moment:
    """When a run has finished so many results that were not there before."""
    return lambda school, done, run: len(school.results()) >= done + count


def at_random(school: School, done: int, run: subprocess.Popen[bytes]) -> bool:
    """Sooner or later."""
    return random.random() < 0.005


def new_marks(school: School, done: int, run: subprocess.Popen[bytes]) -> bool:
    """When somebody has the marks of the new version: the others' are about to be written."""
    return school.due(school.version) in school.marks().values()


#: What a run is in the middle of when it dies: importing, starting workers, grading, recording.
MOMENTS: list[Moment] = [
    lambda school, done, run: True,
    lambda school, done, run: dask_workers(run.pid),
    results(1),
    results(2),
    new_marks,
    *[at_random] * KILLS,
]


@pytest.mark.usefixtures("whole_run")
def test_a_run_killed_at_any_moment_is_finished_by_the_next(school: School) -> None:
    """The main process alone or its whole group, from the first import to the last mark."""
    school.hand_in()
    before, first = school.marks(), school.results()
    with orphans_adopted() as remaining:
        for k, moment in enumerate(MOMENTS):
            done = school.results()
            run = school.start("--workers", "2")
            until(functools.partial(moment, school, len(done), run), run)
            if run.poll() is None:
                end = (os.killpg, os.kill)[k % 2]
                end(run.pid, signal.SIGKILL)
            run.wait()
            assert remaining() == [], "a process outlived the run"
            now = school.results()
            assert now | done == now, "a finished result was written again"
            school.assert_whole(before)
        done = school.results()
        assert 2 <= len(done) - len(first) <= STUDENTS
        school.age_leftovers()
        run = school.start("--workers", "2")
        assert run.wait(PATIENCE) == 0, school.log
        school.assert_finished()
        assert school.graded_now() == len(school.results()) - len(done)
        assert len(school.results()) - len(first) == STUDENTS
        assert remaining() == []
        assert school.leftovers() == []


@pytest.mark.usefixtures("whole_run")
def test_a_kill_before_any_write_of_recording_leaves_old_marks_or_new_ones(school: School) -> None:
    """Death at the k-th write: of a file, in the database, or to commit."""
    writer = subprocess.Popen(
        [
            sys.executable,
            str(Path(__file__).parent / "die_at.py"),
            "--course",
            str(school.course.root),
            "--assignments",
            str(TINY),
            "run",
            "--student",
            "s01",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin
    assert writer.stdout

    def record(last: int) -> str:
        writer.stdin.write(f"{last}\n")  # type: ignore[union-attr]
        writer.stdin.flush()  # type: ignore[union-attr]
        return writer.stdout.readline().strip()  # type: ignore[union-attr]

    target = school.course.submitted / "s01" / SET_ID / f"{SET_ID}.ipynb"
    versions = [(school.version, target.read_bytes())]
    school.hand_in()  # graded now, too, so that only recording is left to do
    versions.append((school.version, target.read_bytes()))
    assert school.start("--workers", "1", "--student", "s01").wait(PATIENCE) == 0, school.log
    others = {s: m for s, m in school.marks().items() if s != "s01"}
    done = school.results()
    total, k = 1, 0
    moments: list[int] = []
    try:
        while k == 0 or moments:
            version, content = versions[k % 2]
            before = school.marks()
            target.write_bytes(content)
            if k:
                assert record(moments.pop()) == "killed"
                marks = school.marks()
                assert {s: m for s, m in marks.items() if s != "s01"} == others
                assert marks["s01"] in (before["s01"], school.due(version)), marks["s01"]
            count = record(0)
            assert count.isdecimal(), count
            marks = school.marks()
            assert marks["s01"] == school.printed("s01") == school.due(version)
            assert {s: m for s, m in marks.items() if s != "s01"} == others
            if k == 0:
                total = int(count)
                assert total > 5
                step = max(1, total // max(12, KILLS))
                moments = list(range(1 + random.Random(3).randrange(step), total + 1, step))
            k += 1
    finally:
        writer.stdin.close()
        assert writer.wait(60) == 0
    assert k > 10
    assert school.results() == done


def test_what_a_worker_gets_knows_no_database(tiny: LoadedSet) -> None:
    from dataclasses import replace

    from cvlib.grading.running.worker import Job

    plan = make_plan(tiny, seed=123456789)
    assert plan.draws
    draw = plan.draws.of("ann", b"")
    sent = cloudpickle.dumps((b"", draw, replace(plan, draws=None), Job("", "/results", True)))
    for secret in (b"gradebook", b"sqlite", b"db_url", (123456789).to_bytes(4, "little")):
        assert secret not in sent
