"""Any Dask cluster: started as an instructor would, used by its address, killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from dask import config
from dask_keys import as_variables, make_keys
from kills import SET_ID, TINY, School, dask_workers, orphans_adopted

from cvlib.grading.commands.grade import cli
from cvlib.grading.course.intake import Submission
from cvlib.grading.judging.plan import make_plan
from cvlib.grading.running import cluster
from cvlib.grading.running.batch import AHEAD, Batch, grade_all
from cvlib.grading.running.cluster import ClusterError
from cvlib.grading.spec.loading import LoadedSet

PATIENCE = 480.0


class Dask:
    """A scheduler and workers from the command line, in folders of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tls://127.0.0.1:{self.port}"
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler",
            "--protocol",
            "tls",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-dashboard",
            "--scheduler-file",
            str(self.file),
        )

    def worker(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``dask worker``; what it started is below the nanny."""
        return self._start(
            "worker",
            self.address,
            "--no-dashboard",
            "--host",
            "127.0.0.1",
            "--local-directory",
            str(self.folder),
            *arguments,
        )

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        tool = Path(sys.executable).parent / "dask"
        with (self.folder / "dask.log").open("ab") as log:
            process = subprocess.Popen(
                [tool, *arguments],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )
        self.processes.append(process)
        return process

    def close(self) -> None:
        """Kill what is left."""
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dask]:
    keys = make_keys(tmp_path)
    for name, value in as_variables(keys).items():
        monkeypatch.setenv(name, value)
    with config.set(keys), orphans_adopted() as remaining:
        dask = Dask(tmp_path)
        yield dask
        dask.close()
        assert remaining() == []


@pytest.fixture
def school(tiny: LoadedSet, released: Path, tmp_path: Path) -> Iterator[School]:
    school = School(tiny, released, tmp_path / "course", 6)
    school.hand_in()
    yield school
    school.close()


def until(condition: object, run: subprocess.Popen[bytes], seconds: float = PATIENCE) -> None:
    """Wait for a condition while a run lasts."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition() and run.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_workers_and_the_scheduler_are_killed_and_the_rest_is_graded_by_the_next_run(
    dask: Dask, school: School
) -> None:
    one, two = (dask.worker("--nthreads", "1") for _ in range(2))
    run = school.start("--scheduler", dask.address)
    until(lambda: len(school.results()) >= 1, run)
    if workers := dask_workers(one.pid):
        os.kill(workers[0], signal.SIGKILL)
    two.kill()  # the nanny: its worker goes with it
    assert run.wait(PATIENCE) == 0, school.log
    school.assert_finished()

    school.hand_in()
    before, done = school.marks(), school.results()
    run = school.start("--scheduler", str(dask.file))
    until(lambda: len(school.results()) >= len(done) + 2, run)
    dask.scheduler.kill()
    assert run.wait(PATIENCE) == 1, school.log
    assert f"Error: the Dask scheduler at {dask.address} was lost" in school.log
    assert "Traceback" not in school.log
    school.assert_whole(before)
    finished = set(school.results()) - set(done)
    new = [s for s, m in school.marks().items() if m == school.due(school.version)]
    assert len(new) == len(finished) == school.graded_now() > 0, "what was finished is recorded"

    run = school.start("--workers", "2")
    assert run.wait(PATIENCE) == 0, school.log
    assert school.graded_now() == len(school.students) - len(finished)
    school.assert_finished()


def test_what_a_worker_finished_for_a_killed_run_is_not_graded_again(
    dask: Dask, school: School
) -> None:
    """The only sign of an execution that is made anew is how long it took."""
    from distributed import Client

    from cvlib.grading.running import worker

    dask.worker("--nthreads", "1")
    run = school.start("--scheduler", dask.address)
    until(lambda: len(school.results()) >= 1, run)
    run.kill()
    run.wait()
    with Client(dask.address, set_as_default=False) as client:
        deadline = time.monotonic() + PATIENCE
        while any(client.run(lambda dask_worker: dask_worker.state.executing_count).values()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        (remembered,) = client.run(lambda: dict(worker._remembered)).values()
    done = school.results()
    run = school.start("--scheduler", dask.address)
    assert run.wait(PATIENCE) == 0, school.log
    school.assert_finished()
    assert len(remembered) >= len(done)
    for key, content in remembered.items():
        assert (school.course.results / f"{key}.json").read_bytes() == content
    assert school.results() | done == school.results()


def test_no_scheduler_and_no_worker_are_said_in_words(
    dask: Dask, tiny: LoadedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(tiny, seed=1)
    submissions = [Submission("ann", b"")]
    monkeypatch.setattr(cluster, "WORKER_SECONDS", 1.0)
    with pytest.raises(ClusterError, match=re.escape("had no worker for 1 s")):
        list(grade_all([Batch(plan, submissions)], tmp_path, scheduler=dask.address))
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 1.0)
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp:..127\.0\.0\.1:9"):
        list(grade_all([Batch(plan, submissions)], tmp_path, scheduler="tcp://127.0.0.1:9"))
    with pytest.raises(ClusterError, match="does not exist"):
        list(grade_all([Batch(plan, submissions)], tmp_path, scheduler="nowhere/scheduler.json"))


def test_the_command_line_says_it_too(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 1.0)
    done = CliRunner().invoke(
        cli,
        [
            "--course",
            str(school.course.root),
            "--assignments",
            str(TINY),
            "run",
            SET_ID,
            "--scheduler",
            "tcp://127.0.0.1:9",
            "--no-tls",
        ],
    )
    assert done.exit_code == 2
    assert "Error: no Dask scheduler answers at tcp://127.0.0.1:9" in done.output


def test_submissions_are_read_when_their_turn_comes(tiny: LoadedSet, tmp_path: Path) -> None:
    """A class may not fit into memory: no more are taken than the threads will need soon."""
    plan = make_plan(tiny, seed=1)
    taken: list[int] = []

    class Class(list[Submission]):
        def __iter__(self) -> Iterator[Submission]:
            for k in range(len(self)):
                taken.append(k)
                yield self[k]

    submissions = Class(Submission(f"s{k}", b"%d" % k) for k in range(8))
    for seen, _ in enumerate(grade_all([Batch(plan, submissions)], tmp_path, workers=2)):
        assert len(taken) <= seen + 1 + 2 * AHEAD
    assert taken == list(range(8))
