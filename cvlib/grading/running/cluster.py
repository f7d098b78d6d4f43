"""The Dask cluster that a run works on: one of its own, or any by its address.

A cluster of its own dies with the run, whatever ended it. From any other nothing is assumed: its
workers may come, go or be killed at any time, and share neither a disk nor a database with us.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cvlib.grading.course.course import CourseError
from cvlib.grading.judging.plan import environment_digest
from cvlib.grading.sandbox.private import held_directory

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

#: How long a scheduler may take to answer, and how long it may be without any worker.
ANSWER_SECONDS, WORKER_SECONDS = 10.0, 60.0
#: How often a cluster of our own is started when something kills its workers meanwhile.
STARTS = 3

#: Who may send work to a cluster of our own, by its address: whoever has the key that was made for
#: it, and nobody else has.
_secrets: dict[str, Security] = {}


class ClusterError(CourseError):
    """The cluster cannot be used, or was lost in the middle; what was finished is kept."""


@contextlib.contextmanager
def connect(workers: int, scheduler: str | None) -> Iterator[Client]:
    """A client of the scheduler at an address or in a scheduler file, or of a cluster of our own.

    Raises ClusterError when no scheduler answers, or none of its workers comes up.
    """
    import dask
    import distributed  # before the settings: its defaults would go with them  # noqa: F401

    settings: dict[str, Any] = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.worker.daemon": True,
        "distributed.worker.multiprocessing-method": "forkserver",
        "distributed.scheduler.http.routes": [],  # pages would tell other users who hands in what
        "distributed.worker.http.routes": [],
        "distributed.worker.profile.enabled": False,  # it looks at every thread each 10 ms
        "distributed.comm.timeouts.connect": f"{ANSWER_SECONDS if scheduler else 60}s",
    }
    chosen = _client_of(scheduler) if scheduler else _own_cluster(workers)
    quiet = contextlib.ExitStack()
    for logger in ("distributed", "distributed.client"):
        quiet.enter_context(_silence(logger))
    with dask.config.set(settings), quiet, chosen as client:
        yield client


def _silence(logger: str) -> Any:
    """Say nothing of what Dask tries again: what it gives up reaches the user in our words."""
    from distributed.utils import silence_logging_cmgr

    return silence_logging_cmgr(logging.CRITICAL, logger)


def check_encrypted(scheduler: str) -> None:
    """Refuse a scheduler that takes work from whoever reaches its port.

    Raises ClusterError that says how to go on.
    """
    address = _address_of(scheduler)
    if not address.startswith("tls://"):
        raise ClusterError(
            f"the scheduler at {address} does not speak TLS: whoever reaches its port can run code "
            "under your account. Expected tls://HOST:PORT (see On several machines, Who else is on "
            "the network); where nobody else can reach it, add --no-tls"
        )


def _address_of(scheduler: str) -> str:
    """The address itself, or the one in a scheduler file."""
    if "://" in scheduler or not (os.sep in scheduler or scheduler.endswith(".json")):
        return scheduler
    try:
        found: str = json.loads(Path(scheduler).read_bytes())["address"]
    except FileNotFoundError as error:
        raise ClusterError(f"the scheduler file {scheduler} does not exist") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ClusterError(f"the scheduler file {scheduler} cannot be read: {error}") from error
    return found


@contextlib.contextmanager
def _client_of(scheduler: str) -> Iterator[Client]:
    from distributed import Client

    address = _address_of(scheduler)
    security = _secrets.get(address)  # of another's cluster Dask's own settings tell
    try:
        client = Client(address, security=security, timeout=ANSWER_SECONDS, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ClusterError(f"no Dask scheduler answers at {scheduler}: {reason}") from error
    try:
        _wait_for_a_worker(client, scheduler)
        _same_everywhere(client)
        yield client
    finally:
        with contextlib.suppress(Exception):  # it may be gone already
            client.close(timeout=2)


@contextlib.contextmanager
def _own_cluster(workers: int) -> Iterator[Client]:
    from distributed import Client, LocalCluster
    from distributed.security import Security

    _import_once()
    security = Security.temporary()  # other users of this machine reach the port, too
    with held_directory() as folder:
        for attempt in range(STARTS):
            try:
                cluster = LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                    security=security,
                    local_directory=str(folder),
                    silence_logs=50,
                )
                break
            except (RuntimeError, OSError) as error:
                if attempt == STARTS - 1:
                    raise ClusterError(f"no worker process could be started: {error}") from error
        address = cluster.scheduler_address
        _secrets[address] = security
        try:
            with cluster, Client(cluster, set_as_default=False) as client:
                yield client
        finally:
            del _secrets[address]


def _import_once() -> None:
    """Have one process import what every worker needs; the workers are its forks.

    Each would otherwise take seconds for Dask and, when it draws for an exercise in PyTorch, for
    that: as long as it takes to grade ten submissions.
    """
    from distributed.utils import get_mp_context

    forks = get_mp_context()  # names packages for it, which ours replace
    forks.set_forkserver_preload(["distributed", "cvlib.grading.running.worker", "torch"])


def threads(client: Client) -> int:
    """How many submissions the cluster can run at once now; 0 while it has no worker.

    Raises ClusterError when the scheduler is gone.
    """
    if client.status != "running" or client.scheduler is None:
        raise lost(client)
    try:
        found: Mapping[str, int] = client.sync(client.scheduler.ncores, callback_timeout=20)
    except (OSError, TimeoutError) as error:
        raise lost(client) from error
    return sum(found.values())


def lost(client: Client) -> ClusterError:
    """What to say when the scheduler has gone in the middle of a run."""
    where = getattr(client.scheduler, "address", "") or "its address"
    return ClusterError(f"the Dask scheduler at {where} was lost")


def no_worker(client: Client) -> ClusterError:
    """What to say when nobody is there to do the work."""
    where = getattr(client.scheduler, "address", "") or "its address"
    return ClusterError(f"the Dask scheduler at {where} had no worker for {WORKER_SECONDS:g} s")


def other_versions(worker: str) -> ClusterError:
    """What to say of a worker whose scores the gradebook's machine could not reproduce."""
    return ClusterError(
        f"worker {worker} has other versions of Python, numpy, scipy, torch, ipykernel "
        "or cvlib than this machine: install the same ones there"
    )


def _wait_for_a_worker(client: Client, scheduler: str) -> None:
    deadline = time.monotonic() + WORKER_SECONDS
    while not threads(client):
        if time.monotonic() > deadline:
            raise no_worker(client)
        time.sleep(0.2)


def _same_everywhere(client: Client) -> None:
    """Say early what each worker also checks for itself: some come later."""
    ours = environment_digest()
    for worker, digest in client.run(environment_digest, on_error="ignore").items():
        if digest != ours:
            raise other_versions(worker)
