"""Phase A: grade many submissions in parallel, away from the gradebook, into a cache of results."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvlib.grading.course import CourseError
from cvlib.grading.intake import Submission, atomic_write
from cvlib.grading.plan import Plan, environment_digest
from cvlib.grading.result import Result
from cvlib.grading.sandbox import SandboxUnavailable, probe
from cvlib.grading.submission import execute

if TYPE_CHECKING:
    from distributed import Client


@dataclass(frozen=True)
class Graded:
    """One submission that left phase A: a result, or the reason why grading itself failed."""

    student: str
    result: Result | None
    failure: str = ""


def default_workers() -> int:
    """One worker for each core that we may use."""
    return max(1, len(os.sched_getaffinity(0)))


def grade_all(
    submissions: Sequence[Submission],
    plan: Plan,
    results: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
) -> Iterator[Graded]:
    """Grade submissions on a local cluster, or on a Dask cluster by its address, as they finish.

    Each result is written before it is yielded, so an interrupted run resumes where it stopped.
    Raises SandboxUnavailable before anything is graded when the sandbox does not work.
    """
    if not submissions:
        return
    with _client(workers or default_workers(), len(submissions), scheduler) as client:
        if not plan.unsafe:
            client.run(probe) if scheduler else probe()
        _same_everywhere(client)
        yield from _collect(client, submissions, plan, results)


def _collect(
    client: Client, submissions: Sequence[Submission], plan: Plan, results: Path
) -> Iterator[Graded]:
    from distributed import KilledWorker, as_completed

    shared = client.submit(_keep, plan, pure=False)  # made again when the worker that has it dies
    submitted: dict[Any, Submission] = {}
    running = as_completed([])
    waiting = iter(submissions)
    suspects: list[Submission] = []

    def submit(submission: Submission) -> Any:
        return client.submit(_task, submission.raw, shared, pure=False, retries=0)

    def start(count: int) -> None:
        for submission in itertools.islice(waiting, count):
            future = submit(submission)
            submitted[future] = submission
            running.add(future)

    start(sum(client.nthreads().values()))
    for future in running:
        submission = submitted.pop(future)
        start(1)
        try:
            yield _received(submission, future, results)
        except KilledWorker:
            suspects.append(submission)
        future.release()
    for submission in suspects:  # each alone: only one of them may have taken the others along
        future = submit(submission)
        try:
            yield _received(submission, future, results)
        except KilledWorker as error:
            yield Graded(submission.student, None, f"KilledWorker: {error}")
        future.release()


def _received(submission: Submission, future: Any, results: Path) -> Graded:
    """Wait for a result and keep it; raises KilledWorker, and what is our own failure."""
    from distributed import KilledWorker

    try:
        result = Result.from_json(future.result())
    except (SandboxUnavailable, KilledWorker):
        raise
    except Exception as error:  # one submission's failure is reported and stops nobody else
        return Graded(submission.student, None, f"{type(error).__name__}: {error}")
    atomic_write(results / f"{result.key}.json", result.to_json())
    return Graded(submission.student, result)


def _keep(plan: Plan) -> Plan:
    return plan


def _task(raw: bytes | None, plan: Plan) -> bytes:
    return execute(raw, plan).to_json()


def _same_everywhere(client: Client) -> None:
    """A worker with other versions would give scores that the gradebook cannot reproduce."""
    for address, digest in client.run(environment_digest).items():
        if digest != environment_digest():
            raise CourseError(
                f"worker {address} has other versions of Python, numpy, scipy, torch, ipykernel "
                "or cvlib than this machine: install the same ones there"
            )


@contextlib.contextmanager
def _client(workers: int, tasks: int, scheduler: str | None) -> Iterator[Client]:
    import dask
    import distributed

    settings: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.daemon": True,
        "distributed.comm.timeouts.connect": "60s",
    }
    with dask.config.set(settings), contextlib.ExitStack() as stack:
        if scheduler:
            yield stack.enter_context(distributed.Client(scheduler, timeout="10s"))
            return
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="cvlib-dask-"))
        cluster = stack.enter_context(
            distributed.LocalCluster(
                n_workers=min(workers, tasks),
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                local_directory=folder,
                silence_logs=50,
            )
        )
        yield stack.enter_context(distributed.Client(cluster))
