"""The host as tests look at it from outside a sandbox: the repository, processes, namespaces."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import cvlib
from cvlib.grading.sandbox.session import Session

REPOSITORY = Path(cvlib.__path__[0]).resolve().parent
SMALL = 8 * 2**20
PATIENCE = 120.0


def namespace_processes(session: Session) -> tuple[str, list[int]]:
    """The identity of the process namespace of a session, and the processes in it."""
    assert session._kernel is not None
    info = Path(f"/proc/self/fdinfo/{session._kernel.process}").read_text()
    inner = info.partition("Pid:\t")[2].split()[0]
    identity = os.readlink(f"/proc/{inner}/ns/pid")
    return identity, in_namespace(identity)


def in_namespace(identity: str) -> list[int]:
    """The processes of the host that are in a process namespace."""
    found = []
    for pid in _pids():
        with contextlib.suppress(OSError):
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            if os.readlink(f"/proc/{pid}/ns/pid") == identity and state != "Z":
                found.append(pid)
    return found


def until_gone(identity: str) -> None:
    """Wait until a process namespace is empty; how soon that is depends on the machine."""
    deadline = time.monotonic() + PATIENCE
    while left := in_namespace(identity):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def _pids() -> list[int]:
    return [int(p) for p in os.listdir("/proc") if p.isdigit()]
