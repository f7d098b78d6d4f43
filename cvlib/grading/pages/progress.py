"""How far a long job is: a bar on the terminal, or nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

#: Wraps an iterable that has a length and a label into a progress bar.
Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]


def no_progress(items: Iterable[Any], total: int, label: str) -> Iterable[Any]:
    """Show nothing."""
    return items


def progress(items: Iterable[Any], total: int, label: str) -> Iterable[Any]:
    """A progress bar on stderr; none when there is nothing to do."""
    from tqdm import tqdm

    return tqdm(items, total=total, desc=label, file=sys.stderr, disable=total == 0)
