"""Numbers of a student's own, drawn from the name under which the student hands in.

The draw is public, so that notebook and judge agree without a word between them, and it uses a hash
alone: no version of NumPy draws other numbers.
"""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

Choices = Mapping[str, Sequence[Any]]

#: For whom ``personal`` last drew in this notebook, by exercise.
_asked: dict[str, str] = {}


def same_name(student: object) -> str:
    """A name as it counts: without blanks around it, and whatever its case."""
    return unicodedata.normalize("NFKC", str(student)).strip().casefold()


def draw_numbers(exercise: str, choices: Choices, student: object) -> dict[str, Any]:
    """Draw one of the choices for each name; the same student always gets the same ones."""

    def chosen(name: str, values: Sequence[Any]) -> Any:
        text = "\0".join((exercise, name, same_name(student)))
        return values[
            int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % len(values)
        ]

    return {name: chosen(name, values) for name, values in choices.items()}


def personal(exercise: str, student: object) -> dict[str, Any]:
    """Your own numbers of an exercise: give the name under which you hand in.

    Prints them and returns them by name. Raises ``CheckFailed`` when no name is given, and
    ``KeyError`` for an exercise that asks everybody the same.
    """
    from cvlib.check import CheckFailed
    from cvlib.check.public import read_sheet

    sheet = read_sheet(exercise)
    if not sheet.numbers:
        raise KeyError(f"{exercise!r} asks everybody the same: it has no numbers of your own")
    if not isinstance(student, str | int) or not same_name(student):
        _asked.pop(exercise, None)
        raise CheckFailed(
            f"{exercise}: expected the name under which you hand in, got {student!r}. Your numbers "
            "are drawn from it: fill it in and run the cell again."
        )
    _asked[exercise] = str(student).strip()
    numbers = draw_numbers(exercise, sheet.numbers, student)
    print(f"{exercise}: the numbers of {_asked[exercise]} are {in_words(numbers)}")
    return numbers


def for_whom(exercise: str) -> str:
    """The name that ``personal`` was last asked for; empty when it was not."""
    return _asked.get(exercise, "")


def other_login(student: str) -> str:
    """The name of who is logged in on a JupyterHub, when it is another one; else empty."""
    login = os.environ.get("JUPYTERHUB_USER", "")
    return login if login and same_name(login) != same_name(student) else ""


def in_words(numbers: Mapping[str, Any]) -> str:
    """Numbers as a reader would write them."""
    return ", ".join(f"{name} = {value}" for name, value in numbers.items())
