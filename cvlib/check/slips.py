"""A known mistake behind a second one: its numbers came out moved, scaled, turned, squared or cut.

What is compared are the answers to all calls of a part. A slip that takes the right numbers to
those that came shows nothing of a known mistake, and a mistake that hardly differs from what is
right shows little: its evidence is in how it differs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.check.traits import near, numbers, worth

#: To have looked for one of so many slips takes so many bits off what agrees.
SEARCH = 5.0
#: What a wrong shape that agrees is worth, in bits, once for each.
OF_A_SHAPE = 4.0

Arrays = list[np.ndarray]


class Slips:
    """The right answers to some calls beside those that came, as arrays."""

    def __init__(
        self,
        right: Sequence[Arrays | None],
        got: Sequence[Arrays | None],
        tolerance: Tolerance,
    ) -> None:
        self._meant, self._came, self._tolerance = _joined(right), _joined(got), tolerance

    @functools.cached_property
    def _alone(self) -> bool:
        """Whether a slip alone explains what came."""
        return (
            self._meant is not None
            and self._came is not None
            and _fits(self._meant, self._came, self._tolerance)
        )

    def behind(self, wrong: Sequence[Arrays | None]) -> float:
        """How much of a known mistake shows behind a slip, in bits."""
        known = _joined(wrong)
        if known is None or self._came is None or len(known) != len(self._came) or self._alone:
            return 0.0
        if _fits(known, self._came, self._tolerance):
            return max(0.0, surprise(self._meant, known) - SEARCH)
        return _by_shape(self._meant, known, self._came)

    def added(self, wrong: Sequence[Arrays | None]) -> np.ndarray | None:
        """What a known mistake adds to the right numbers; ``None`` where it does nothing."""
        known = _joined(wrong)
        if known is None or self._meant is None or _shapes(known) != _shapes(self._meant):
            return None
        right, numbers_of = _in_a_row(self._meant), _in_a_row(known)
        does = not near(numbers_of, right, self._tolerance).all()
        return numbers_of - right if does else None

    def both(self, first: np.ndarray, second: np.ndarray) -> float:
        """How much it tells that what two mistakes add makes up what came, in bits."""
        if self._meant is None or self._came is None or _shapes(self._came) != _shapes(self._meant):
            return 0.0
        right, came = _in_a_row(self._meant), _in_a_row(self._came)
        if not near(right + first + second, came, self._tolerance).all():
            return 0.0
        return max(0.0, surprise([right], [came]) - SEARCH)


def leaves(value: Any) -> Arrays | None:
    """The arrays in a value, numbers side by side being one; ``None`` where there is more."""
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value, key=str)]
    if isinstance(value, tuple | list):
        flat = [numbers(v) for v in value]
        if value and all(v is not None and not v.ndim for v in flat):
            return [np.array(flat)]
        each = [leaves(v) for v in value]
        return None if any(e is None for e in each) else [a for e in each for a in e or []]
    array = numbers(value)
    return None if array is None else [array]


def surprise(right: Arrays | None, wrong: Arrays) -> float:
    """How little of a coincidence it is to meet all these wrong numbers, in bits.

    Neither the numbers nor how they differ from what is right may be simple: zeros come easily,
    and so does what is too large by one.
    """
    numbers_of = _in_a_row(wrong)
    if right is None or _shapes(right) != _shapes(wrong):
        return _information(numbers_of)
    differs = numbers_of - _in_a_row(right)
    return min(_information(numbers_of[differs != 0]), _information(differs))


def _information(values: np.ndarray) -> float:
    """What different numbers are worth, or by the frequency of each what they tell together."""
    short = [float(f"{v:.6g}") for v in values[:400]]
    different, counts = np.unique(short, return_counts=True)
    pattern = float((counts * np.log2(max(1, counts.sum()) / counts)).sum())
    return max(pattern, float(sum(worth(v) for v in different.tolist() if v)))


def _joined(each: Sequence[Arrays | None]) -> Arrays | None:
    """All arrays, call after call; ``None`` if there is something else in one."""
    found: Arrays = []
    for arrays in each:
        if arrays is None:
            return None
        found += arrays
    return found


def _shapes(arrays: Arrays) -> list[tuple[int, ...]]:
    return [array.shape for array in arrays]


def _in_a_row(arrays: Arrays) -> np.ndarray:
    return np.concatenate([array.ravel() for array in arrays] or [np.empty(0)])


def _fits(known: Arrays, came: Arrays, tolerance: Tolerance) -> bool:
    """Whether one slip takes all the known arrays to those that came."""
    with np.errstate(all="ignore"):
        return any(
            _moved_or_scaled([turn(a) for a in known], came, tolerance) for turn in TURNS
        ) or all(_is_cut(a, b, tolerance) for a, b in zip(known, came, strict=True))


def _moved_or_scaled(known: Arrays, came: Arrays, tolerance: Tolerance) -> bool:
    """Whether all were multiplied by the same, or whole numbers are all one off."""
    if not known or _shapes(known) != _shapes(came):
        return False
    k, g = _in_a_row(known), _in_a_row(came)
    size = float(np.vdot(k, k))
    scaled = k * (float(np.vdot(k, g)) / size) if size else k
    one_off = bool((k == np.round(k)).all()) and any((k + step == g).all() for step in (-1, 1))
    return one_off or bool(near(scaled, g, tolerance).all())


def _is_cut(known: np.ndarray, came: np.ndarray, tolerance: Tolerance) -> bool:
    """Whether one array is the other without some of its border."""
    if known.ndim != came.ndim or known.ndim < 1 or known.shape == came.shape:
        return False
    small, large = sorted((known, came), key=lambda a: a.size)
    if any(s > m for s, m in zip(small.shape, large.shape, strict=True)) or not small.size:
        return False
    return any(bool(near(large[cut], small, tolerance).all()) for cut in _cuts(small, large))


def _cuts(small: np.ndarray, large: np.ndarray) -> Iterator[tuple[slice, ...]]:
    """Off the end, off the beginning, and off both."""
    for share in (0.0, 1.0, 0.5):
        starts = [int((m - s) * share) for s, m in zip(small.shape, large.shape, strict=True)]
        yield tuple(slice(k, k + s) for k, s in zip(starts, small.shape, strict=True))


def _by_shape(meant: Arrays | None, known: Arrays, came: Arrays) -> float:
    """What the shapes alone say: all as the mistake has them, and some that nobody else has."""
    if _shapes(known) != _shapes(came):
        return 0.0
    others = _shapes(meant) if meant is not None and len(meant) == len(known) else []
    return OF_A_SHAPE * len({*_shapes(known)} - {*others})


def _of_a_plane(turn: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda a: turn(a) if a.ndim >= 2 else a


#: What else becomes of numbers that are right otherwise; one of these, and moved or scaled.
TURNS: tuple[Callable[[np.ndarray], np.ndarray], ...] = (
    lambda a: a,
    lambda a: a[::-1] if a.ndim else a,
    lambda a: a[..., ::-1] if a.ndim else a,
    _of_a_plane(lambda a: a[..., ::-1, ::-1]),
    _of_a_plane(lambda a: a.swapaxes(-1, -2)),
    np.abs,
    np.square,
    lambda a: np.sqrt(np.abs(a)),
)
