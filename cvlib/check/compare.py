"""Compare an answer with the expected one, and say in words where the two part."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Tolerance:
    """Two numbers agree when ``|got − expected| ≤ atol + rtol·|expected|``."""

    rtol: float = 1e-6
    atol: float = 1e-8


#: What stands for numbers that are not finite: whole, far apart, and nobody's answer.
NO_NUMBER, INFINITY = 7.77e201, 8.88e202


def difference(expected: Any, got: Any, tolerance: Tolerance, *, where: str = "") -> str | None:
    """Return ``None`` when the answers agree, else one sentence on the first difference.

    Types are compared as a mathematician would: 3 equals 3.0 and ``np.int64(3)``, a list equals a
    tuple. Shapes must agree exactly, and a number that is not finite agrees with nothing.
    """
    place = f" at {where}" if where else ""
    if isinstance(expected, tuple | list):
        return _sequence_difference(expected, got, tolerance, where)
    if isinstance(expected, dict):
        if not isinstance(got, dict) or set(got) != set(expected):
            keys = str(sorted(got)) if isinstance(got, dict) else describe(got)
            keys = keys if len(keys) <= 300 else f"{keys[:299]}…"
            return f"expected a dict with the keys {sorted(expected)}{place}, got {keys}"
        parts = (
            difference(v, got[k], tolerance, where=f"{where}[{k!r}]") for k, v in expected.items()
        )
        return next((p for p in parts if p), None)
    if expected is None or isinstance(expected, str):
        agree = type(got) is type(expected) and got == expected
        return None if agree else f"expected {expected!r}{place}, got {describe(got)}"
    return _array_difference(np.asarray(expected), got, tolerance, place)


def finite(value: Any) -> Any:
    """The same value with a number of its own for each that is not finite.

    So that NaN agrees with NaN where a wrong answer is compared with a wrong one.
    """
    if isinstance(value, dict):
        return {key: finite(v) for key, v in value.items()}
    if isinstance(value, tuple | list):
        return [finite(v) for v in value]
    if isinstance(value, float | np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return np.nan_to_num(
                array.astype(float), nan=NO_NUMBER, posinf=INFINITY, neginf=-INFINITY
            )
    return value


def _sequence_difference(
    expected: tuple[Any, ...] | list[Any], got: Any, tolerance: Tolerance, where: str
) -> str | None:
    if isinstance(got, np.ndarray) and got.ndim >= 1 and all(np.ndim(e) == 0 for e in expected):
        got = list(got) if len(got) == len(expected) else got
    if not isinstance(got, tuple | list) or len(got) != len(expected):
        place = f" at {where}" if where else ""
        return f"expected {len(expected)} values{place}, got {describe(got)}"
    parts: Iterable[str | None] = (
        difference(e, g, tolerance, where=f"{where}[{k}]")
        for k, (e, g) in enumerate(zip(expected, got, strict=True))
    )
    return next((p for p in parts if p), None)


def _array_difference(
    expected: np.ndarray, got: Any, tolerance: Tolerance, place: str
) -> str | None:
    if not _is_numeric(got):  # an array of texts would make each as long as the longest
        return f"expected {describe(expected)}{place}, got {describe(got)}"
    try:
        array = np.asarray(got)
    except ValueError:
        return f"expected {describe(expected)}{place}, got {describe(got)}"
    if array.dtype.kind not in "biuf":
        return f"expected {describe(expected)}{place}, got {describe(got)}"
    if expected.dtype.kind == "b" and array.dtype.kind != "b":
        return f"expected {describe(expected)}{place}, got {describe(got)}"
    if array.shape != expected.shape:
        return f"expected the shape {expected.shape}{place}, got {array.shape}"
    if expected.dtype.kind in "biu" and array.dtype.kind in "biu":
        wrong = array != expected
    else:
        finite = np.isfinite(array)
        if not finite.all():
            index = _first(~finite)
            return f"expected finite numbers{place}, got {array[index]} at index {index}"
        left, right = array.astype(np.float64), expected.astype(np.float64)
        wrong = np.abs(left - right) > tolerance.atol + tolerance.rtol * np.abs(right)
    if not wrong.any():
        return None
    if array.ndim == 0:
        return f"the value differs{place}: expected {number(expected)}, got {number(array)}"
    index = _first(wrong)
    return (
        f"shapes agree, values don't{place}: {int(wrong.sum())} of {wrong.size} differ, first at "
        f"index {tuple(int(i) for i in index)}: expected {number(expected[index])}, "
        f"got {number(array[index])}"
    )


def _is_numeric(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_numeric, value))
    return isinstance(value, bool | int | float | np.generic | np.ndarray)


def _first(mask: np.ndarray) -> tuple[Any, ...]:
    return tuple(np.argwhere(mask)[0]) if mask.ndim else ()


def number(value: Any) -> str:
    """A number as a reader would write it."""
    return f"{value.item():.6g}" if np.asarray(value).dtype.kind == "f" else str(value.item())


def describe(value: Any) -> str:
    """A few words on a value: its type, and the shape and dtype of an array."""
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of shape {value.shape}" if value.ndim else number(value)
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, dict):
        return f"a dict of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
