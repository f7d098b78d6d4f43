"""The travelling salesman: lengths of tours and of open paths, and the shortest by brute force."""

from __future__ import annotations

from itertools import permutations
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cvlib.architecture_search.reference.genetic import Operators
from cvlib.architecture_search.reference.permutations import (
    Tour,
    ordered_crossover,
    partially_mapped_crossover,
    swap_towns,
)

Array = NDArray[np.float64]
MOST_TOWNS = 10


def distance_matrix(points: ArrayLike) -> Array:
    """Return the distance of every two towns.

    Shapes: points (n, 2) -> (n, n).
    Raises ValueError for points of another shape.
    """
    p = np.asarray(points, dtype=float)
    if p.ndim != 2 or p.shape[1] != 2:
        raise ValueError(f"points must have shape (n, 2), got {p.shape} (points.shape)")
    return np.asarray(np.linalg.norm(p[:, None] - p, axis=-1))


def tour_length(tours: ArrayLike, distances: ArrayLike, *, closed: bool = True) -> Array:
    """Add up the way from town to town, and with ``closed`` from the last back to the first.

    length = Σ_i d(t_i, t_{i+1}), with t_n = t_0 in a closed tour; an open path ends at t_{n-1}.

    Shapes: tours (…, n) of town numbers, distances (n, n) -> (…,).
    Raises ValueError for a last axis that is not as long as there are towns.
    """
    t, d = np.asarray(tours), np.asarray(distances, dtype=float)
    if d.ndim != 2 or d.shape[0] != d.shape[1]:
        raise ValueError(f"distances must be a square (n, n), got {d.shape} (distances.shape)")
    if t.ndim < 1 or t.shape[-1] != len(d):
        raise ValueError(f"tours must name {len(d)} towns on their last axis, got shape {t.shape}")
    following = np.roll(t, -1, axis=-1) if closed else t[..., 1:]
    return np.asarray(d[t[..., : following.shape[-1]], following].sum(axis=-1))


def canonical_tour(tour: Tour, *, closed: bool = True) -> Tour:
    """Return the one order that stands for all of the same tour.

    A closed tour may start anywhere and go either way round: 2n orders are one tour. An open path
    may be walked from either end.
    """
    if closed and tour:
        start = tour.index(min(tour))
        tour = tour[start:] + tour[:start]
        return min(tour, tour[:1] + tour[:0:-1])
    return min(tour, tour[::-1])


def all_tours(towns: int, *, closed: bool = True) -> NDArray[np.intp]:
    """Return every tour once: (n - 1)! / 2 closed ones, or n! / 2 open paths, for n of 3 … 10.

    Shapes: -> (tours, n).
    Raises ValueError for fewer or more towns, whose tours would not fit into memory.
    """
    if not 3 <= towns <= MOST_TOWNS:
        raise ValueError(f"towns must be 3 … {MOST_TOWNS} to list every tour, got {towns}")
    if closed:
        orders = np.array(list(permutations(range(1, towns))))
        orders = np.concatenate([np.zeros((len(orders), 1), int), orders], axis=1)
        return orders[orders[:, 1] < orders[:, -1]]
    orders = np.array(list(permutations(range(towns))))
    return orders[orders[:, 0] < orders[:, -1]]


def shortest_tour(distances: ArrayLike, *, closed: bool = True) -> tuple[Tour, float]:
    """Try every tour, and return the shortest with its length.

    Raises ValueError as `all_tours` and `tour_length` do.
    """
    tours = all_tours(len(np.asarray(distances)), closed=closed)
    lengths = tour_length(tours, distances, closed=closed)
    return tuple(tours[lengths.argmin()].tolist()), float(lengths.min())


def tour_operators(
    towns: int,
    *,
    closed: bool = True,
    crossover: Literal["ordered", "partially mapped"] = "ordered",
) -> Operators[Tour]:
    """Return how tours are drawn, crossed and mutated: random segments, and one swap of two towns.

    Raises ValueError for fewer than two towns or another crossover.
    """
    crossovers = {"ordered": ordered_crossover, "partially mapped": partially_mapped_crossover}
    if towns < 2:
        raise ValueError(f"towns must be at least 2, got {towns}")
    if crossover not in crossovers:
        raise ValueError(f"crossover must be one of {', '.join(crossovers)}, got {crossover!r}")

    def draw(rng: np.random.Generator) -> Tour:
        return tuple(rng.permutation(towns).tolist())

    def cross(a: Tour, b: Tour, rng: np.random.Generator) -> tuple[Tour, Tour]:
        first, last = _two_of(towns + 1, rng)
        return crossovers[crossover](a, b, min(first, last), max(first, last))

    def mutate(tour: Tour, rng: np.random.Generator) -> Tour:
        return swap_towns(tour, *_two_of(towns, rng))

    def canonical(tour: Tour) -> Tour:
        return canonical_tour(tour, closed=closed)

    return Operators(draw, cross, mutate, canonical)


def _two_of(count: int, rng: np.random.Generator) -> tuple[int, int]:
    """Two different numbers below ``count``, each pair equally likely."""
    i, j = int(rng.integers(count)), int(rng.integers(count - 1))
    return i, j + (j >= i)
