"""What the corpus leaves of itself: directories, control groups and processes."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from hostile.making import TRACE

from cvlib.grading.sandbox.cgroup import PREFIX


def left_behind(temporary: Path, before: set[str]) -> set[str]:
    """What the corpus left and does not end in a moment; other tests may run at the same time."""
    left = traces(temporary) - before
    deadline = time.monotonic() + 120
    while left and time.monotonic() < deadline:
        time.sleep(0.1)
        left &= traces(temporary)
    return left


def traces(temporary: Path) -> set[str]:
    """Directories, control groups of this process, and processes of the corpus."""
    found = {str(path) for path in temporary.iterdir()}
    found |= set(map(str, Path("/sys/fs/cgroup").glob(f"**/{PREFIX}{os.getpid()}-*")))
    for comm in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):
            if comm.read_text().strip() == TRACE:
                found.add(str(comm.parent))
    return found
