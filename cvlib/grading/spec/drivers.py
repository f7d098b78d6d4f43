"""The usual drivers: how a student's object becomes plain data, run where that object lives.

Their source text is sent there, so each imports what it needs in its body.
"""

from __future__ import annotations

import functools
import inspect
import textwrap
from collections.abc import Callable
from typing import Any


def call_target(target: Any, *args: Any, **kwargs: Any) -> Any:
    """Call the student's function with the arguments of the case."""
    return target(*args, **kwargs)


def read_answer(target: Any) -> Any:
    """Take the student's value as it stands."""
    return target


def read_own_answer(target: Any, **numbers: Any) -> Any:
    """Take the student's value, or work it out where it is a function of the numbers."""
    return target(**numbers) if callable(target) else target


def read_key(target: Any, key: Any) -> Any:
    """Take one entry of the student's dict; ``None`` where it has none."""
    return target.get(key)


def read_own_key(target: Any, key: Any, **numbers: Any) -> Any:
    """Take one entry of the student's dict, or of what a function of the numbers returns."""
    answer = target(**numbers) if callable(target) else target
    return answer.get(key)


@functools.cache
def source_of(function: Callable[..., Any]) -> str:
    """The source of a function: read once, so its file may go."""
    return textwrap.dedent(inspect.getsource(function))
