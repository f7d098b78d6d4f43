"""Processor time of this thread and of everything it starts, however that ends.

``getrusage`` knows only children that were waited for, and a sandbox is killed with all that is in
it. The operating system's own counter (``perf_event_open``) is inherited by every descendant and
keeps what they used. Where it is not allowed, the processes are looked at many times a second
instead; what one uses between the last look and its end is missed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

CALL_NUMBERS = {"x86_64": 298, "aarch64": 241}
#: A counter of the software kind, of the task's clock in nanoseconds; flags of perf_event_attr.
SOFTWARE, TASK_CLOCK, INHERIT, NO_KERNEL, CLOSE_ON_EXEC = 1, 1, 1 << 1, 1 << 5, 1 << 3
SIZE = 64  # of the structure, in its first version
LOOK_SECONDS = 0.02
TICK = os.sysconf("SC_CLK_TCK")


class InheritedCounter:
    """The operating system's counter; OSError where it is not allowed."""

    kind = "counter inherited by all processes"

    def __init__(self) -> None:
        number = CALL_NUMBERS.get(platform.machine())
        if number is None:
            raise OSError(f"no number of perf_event_open known for {platform.machine()}")
        self._file = -1
        for flags in (INHERIT, INHERIT | NO_KERNEL):  # the clock counts both; one may be allowed
            values = (SOFTWARE, SIZE, TASK_CLOCK, 0, 0, 0, flags, 0, 0, 0)
            attributes = struct.pack("=IIQQQQQIIQ", *values)
            arguments = (ctypes.c_char_p(attributes), 0, -1, -1, ctypes.c_ulong(CLOSE_ON_EXEC))
            libc = ctypes.CDLL(None, use_errno=True)
            self._file = libc.syscall(number, *arguments)
            if self._file >= 0:
                return
        raise OSError(ctypes.get_errno(), "perf_event_open")

    def read(self) -> float:
        """Seconds since the start."""
        return struct.unpack("=Q", os.read(self._file, 8))[0] / 1e9

    def close(self) -> None:
        """Stop counting."""
        os.close(self._file)


class LookingCounter:
    """Looks through ``/proc`` for descendants and remembers what each was last seen to have used."""

    kind = "processes looked at in /proc, a little too low"

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], float] = {}  # by process id and time of its start
        self._before: dict[tuple[int, int], float] = {}
        self._own = time.thread_time()
        self._looking = threading.Lock()
        self._look()
        self._before = dict(self._seen)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def read(self) -> float:
        """Seconds since the start."""
        self._look()
        with self._looking:
            used = sum(self._seen.values()) - sum(self._before.values())
        return used + time.thread_time() - self._own

    def close(self) -> None:
        """Stop looking."""
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        parents: dict[int, int] = {}
        used: dict[int, tuple[int, float]] = {}
        for entry in os.listdir("/proc"):
            with contextlib.suppress(OSError, ValueError):
                fields = Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()
                parents[int(entry)] = int(fields[1])
                used[int(entry)] = (int(fields[19]), (int(fields[11]) + int(fields[12])) / TICK)
        used.pop(os.getpid(), None)
        with self._looking:
            known = {pid for pid, _ in self._seen}
            for pid, (born, seconds) in used.items():
                if (pid, born) in self._seen or _descends(pid, parents, known):
                    self._seen[pid, born] = seconds


def _descends(pid: int, parents: Mapping[int, int], known: set[int]) -> bool:
    while pid > 1:
        pid = parents.get(pid, 0)
        if pid == os.getpid() or pid in known:
            return True
    return False


class Counter:
    """Seconds of processor time since ``with`` was entered, of this thread and its descendants."""

    def __init__(self, kind: type[InheritedCounter] | type[LookingCounter] | None = None) -> None:
        self._kinds = [kind] if kind else [InheritedCounter, LookingCounter]

    def __enter__(self) -> Self:
        for kind in self._kinds[:-1]:
            with contextlib.suppress(OSError):
                self._counter: InheritedCounter | LookingCounter = kind()
                break
        else:
            self._counter = self._kinds[-1]()
        self.kind = self._counter.kind
        return self

    def __exit__(self, *exception: object) -> None:
        self._counter.close()

    def read(self) -> float:
        """Seconds so far."""
        return self._counter.read()


@dataclass(frozen=True)
class Spent:
    """What a command took, in seconds by the clock on the wall and of processor time."""

    wall: float
    cpu: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall - other.wall, self.cpu - other.cpu)


class CommandError(Exception):
    """A command failed; the message is the end of what it said."""


def run(
    commands: Sequence[Sequence[str]], folders: Sequence[Path], environment: Mapping[str, str]
) -> tuple[Spent, list[str]]:
    """Run commands at the same time, each in its folder; return the time and what each printed.

    Raises CommandError when one ends with another status than 0.
    """
    with Counter() as counter, contextlib.ExitStack() as stack:
        logs = [stack.enter_context(tempfile.TemporaryFile("w+")) for _ in commands]
        start = time.perf_counter()
        running = [
            subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
            for command, folder, log in zip(commands, folders, logs, strict=True)
        ]
        statuses = [process.wait() for process in running]
        spent = Spent(time.perf_counter() - start, counter.read())
        texts = []
        for log in logs:
            log.seek(0)
            texts.append(log.read())
    for command, status, text in zip(commands, statuses, texts, strict=True):
        if status:
            raise CommandError(f"{' '.join(command)} ended with {status}:\n{text[-3000:]}")
    return spent, texts
