"""What runs in a worker: grade one submission by the plan, and keep the result until it is safe.

The workers of a cluster of our own write each result themselves, so that nothing finished is lost
when the run is killed; those of another cluster share no disk with us, so they remember what they
sent, and the next run asks for it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from cvlib.grading.course.intake import atomic_write
from cvlib.grading.judging.plan import Plan, environment_digest, plan_for, result_key
from cvlib.grading.judging.result import Result
from cvlib.grading.judging.submission import execute
from cvlib.grading.running.cluster import other_versions
from cvlib.grading.sandbox.probe import probe_once
from cvlib.grading.spec.draws import Draw

#: Bytes of results that a worker without our disk remembers.
REMEMBERED_BYTES = 32 * 2**20


@dataclass(frozen=True)
class Job:
    """What every task of a run needs to know beside its submission and the plan."""

    environment: str
    results: str  # the folder of results, or empty when a worker cannot reach it
    reuse: bool


def keep(plan: Plan) -> Plan:
    """Hold the plan for all tasks; made again elsewhere when the worker that has it dies."""
    return plan


def task(raw: bytes | None, draw: Draw, plan: Plan, job: Job) -> bytes:
    """Grade one submission in a worker."""
    from distributed import get_worker

    if environment_digest() != job.environment:
        raise other_versions(get_worker().address)
    key = result_key(raw, draw.digest)
    path = Path(job.results, f"{key}.json") if job.results else None
    if job.reuse and (known := _known(key, path)):
        return known
    if not path and not plan.unsafe:
        probe_once()  # a machine that we know nothing of
    result = execute(raw, plan_for(plan, draw)).to_json()
    if path:
        atomic_write(path, result)
    else:
        _remember(key, result)
    return result


def _known(key: str, path: Path | None) -> bytes | None:
    """The result when an earlier try has finished and only its report was lost."""
    if path is None:
        return _remembered.get(key)
    try:
        data = path.read_bytes()
        return data if Result.from_json(data).key == key else None
    except (OSError, ValueError):
        return None


#: In a worker: what it graded last, should the run that asked for it be killed meanwhile.
_remembered: dict[str, bytes] = {}
_remembering = threading.Lock()


def _remember(key: str, result: bytes) -> None:
    with _remembering:
        _remembered[key] = result
        while sum(map(len, _remembered.values())) > REMEMBERED_BYTES:
            del _remembered[next(iter(_remembered))]


def remembered_keys() -> list[str]:
    """The keys of the results that this worker could give again."""
    return list(_remembered)
