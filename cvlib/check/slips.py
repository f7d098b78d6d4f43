"""A known mistake behind a second one: its numbers came out moved, scaled, turned, squared or cut.

What is compared are the answers to all calls of a part. A slip that takes the right numbers to
those that came shows nothing of a known mistake, and a mistake that hardly differs from what is
right shows little: its evidence is in how it differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.check.traits import numbers, worth

#: To have looked for one of so many slips takes so many bits off what agrees.
SEARCH = 5.0
#: What a wrong shape that agrees is worth, in bits, once for each.
OF_A_SHAPE = 4.0

Arrays = list[np.ndarray]
Parts = tuple[Arrays, Arrays, Arrays]


def slipped(
    right: Sequence[Any], wrong: Sequence[Any], got: Sequence[Any], tolerance: Tolerance
) -> float:
    """How much of a known mistake shows behind a slip in the answers to some calls, in bits."""
    r, w, g = ([leaves(v) for v in values] for values in (right, wrong, got))
    if any(x is None for x in [*w, *g]):
        return 0.0
    known, came = _joined(w), _joined(g)
    meant = _joined(r) if all(x is not None for x in r) else None
    if len(known) != len(came):
        return 0.0
    with np.errstate(all="ignore"):
        if meant is not None and _fits(meant, came, tolerance):
            return 0.0
        if _fits(known, came, tolerance):
            return max(0.0, surprise(meant, known) - SEARCH)
    return _by_shape(meant, known, came)


def at_once(
    right: Sequence[Any],
    first: Sequence[Any],
    second: Sequence[Any],
    got: Sequence[Any],
    tolerance: Tolerance,
) -> float:
    """How much it tells that two known mistakes, each by what it adds, make up what came, in bits.

    Nothing where one of the two does nothing.
    """
    found = [[leaves(v) for v in values] for values in (right, first, second, got)]
    if any(x is None for each in found for x in each):
        return 0.0
    each = [_joined(x) for x in found]
    if any([a.shape for a in x] != [a.shape for a in each[0]] for x in each):
        return 0.0
    r, a, b, g = (np.concatenate([x.ravel() for x in arrays]) for arrays in each)
    acts = all(not _near(x, r, tolerance).all() for x in (a, b))
    if not acts or not _near(a + b - r, g, tolerance).all():
        return 0.0
    return max(0.0, surprise([r], [g]) - SEARCH)


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
    numbers_of = np.concatenate([w.ravel() for w in wrong] or [np.empty(0)])
    if right is None or [a.shape for a in right] != [a.shape for a in wrong]:
        return _information(numbers_of)
    differs = numbers_of - np.concatenate([r.ravel() for r in right] or [np.empty(0)])
    return min(_information(numbers_of[differs != 0]), _information(differs))


def _information(values: np.ndarray) -> float:
    """What different numbers are worth, or by the frequency of each what they tell together."""
    short = [float(f"{v:.6g}") for v in values[:400]]
    different, counts = np.unique(short, return_counts=True)
    pattern = float((counts * np.log2(max(1, counts.sum()) / counts)).sum())
    return max(pattern, float(sum(worth(v) for v in different.tolist() if v)))


def _joined(each: Sequence[Arrays | None]) -> Arrays:
    return [array for arrays in each for array in arrays or []]


def _fits(known: Arrays, came: Arrays, tolerance: Tolerance) -> bool:
    """Whether one slip takes all the known arrays to those that came."""
    return any(
        _moved_or_scaled([*turned], came, tolerance)
        for turn in TURNS
        if (turned := [turn(a) for a in known])
    ) or all(_is_cut(a, b, tolerance) for a, b in zip(known, came, strict=True))


def _moved_or_scaled(known: Arrays, came: Arrays, tolerance: Tolerance) -> bool:
    """Whether all were multiplied by the same, or whole numbers are all one off."""
    if not known or [a.shape for a in known] != [a.shape for a in came]:
        return False
    k, g = (np.concatenate([a.ravel() for a in each]) for each in (known, came))
    size = float(np.vdot(k, k))
    scaled = k * (float(np.vdot(k, g)) / size) if size else k
    one_off = bool((k == np.round(k)).all()) and any((k + step == g).all() for step in (-1, 1))
    return one_off or bool(_near(scaled, g, tolerance).all())


def _is_cut(known: np.ndarray, came: np.ndarray, tolerance: Tolerance) -> bool:
    """Whether one array is the other without some of its border."""
    if known.ndim != came.ndim or known.ndim < 1 or known.shape == came.shape:
        return False
    small, large = sorted((known, came), key=lambda a: a.size)
    if any(s > m for s, m in zip(small.shape, large.shape, strict=True)) or not small.size:
        return False
    return any(bool(_near(large[cut], small, tolerance).all()) for cut in _cuts(small, large))


def _cuts(small: np.ndarray, large: np.ndarray) -> Iterator[tuple[slice, ...]]:
    """Off the end, off the beginning, and off both."""
    for share in (0.0, 1.0, 0.5):
        starts = [int((m - s) * share) for s, m in zip(small.shape, large.shape, strict=True)]
        yield tuple(slice(k, k + s) for k, s in zip(starts, small.shape, strict=True))


def _by_shape(meant: Arrays | None, known: Arrays, came: Arrays) -> float:
    """What the shapes alone say: all as the mistake has them, and some that nobody else has."""
    if [a.shape for a in known] != [a.shape for a in came]:
        return 0.0
    others = [a.shape for a in meant] if meant is not None and len(meant) == len(known) else []
    return OF_A_SHAPE * len({a.shape for a in known} - {*others})


def _near(a: np.ndarray, b: np.ndarray, tolerance: Tolerance) -> np.ndarray:
    return np.asarray(np.abs(a - b) <= tolerance.atol + tolerance.rtol * np.abs(b))


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
