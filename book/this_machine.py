"""What the book's tools must know of the machine that they run on."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def processor() -> str:
    """The processor's name, where the system tells it."""
    return cpuinfo("model name") or platform.processor() or platform.machine()


@cache
def cpuinfo(key: str) -> str:
    """What Linux says of the first processor under a key; empty elsewhere."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    return next((x.partition(": ")[2] for x in lines if x.startswith(key)), "")
