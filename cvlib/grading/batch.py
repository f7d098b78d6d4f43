"""Phase A: grade many submissions in parallel, away from the gradebook, into a cache of results.

A worker gets a submission, the plan and the student's draw; it knows no database. What a worker
that is killed was grading is tried again, first among others, then alone.
"""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cvlib.grading.cluster import (
    WORKER_SECONDS,
    ClusterError,
    connect,
    lost,
    no_worker,
    threads,
)
from cvlib.grading.intake import Submission, atomic_write
from cvlib.grading.plan import Plan, environment_digest, result_key
from cvlib.grading.result import Result
from cvlib.grading.sandbox import SandboxUnavailable, probe
from cvlib.grading.worker import Job, keep, remembered_keys, task

if TYPE_CHECKING:
    from distributed import Client, Future

#: How often a submission is tried alone after the workers that had it died. Whoever kills workers
#: hits innocent submissions; one that ends its worker by itself does so each time.
TRIES_ALONE = 2


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
    submissions: Collection[Submission],
    plan: Plan,
    results: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    reuse: bool = False,
) -> Iterator[Graded]:
    """Grade submissions on a local cluster, or on a Dask cluster by its address, as they finish.

    Submissions are taken one by one as threads become free, and each result is written before it
    is yielded, so an interrupted run resumes where it stopped. With ``reuse``, what a worker has
    graded for a run that was killed is not graded again. Raises SandboxUnavailable before anything
    is graded when the sandbox does not work, and ClusterError when the cluster is lost.
    """
    if not len(submissions):
        return
    if not plan.unsafe and not scheduler:
        probe()
    with connect(min(workers or default_workers(), len(submissions)), scheduler) as client:
        job = Job(environment_digest(), "" if scheduler else str(results), reuse)
        yield from _Stream(client, plan, results, job).run(submissions)


class _Stream:
    """Submissions on their way through a cluster, one for each of its threads."""

    def __init__(self, client: Client, plan: Plan, results: Path, job: Job) -> None:
        self.client = client
        self.plan = plan
        self.results = results
        self.job = job
        self.done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.running: dict[Future, Submission] = {}
        self.shared: Future | None = None
        self.finished: dict[str, str] = {}  # which worker remembers the result of which key

    def run(self, submissions: Collection[Submission]) -> Iterator[Graded]:
        suspects: list[Submission] = []
        if self.job.reuse and not self.job.results:
            for worker, keys in self.client.run(remembered_keys, on_error="ignore").items():
                self.finished |= dict.fromkeys(keys, worker)
        waiting = iter(submissions)
        left = True
        while left or self.running:
            room = max(1, threads(self.client)) - len(self.running) if left else 0
            for _ in range(room):
                submission = next(waiting, None)
                left = submission is not None
                if submission is None:
                    break
                self._start(submission)
            if self.running:
                submission, graded = self._next()
                if graded is None:
                    suspects.append(submission)
                else:
                    yield graded
        for submission in suspects:  # each alone: only one of them may have taken the others along
            yield self._alone(submission)

    def _alone(self, submission: Submission) -> Graded:
        for _ in range(TRIES_ALONE):
            self._start(submission)
            graded = self._next()[1]
            if graded is not None:
                return graded
        return Graded(submission.student, None, "each worker that graded it died")

    def _start(self, submission: Submission) -> None:
        if self.shared is None or self.shared.status not in ("pending", "finished"):
            stripped = replace(self.plan, draws=None)  # it knows the secret
            self.shared = self.client.submit(keep, stripped, pure=False)
        assert self.plan.draws is not None
        draw = self.plan.draws.of(submission.student)
        known = self.finished and self.finished.get(result_key(submission.raw, draw.digest))
        place = {"workers": [known], "allow_other_workers": True} if known else {}
        future = self.client.submit(
            task, submission.raw, draw, self.shared, self.job, pure=False, retries=0, **place
        )
        self.running[future] = submission
        future.add_done_callback(self.done.put)

    def _next(self) -> tuple[Submission, Graded | None]:
        """The next submission that is done; without a result when its workers died."""
        from distributed import CancelledError, KilledWorker

        future = self._wait()
        submission = self.running.pop(future)
        try:
            result = Result.from_json(future.result())
        except KilledWorker:
            return submission, None
        except (SandboxUnavailable, ClusterError):
            raise
        except CancelledError as error:  # by nobody but the client that lost its scheduler
            raise lost(self.client) from error
        except Exception as error:  # one submission's failure is reported and stops nobody else
            failure = f"{type(error).__name__}: {error}"
            return submission, Graded(submission.student, None, failure)
        finally:
            future.release()
        if not self.job.results:
            atomic_write(self.results / f"{result.key}.json", result.to_json())
        return submission, Graded(submission.student, result)

    def _wait(self) -> Future:
        idle_since = time.monotonic()
        while True:
            try:
                return self.done.get(timeout=1.0)
            except queue.Empty:
                if threads(self.client):
                    idle_since = time.monotonic()
                elif time.monotonic() - idle_since > WORKER_SECONDS:
                    raise no_worker(self.client) from None
