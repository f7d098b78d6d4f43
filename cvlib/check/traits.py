"""How much of a known mistake shows in an answer that has another one as well.

A number that is wrong in the same way to many digits is no coincidence. A second mistake often
changes all numbers alike, by a factor or a sign: then the first shows in their proportions.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance

#: What one number is worth in bits, when it is no simple one and when it is.
OF_A_FRACTION, OF_A_SIMPLE = 16.0, 2.0
#: Whole numbers up to this, and what becomes whole and so small times this, are simple.
SIMPLE = 64
#: The share of a student's wrong entries that a mistake has to explain.
HALF = 0.5
#: To find a factor takes so many numbers.
FEWEST = 4


def worth(number: float) -> float:
    """How little of a coincidence it is to meet a number, in bits."""
    simple = any(abs(f * number) <= SIMPLE and float(f * number).is_integer() for f in (1, 10, 12))
    return OF_A_SIMPLE if simple or not np.isfinite(number) else OF_A_FRACTION


def shown(right: Any, wrong: Any, got: Any, tolerance: Tolerance) -> float:
    """How much of a known wrong value shows in the value that came, in bits."""
    if isinstance(wrong, dict) and isinstance(got, dict):
        known = right if isinstance(right, dict) else {}
        both = [n for n in wrong if n in got]
        return sum(shown(known.get(n), wrong[n], got[n], tolerance) for n in both)
    if isinstance(wrong, tuple | list) and isinstance(got, tuple | list | np.ndarray):
        if isinstance(got, np.ndarray) and not got.ndim:
            return 0.0
        if len(wrong) != len(got):
            return 0.0
        alike = isinstance(right, tuple | list | np.ndarray) and len(right) == len(wrong)
        others = list(right) if alike else [None] * len(wrong)
        triples = zip(others, wrong, got, strict=True)
        return sum(shown(*triple, tolerance) for triple in triples)
    w, g = numbers(wrong), numbers(got)
    if w is None or g is None or w.shape != g.shape:
        return 0.0
    r = numbers(right)
    with np.errstate(all="ignore"):
        return _of_numbers(r if r is not None and r.shape == w.shape else None, w, g, tolerance)


def _of_numbers(
    right: np.ndarray | None, wrong: np.ndarray, got: np.ndarray, tolerance: Tolerance
) -> float:
    def close(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return near(a, b, tolerance)

    everywhere = np.ones(wrong.shape, bool)
    off = everywhere if right is None else ~close(got, right)
    same = close(got, wrong) & (everywhere if right is None else ~close(wrong, right))
    if same.any() and same.sum() >= HALF * off.sum():
        return _bits(wrong[same])
    alike = _times(wrong, got)
    if alike is None or not close(alike, got).all():
        return 0.0
    other = None if right is None else _times(right, got)
    if other is not None and close(other, got).all():  # it shows nothing of the mistake
        return 0.0
    return max(0.0, _bits(wrong) - OF_A_FRACTION)


def _times(known: np.ndarray, got: np.ndarray) -> np.ndarray | None:
    """What is proportional to the known numbers and nearest to those that came."""
    size = float(np.vdot(known, known))
    if known.size < FEWEST or not size:
        return None
    return known * (float(np.vdot(known, got)) / size)


def near(a: np.ndarray, b: np.ndarray, tolerance: Tolerance) -> np.ndarray:
    """Which numbers are so near to those of ``b`` as an answer has to be."""
    return np.asarray(np.abs(a - b) <= tolerance.atol + tolerance.rtol * np.abs(b))


def _bits(values: np.ndarray) -> float:
    few = np.unique([float(f"{n:.9g}") for n in values.ravel()[:400]])
    return float(sum(map(worth, few.tolist())))


def numbers(value: Any) -> np.ndarray | None:
    """A number or an array as floats; truths are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.ndarray):
        return None
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        return None
    array = array.astype(float)
    return array if np.isfinite(array).all() else None
