"""Phase A: grade many submissions in parallel, away from the gradebook, into a cache of results.

A worker gets a submission, its draw and the plan; it knows no database. The submissions of all
problem sets are one stream: while one waits for its time limit, the others go on. What a worker
that is killed was grading is tried again, first among others, then alone.
"""

from __future__ import annotations

import itertools
import os
import queue
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cvlib.grading.course.intake import Submission, atomic_write
from cvlib.grading.judging.plan import Plan, environment_digest, result_key
from cvlib.grading.judging.result import Result
from cvlib.grading.running.cluster import (
    WORKER_SECONDS,
    ClusterError,
    connect,
    lost,
    no_worker,
    threads,
)
from cvlib.grading.running.worker import Job, keep, remembered_keys, task
from cvlib.grading.sandbox.policy import SandboxUnavailable
from cvlib.grading.sandbox.probe import probe

if TYPE_CHECKING:
    from distributed import Client, Future

#: How often a submission is tried alone after the workers that had it died. Whoever kills workers
#: hits innocent submissions; one that ends its worker by itself does so each time.
TRIES_ALONE = 2
#: Submissions sent for each thread of the cluster: one that runs, and one so that no thread is idle
#: while a result is written into the gradebook or the next plan is made.
AHEAD = 2


@dataclass(frozen=True)
class Batch:
    """Submissions to one problem set, and the plan that they are graded by."""

    plan: Plan
    submissions: Collection[Submission]


@dataclass(frozen=True)
class Graded:
    """One submission that left phase A: a result, or the reason why grading itself failed."""

    set_id: str
    student: str
    result: Result | None
    failure: str = ""


def default_workers() -> int:
    """One worker for each core that we may use."""
    return max(1, len(os.sched_getaffinity(0)))


def grade_all(
    batches: Iterable[Batch],
    results: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    reuse: bool = False,
) -> Iterator[Graded]:
    """Grade submissions on a local cluster, or on a Dask cluster by its address, as they finish.

    Batches and their submissions are taken one by one as threads become free, and each result is
    written before it is yielded, so an interrupted run resumes where it stopped. With ``reuse``,
    what a worker has graded for a run that was killed is not graded again. Raises
    SandboxUnavailable before anything is graded when the sandbox does not work, and ClusterError
    when the cluster is lost.
    """
    waiting = (batch for batch in batches if len(batch.submissions))
    first = next(waiting, None)
    if first is None:
        return
    if not first.plan.unsafe and not scheduler:
        probe()
    with connect(workers or default_workers(), scheduler) as client:
        job = Job(environment_digest(), "" if scheduler else str(results), reuse)
        yield from _Stream(client, results, job).run(itertools.chain([first], waiting))


Piece = tuple[Plan, Submission]


class _Stream:
    """Submissions on their way through a cluster."""

    def __init__(self, client: Client, results: Path, job: Job) -> None:
        self.client = client
        self.results = results
        self.job = job
        self.done: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.running: dict[Future, Piece] = {}
        self.shared: dict[str, Future] = {}  # the plan of each problem set
        self.finished: dict[str, str] = {}  # which worker remembers the result of which key

    def run(self, batches: Iterable[Batch]) -> Iterator[Graded]:
        suspects: list[Piece] = []
        if self.job.reuse and not self.job.results:
            for worker, keys in self.client.run(remembered_keys, on_error="ignore").items():
                self.finished |= dict.fromkeys(keys, worker)
        waiting = (
            (batch.plan, submission) for batch in batches for submission in batch.submissions
        )
        left = True
        while left or self.running:
            room = AHEAD * max(1, threads(self.client)) - len(self.running) if left else 0
            for _ in range(room):
                piece = next(waiting, None)
                left = piece is not None
                if piece is None:
                    break
                self._start(piece)
            if self.running:
                piece, graded = self._next()
                if graded is None:
                    suspects.append(piece)
                else:
                    yield graded
        for piece in suspects:  # each alone: only one of them may have taken the others along
            yield self._alone(piece)

    def _alone(self, piece: Piece) -> Graded:
        for _ in range(TRIES_ALONE):
            self._start(piece)
            graded = self._next()[1]
            if graded is not None:
                return graded
        plan, submission = piece
        return Graded(plan.set_id, submission.student, None, "each worker that graded it died")

    def _start(self, piece: Piece) -> None:
        plan, submission = piece
        shared = self.shared.get(plan.set_id)
        if shared is None or shared.status not in ("pending", "finished"):
            stripped = replace(plan, draws=None)  # it knows the secret
            shared = self.shared[plan.set_id] = self.client.submit(keep, stripped, pure=False)
        assert plan.draws is not None
        draw = plan.draws.of(submission.student, submission.raw)
        known = self.finished and self.finished.get(result_key(submission.raw, draw.digest))
        place = {"workers": [known], "allow_other_workers": True} if known else {}
        future = self.client.submit(
            task, submission.raw, draw, shared, self.job, pure=False, retries=0, **place
        )
        self.running[future] = piece
        future.add_done_callback(self.done.put)

    def _next(self) -> tuple[Piece, Graded | None]:
        """The next submission that is done; without a result when its workers died."""
        from distributed import CancelledError, KilledWorker

        future = self._wait()
        piece = self.running.pop(future)
        set_id, student = piece[0].set_id, piece[1].student
        try:
            result = Result.from_json(future.result())
        except KilledWorker:
            return piece, None
        except (SandboxUnavailable, ClusterError):
            raise
        except CancelledError as error:  # by nobody but the client that lost its scheduler
            raise lost(self.client) from error
        except Exception as error:  # one submission's failure is reported and stops nobody else
            failure = f"{type(error).__name__}: {error}"
            return piece, Graded(set_id, student, None, failure)
        finally:
            future.release()
        if not self.job.results:
            atomic_write(self.results / f"{result.key}.json", result.to_json())
        return piece, Graded(set_id, student, result)

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
