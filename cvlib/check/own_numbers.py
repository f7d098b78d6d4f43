"""Numbers of a student's own, drawn from the name under which the student hands in.

The draw is public, so that notebook and judge agree without a word between them, and it uses a hash
alone: no version of NumPy draws other numbers.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

Choices = Mapping[str, Sequence[Any]]


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


def in_words(numbers: Mapping[str, Any]) -> str:
    """Numbers as a reader would write them."""
    return ", ".join(f"{name} = {value}" for name, value in numbers.items())
