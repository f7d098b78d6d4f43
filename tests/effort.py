"""How much processor time something takes, told in loops of this machine.

A clock on the wall tells how busy the machine is, and seconds tell which one it is.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def effort(work: Callable[..., T], *args: Any) -> tuple[T, float]:
    """What ``work(*args)`` is, and its processor time divided by that of a million additions."""
    start = time.process_time()
    value = work(*args)
    return value, (time.process_time() - start) / _loop()


@functools.cache
def _loop() -> float:
    seconds = []
    for _ in range(3):
        start, total = time.process_time(), 0
        for k in range(1_000_000):
            total += k
        seconds.append(time.process_time() - start)
    return min(seconds)
