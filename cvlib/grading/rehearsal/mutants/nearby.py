"""Inputs that no case draws: those of cases, made a little special.

Ties, zeros, equal numbers, one more and one less, axes of length 1 or 0: where ``<`` and ``<=``
part, and where a draw of real numbers never comes. Nothing is known of an exercise here, so many of
these inputs are not allowed; its right answers will say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Rng = np.random.Generator
Change = Callable[[Any, list[Any], Rng], Any]


def nearby(inputs: Any, rng: Rng) -> Any:
    """Arguments like these, with one or two of the changes below, in one place or in all."""
    for _ in range(1 + (rng.random() < 0.4)):
        if rng.random() < 0.2:
            inputs = _shorter(inputs, rng)
            continue
        leaves = list(_leaves(inputs))
        change = CHANGES[rng.integers(len(CHANGES))]
        one = rng.integers(len(leaves)) if leaves and rng.random() < 0.6 else None
        changed = iter(
            [change(x, leaves, rng) if one in (None, k) else x for k, x in enumerate(leaves)]
        )
        inputs = _filled(inputs, changed)
    return inputs


def _leaves(inputs: Any) -> Iterator[Any]:
    if isinstance(inputs, dict):
        inputs = list(inputs.values())
    if isinstance(inputs, list | tuple):
        for item in inputs:
            yield from _leaves(item)
    else:
        yield inputs


def _filled(inputs: Any, leaves: Iterator[Any]) -> Any:
    """The same arguments with other leaves, taken in their order."""
    if isinstance(inputs, dict):
        return {key: _filled(value, leaves) for key, value in inputs.items()}
    if isinstance(inputs, list | tuple):
        return type(inputs)(_filled(item, leaves) for item in inputs)
    return next(leaves)


def _shorter(inputs: Any, rng: Rng) -> Any:
    """All axes of one length made shorter together, and lists of that length with them."""
    leaves = _leaves(inputs)
    lengths = sorted({n for x in leaves if isinstance(x, np.ndarray) for n in x.shape if n})
    lists = [x for x in _containers(inputs) if isinstance(x, list) and x]
    lengths = sorted({*lengths, *map(len, lists)})
    if not lengths:
        return inputs
    long = lengths[rng.integers(len(lengths))]
    short = [0, 1, 1, long - 1, 2][rng.integers(5)]

    def cut(x: Any) -> Any:
        if isinstance(x, list) and len(x) == long:
            x = x[:short]
        if isinstance(x, dict):
            return {key: cut(value) for key, value in x.items()}
        if isinstance(x, list | tuple):
            return type(x)(cut(item) for item in x)
        if isinstance(x, np.ndarray):
            return x[tuple(slice(short if n == long else None) for n in x.shape)]
        return x

    return cut(inputs)


def _containers(inputs: Any) -> Iterator[Any]:
    yield inputs
    if isinstance(inputs, dict | list | tuple):
        for item in inputs.values() if isinstance(inputs, dict) else inputs:
            yield from _containers(item)


def _floats(change: Callable[[Any, Rng], Any]) -> Change:
    """A change of floating-point numbers, arrays of them or single ones, that keeps their type."""

    def changed(x: Any, leaves: list[Any], rng: Rng) -> Any:
        if isinstance(x, float):
            return float(change(np.array([x]), rng)[0])
        if isinstance(x, np.ndarray) and x.dtype.kind == "f":
            return change(x, rng).astype(x.dtype)
        return x

    return changed


def _repeat(x: Any, rng: Rng) -> Any:
    """Some entries as the one before."""
    flat = x.reshape(-1).copy()
    for k in np.flatnonzero(rng.random(flat.size) < 0.4):
        flat[k] = flat[k - 1]
    return flat.reshape(x.shape)


def _step(x: Any, leaves: list[Any], rng: Rng) -> Any:
    """One more, one less, for whole numbers."""
    step = int(rng.choice([-1, 1]))
    if type(x) is int:
        return x + step
    if isinstance(x, np.ndarray) and x.dtype.kind in "iu" and x.size:
        x = x.copy()
        x.flat[rng.integers(x.size)] += step
    return x


def _small(x: Any, leaves: list[Any], rng: Rng) -> Any:
    """0 or 1, for numbers and truths."""
    return type(x)(rng.integers(2)) if isinstance(x, bool | int | float) else x


def _as_another(x: Any, leaves: list[Any], rng: Rng) -> Any:
    """The number that another argument is."""
    alike = [y for y in leaves if type(y) is type(x)]
    if isinstance(x, int | float) and alike:
        return alike[rng.integers(len(alike))]
    return x


def _shuffled(x: Any, leaves: list[Any], rng: Rng) -> Any:
    """Entries of the array, any of them anywhere."""
    return rng.choice(x.reshape(-1), x.shape) if isinstance(x, np.ndarray) and x.size else x


def _single(x: Any, leaves: list[Any], rng: Rng) -> Any:
    """The array in single precision."""
    return x.astype(np.float32) if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x


CHANGES: tuple[Change, ...] = (
    _floats(lambda x, rng: np.round(x)),
    _floats(lambda x, rng: np.round(4 * x) / 4),
    _floats(lambda x, rng: np.where(rng.random(x.shape) < 0.3, 0.0, x)),
    _floats(lambda x, rng: np.zeros_like(x)),
    _floats(lambda x, rng: np.full_like(x, x.flat[0]) if x.size else x),
    _floats(_repeat),
    _floats(lambda x, rng: -x),
    _floats(lambda x, rng: 1e3 * x),
    _floats(lambda x, rng: 1e-3 * x),
    _step, _step, _small, _as_another, _as_another, _shuffled, _single,
)  # fmt: skip
