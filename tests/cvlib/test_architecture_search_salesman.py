"""The travelling salesman: lengths, brute force, crossovers that keep tours and one that fails."""

from itertools import permutations
from math import factorial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.architecture_search import (
    Settings,
    all_tours,
    canonical_tour,
    distance_matrix,
    evolve,
    exchange_segments,
    ordered_crossover,
    partially_mapped_crossover,
    shortest_tour,
    swap_towns,
    tour_length,
    tour_operators,
    valid_exchange_share,
)

OTHER: Any = "one-point"
NINE = np.random.default_rng(0).random((9, 2))


@st.composite
def crossings(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[int, ...], int, int]:
    towns = range(draw(st.integers(1, 9)))
    a, b = (tuple(draw(st.permutations(towns))) for _ in range(2))
    first, last = sorted(draw(st.integers(0, len(a))) for _ in range(2))
    return a, b, first, last


@given(case=crossings())
def test_both_crossovers_keep_the_segment_and_every_town(case):
    a, b, first, last = case
    for cross in (ordered_crossover, partially_mapped_crossover):
        one, two = cross(*case)
        assert sorted(one) == sorted(two) == sorted(a)
        assert one[first:last] == a[first:last]
        assert two[first:last] == b[first:last]
        assert cross(b, a, first, last) == (two, one)


@given(case=crossings())
def test_ordered_crossover_keeps_the_order_of_the_others_from_the_cut_on(case):
    a, b, first, last = case
    child = ordered_crossover(*case)[0]
    kept = {*a[first:last]}
    assert [t for t in child[last:] + child[:last] if t not in kept] == [
        t for t in b[last:] + b[:last] if t not in kept
    ]


@given(case=crossings())
def test_partially_mapped_crossover_leaves_places_where_it_can(case):
    a, b, first, last = case
    child = partially_mapped_crossover(*case)[0]
    for place in (*range(first), *range(last, len(a))):
        assert child[place] == b[place] or b[place] in a[first:last]


def test_crossings_worked_by_hand():
    a, b = (0, 1, 2, 3, 4, 5, 6, 7), (2, 4, 7, 1, 3, 6, 0, 5)
    assert ordered_crossover(a, b, 2, 5)[0] == (7, 1, 2, 3, 4, 6, 0, 5)
    # facing pairs 2-7, 3-1, 4-3: place 0 has 2 -> 7, place 1 has 4 -> 3 -> 1
    assert partially_mapped_crossover(a, b, 2, 5)[0] == (7, 1, 2, 3, 4, 6, 0, 5)
    assert exchange_segments(a, b, 2, 5)[0] == (0, 1, 7, 1, 3, 5, 6, 7)
    assert partially_mapped_crossover(a, b, 5, 8)[0] == (2, 4, 0, 1, 3, 5, 6, 7)
    assert ordered_crossover(a, b, 5, 8)[0] == (2, 4, 1, 3, 0, 5, 6, 7)


@pytest.mark.parametrize("towns", [1, 2, 3, 4, 5, 6])
def test_exchanging_segments_is_counted_right(towns):
    a = tuple(range(towns))
    cuts = [(i, j) for i in range(towns) for j in range(i + 1, towns + 1)]
    valid = sum(
        len({*exchange_segments(a, b, i, j)[0]}) == towns
        for b in permutations(a)
        for i, j in cuts
    )  # fmt: skip
    assert valid_exchange_share(towns) * len(cuts) * factorial(towns) == valid


def test_with_nine_towns_it_hardly_ever_works():
    assert float(valid_exchange_share(9)) == pytest.approx(0.061, abs=5e-4)


def test_nine_towns_by_brute_force():
    distances = distance_matrix(NINE)
    lengths = np.sort(tour_length(all_tours(9), distances))
    assert len(lengths) == factorial(8) // 2 == 20_160
    assert lengths[[0, 1, -1]] == pytest.approx([3.2738, 3.3029, 6.8454], abs=5e-5)
    assert (lengths.mean(), lengths.std()) == pytest.approx((5.2825, 0.65), abs=5e-3)
    tour, shortest = shortest_tour(distances)
    assert shortest == lengths[0] == pytest.approx(float(tour_length(tour, distances)))
    path, way = shortest_tour(distances, closed=False)
    assert way == pytest.approx(2.3071, abs=5e-5)
    assert way == pytest.approx(float(tour_length(path, distances, closed=False)))


@pytest.mark.parametrize("towns", [3, 4, 5, 6])
def test_every_tour_is_listed_once(towns):
    for closed, count in ((True, factorial(towns - 1) // 2), (False, factorial(towns) // 2)):
        listed = [tuple(t) for t in all_tours(towns, closed=closed).tolist()]
        forms = {canonical_tour(t, closed=closed) for t in permutations(range(towns))}
        assert len(listed) == len(forms) == count
        assert {canonical_tour(t, closed=closed) for t in listed} == forms


@given(tour=st.permutations(range(7)).map(tuple), turn=st.integers(0, 6))
def test_a_tour_is_as_long_from_wherever_it_starts(tour, turn):
    points = np.random.default_rng(1).random((7, 2))
    distances = distance_matrix(points)
    length = float(tour_length(tour, distances))
    round_ = tour[turn:] + tour[:turn]
    for same in (round_, round_[::-1], canonical_tour(tour)):
        assert float(tour_length(same, distances)) == pytest.approx(length)
        assert canonical_tour(same) == canonical_tour(tour)
    open_ = float(tour_length(tour, distances, closed=False))
    assert length == pytest.approx(open_ + float(np.hypot(*(points[tour[0]] - points[tour[-1]]))))


def test_lengths_of_many_tours_at_once():
    square = distance_matrix([[0, 0], [0, 1], [1, 1], [1, 0]])
    tours = np.array([[[0, 1, 2, 3]], [[0, 2, 1, 3]]])
    root: float = 2**0.5
    np.testing.assert_allclose(tour_length(tours, square), np.array([[4], [2 + 2 * root]]))
    ways = tour_length(tours, square, closed=False)
    np.testing.assert_allclose(ways, np.array([[3], [1 + 2 * root]]))


@pytest.mark.parametrize("crossover", ["ordered", "partially mapped"])
@pytest.mark.parametrize("closed", [True, False])
def test_a_search_visits_tours_only_and_finds_short_ones(crossover, closed):
    distances = distance_matrix(NINE)
    operators = tour_operators(9, closed=closed, crossover=crossover)
    settings = Settings(size=20, generations=30, crossover_rate=0.6, mutation_rate=0.4, elite=1)

    def shortness(tours):
        assert all(canonical_tour(t, closed=closed) == t for t in tours)
        return -tour_length(tours, distances, closed=closed)

    shortest = shortest_tour(distances, closed=closed)[1]
    found = []
    for seed in range(10):
        history = evolve(operators, shortness, settings, seed=seed)
        assert all(sorted(t) == [*range(9)] for g in history.generations for t in g.individuals)
        assert -history.best_fitness >= shortest - 1e-12
        found.append(-history.best_fitness / shortest)
    assert np.mean(found) < 1.1  # random tours are 1.6 times as long as the shortest


def test_a_swap_exchanges_two_towns():
    assert swap_towns((3, 1, 0, 2), 0, 2) == (0, 1, 3, 2)
    rng = np.random.default_rng(0)
    tour, mutate = tuple(range(6)), tour_operators(6).mutate
    changed = {mutate(tour, rng) for _ in range(600)}
    assert len(changed) == 15  # each of the pairs, and never none


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ordered_crossover((0, 1), (0, 2), 0, 1), "orders of the same towns"),
        (lambda: ordered_crossover((0, 0), (0, 0), 0, 1), "orders of the same towns"),
        (
            lambda: exchange_segments((0, 1), (1, 0), 1, 3),
            "0 ≤ first ≤ last ≤ 2, got first 1, last 3",
        ),
        (lambda: swap_towns((0, 1), 0, -1), "j must be 0 … 1, got -1"),
        (lambda: valid_exchange_share(0), "towns must be at least 1"),
        (lambda: all_tours(11), "towns must be 3 … 10"),
        (lambda: distance_matrix([1, 2]), r"points must have shape \(n, 2\)"),
        (lambda: tour_length([0, 1], np.zeros((3, 3))), "tours must name 3 towns"),
        (lambda: tour_length([0, 1], np.zeros(3)), "distances must be a square"),
        (lambda: tour_operators(1), "towns must be at least 2"),
        (lambda: tour_operators(5, crossover=OTHER), "one of ordered, partially mapped"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
