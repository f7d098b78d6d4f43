"""Run a little work in a process of its own: it may loop, fill the memory or crash."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Callable
from typing import Any

#: What a mutant may hold; right answers to exercises need a small part of it.
MEMORY = 4 << 30
#: A process that waits uses no time of the processor; so many times longer may it take in all.
PATIENCE = 60


def alone(work: Callable[[], Any], seconds: float) -> Any:
    """What ``work`` returns, as JSON has it; ``None`` where it does not come back.

    It may use ``seconds`` of the processor before it calls ``more_time``.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(read)
            _confine(seconds)
            os.write(write, json.dumps(work()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def more_time(seconds: float) -> None:
    """So much time has the process from now on; then the system ends it, in whatever loop it is."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(int(PATIENCE * seconds) + 1)


def _confine(seconds: float) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    more_time(seconds)
