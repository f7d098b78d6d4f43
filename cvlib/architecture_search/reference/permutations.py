"""Crossing two orders of towns: exchanging a segment breaks them; two crossovers do not."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import comb

Tour = tuple[int, ...]


def exchange_segments(a: Tour, b: Tour, first: int, last: int) -> tuple[Tour, Tour]:
    """Exchange the places first … last - 1 of two orders, as they stand.

    The results are orders again only if both segments hold the same towns.
    Raises ValueError unless a and b are orders of the same towns and 0 ≤ first ≤ last ≤ n.
    """
    _check(a, b, first, last)
    return (
        a[:first] + b[first:last] + a[last:],
        b[:first] + a[first:last] + b[last:],
    )


def valid_exchange_share(towns: int) -> Fraction:
    """Return how often exchanging segments of two random orders gives orders again, exactly.

    The cut is one of the n (n + 1) / 2 segments of 1 … n places, all equally likely. Two segments
    of L places hold the same towns with probability 1 / C(n, L): for 9 towns 6.1 % together.

    Raises ValueError for no town.
    """
    if towns < 1:
        raise ValueError(f"towns must be at least 1, got {towns}")
    n = towns
    shares = (Fraction(n + 1 - length, comb(n, length)) for length in range(1, n + 1))
    return sum(shares, start=Fraction(0)) / comb(n + 1, 2)


def ordered_crossover(a: Tour, b: Tour, first: int, last: int) -> tuple[Tour, Tour]:
    """Keep a segment, and fill the other places with what is missing, in the other parent's order.

    The first child has the places first … last - 1 of a; from place ``last`` on, and round again,
    come the other towns as they follow one another in b from place ``last`` on. The second child
    has a and b exchanged.

    Raises ValueError unless a and b are orders of the same towns and 0 ≤ first ≤ last ≤ n.
    Source: Davis, Applying adaptive algorithms to epistatic domains, 1985.
    """
    _check(a, b, first, last)
    return _ordered(a, b, first, last), _ordered(b, a, first, last)


def _ordered(a: Tour, b: Tour, first: int, last: int) -> Tour:
    kept = {*a[first:last]}
    others = [town for town in b[last:] + b[:last] if town not in kept]
    after = len(a) - last
    return (*others[after:], *a[first:last], *others[:after])


def partially_mapped_crossover(a: Tour, b: Tour, first: int, last: int) -> tuple[Tour, Tour]:
    """Exchange a segment, and mend the places outside of it by the pairs that face each other.

    The first child has the places first … last - 1 of a. Elsewhere it has the town of b, unless the
    segment of a holds it already: then the town of b that faces it, and so on.

    Raises ValueError unless a and b are orders of the same towns and 0 ≤ first ≤ last ≤ n.
    Source: Goldberg and Lingle, Alleles, loci, and the traveling salesman problem, 1985.
    """
    _check(a, b, first, last)
    return _mapped(a, b, first, last), _mapped(b, a, first, last)


def _mapped(a: Tour, b: Tour, first: int, last: int) -> Tour:
    facing = dict(zip(a[first:last], b[first:last], strict=True))

    def mended(town: int) -> int:
        while town in facing:
            town = facing[town]
        return town

    before, after = b[:first], b[last:]
    return (*map(mended, before), *a[first:last], *map(mended, after))


def swap_towns(tour: Tour, i: int, j: int) -> Tour:
    """Exchange the towns at two places.

    Raises ValueError for a place outside 0 … n - 1.
    """
    for name, place in (("i", i), ("j", j)):
        if not 0 <= place < len(tour):
            raise ValueError(f"{name} must be 0 … {len(tour) - 1}, got {place}")
    swapped = list(tour)
    swapped[i], swapped[j] = tour[j], tour[i]
    return tuple(swapped)


def _check(a: Sequence[int], b: Sequence[int], first: int, last: int) -> None:
    if len({*a}) != len(a) or len(a) != len(b) or {*a} != {*b}:
        raise ValueError(f"both parents must be orders of the same towns, got {a} and {b}")
    if not 0 <= first <= last <= len(a):
        raise ValueError(
            f"a segment must have 0 ≤ first ≤ last ≤ {len(a)}, got first {first}, last {last}"
        )
