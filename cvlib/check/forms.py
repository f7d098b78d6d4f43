"""The form of an answer without its content, and what to say where it is another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance, describe, difference

#: So many entries that are not filled in are named.
NAMED = 4


def skeleton(value: Any) -> Any:
    """The form of a value without its content: numbers become 0, arrays zeros, texts empty."""
    if isinstance(value, dict):
        return {k: skeleton(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(skeleton(v) for v in value)
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float | np.number):
        return 0
    return "" if isinstance(value, str) else value


def form_difference(expected: Any, got: Any) -> str | None:
    """Say which entries are not filled in, or what form is wanted; no number is told.

    ``None`` where the forms agree.
    """
    empty = list(_not_filled_in(expected, got, ""))
    if empty == [""]:
        return "the answer is not filled in"
    if empty:
        more = f" and {len(empty) - NAMED} more" if len(empty) > NAMED else ""
        return f"not filled in: {', '.join(empty[:NAMED])}{more}"
    return _other_form(skeleton(expected), got, "")


def is_blank(value: Any) -> bool:
    """Whether nothing at all is filled in."""
    if isinstance(value, dict | tuple | list):
        return bool(value) and all(map(is_blank, _items(value).values()))
    return value is None


def _not_filled_in(expected: Any, got: Any, where: str) -> Iterator[str]:
    if got is None and expected is not None:
        yield where
    if isinstance(got, dict | tuple | list) and isinstance(expected, dict | tuple | list):
        known = _items(expected)
        for key, value in _items(got).items():
            if key in known:
                yield from _not_filled_in(known[key], value, f"{where}[{key!r}]")


def _other_form(wanted: Any, got: Any, where: str) -> str | None:
    """What form is wanted, of the first place where it is another one than ``wanted``."""
    place = f" at {where}" if where else ""
    if isinstance(wanted, dict) and isinstance(got, dict) and set(wanted) == set(got):
        parts = (_other_form(v, got[k], f"{where}[{k!r}]") for k, v in wanted.items())
        return next((p for p in parts if p), None)
    if isinstance(wanted, tuple | list) and isinstance(got, tuple | list):
        if len(got) == len(wanted):
            pairs = enumerate(zip(wanted, got, strict=True))
            parts = (_other_form(w, g, f"{where}[{k}]") for k, (w, g) in pairs)
            return next((p for p in parts if p), None)
    elif difference(wanted, skeleton(got), Tolerance()) is None:
        return None
    elif isinstance(wanted, bool):
        return f"expected True or False{place}, got {describe(got)}"
    elif isinstance(wanted, int | float):
        return f"expected a number{place}, got {describe(got)}"
    elif isinstance(wanted, str):
        return f"expected a text{place}, got {describe(got)}"
    elif wanted is None:
        return f"expected None{place}, got {describe(got)}"
    return difference(wanted, skeleton(got), Tolerance(), where=where)


def _items(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else dict(enumerate(value))
