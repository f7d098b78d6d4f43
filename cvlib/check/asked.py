"""A student asks for numbers of their own, and the check remembers for whom."""

from __future__ import annotations

import os
from typing import Any

from cvlib.check.failed import CheckFailed
from cvlib.check.own_numbers import draw_numbers, in_words, same_name
from cvlib.check.public import read_numbers

#: For whom ``personal`` last drew in this notebook, by exercise.
_asked: dict[str, str] = {}


def personal(exercise: str, student: object) -> dict[str, Any]:
    """Your own numbers of an exercise: give the name under which you hand in.

    Prints them and returns them by name. Raises ``CheckFailed`` when no name is given, and
    ``KeyError`` for an exercise that asks everybody the same.
    """
    choices = read_numbers(exercise)
    if not choices:
        raise KeyError(f"{exercise!r} asks everybody the same: it has no numbers of your own")
    if not isinstance(student, str | int) or not same_name(student):
        _asked.pop(exercise, None)
        raise CheckFailed(
            f"{exercise}: expected the name under which you hand in, got {student!r}. Your numbers "
            "are drawn from it: fill it in and run the cell again."
        )
    _asked[exercise] = str(student).strip()
    numbers = draw_numbers(exercise, choices, student)
    print(f"{exercise}: the numbers of {_asked[exercise]} are {in_words(numbers)}")
    return numbers


def for_whom(exercise: str) -> str:
    """The name that ``personal`` was last asked for; empty when it was not."""
    return _asked.get(exercise, "")


def other_login(student: str) -> str:
    """The name of who is logged in on a JupyterHub, when it is another one; else empty."""
    login = os.environ.get("JUPYTERHUB_USER", "")
    return login if login and same_name(login) != same_name(student) else ""
