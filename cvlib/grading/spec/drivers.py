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
    if not isinstance(target, dict):
        raise TypeError(f"expected a dict, got {type(target).__name__}")
    return target.get(key)


def read_own_key(target: Any, key: Any, **numbers: Any) -> Any:
    """Take one entry of the student's dict, or of what a function of the numbers returns."""
    answer = target(**numbers) if callable(target) else target
    if not isinstance(answer, dict):
        raise TypeError(f"expected a dict, got {type(answer).__name__}")
    return answer.get(key)


def text_of(function: Callable[..., Any], exercise: str, role: str) -> str:
    """A driver or a look as text that runs on its own; ValueError if it is no function."""
    source = source_of(function)
    if not source.startswith("def "):
        raise ValueError(f"exercise {exercise!r}: expected a plain function as {role}")
    return f"from __future__ import annotations\n\n{source}"


@functools.cache
def source_of(function: Callable[..., Any]) -> str:
    """The source of a function: read once, so its file may go."""
    return textwrap.dedent(inspect.getsource(function))
