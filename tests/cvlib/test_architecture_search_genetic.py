"""The genetic algorithm: who is drawn, crossed, mutated, scored and remembered."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.architecture_search import Operators, Settings, evolve, vary

#: Individuals that tell what happened to them: numbers of who they were, and marks.
TELLING: Operators[str] = Operators(
    draw=lambda rng: f"{rng.integers(1000)}",
    cross=lambda a, b, rng: (f"({a}x{b})", f"({b}x{a})"),
    mutate=lambda a, rng: f"{a}!",
)


def told(count, settings, seed=0):
    return vary([*"abcdefghij"[:count]], TELLING, settings, np.random.default_rng(seed))


def test_all_pairs_are_crossed_as_neighbours_and_no_others():
    children, origins = told(7, Settings(crossover_rate=1, mutation_rate=1))
    assert children == ["(axb)", "(bxa)", "(cxd)", "(dxc)", "(exf)", "(fxe)", "g!"]
    assert origins == ["crossed"] * 6 + ["mutated"]


def test_without_crossing_everybody_may_be_mutated():
    assert told(5, Settings(crossover_rate=0, mutation_rate=1))[0] == [f"{c}!" for c in "abcde"]
    assert told(5, Settings(crossover_rate=0, mutation_rate=0))[1] == ["kept"] * 5


@given(seed=st.integers(0, 10_000), count=st.integers(1, 10))
def test_who_was_crossed_is_not_mutated_and_pairs_do_not_overlap(seed, count):
    settings = Settings(crossover_rate=0.5, mutation_rate=0.5)
    children, origins = told(count, settings, seed)
    for place, (child, origin) in enumerate(zip(children, origins, strict=True)):
        own = "abcdefghij"[place]
        if origin == "crossed":
            partner = "abcdefghij"[place ^ 1]
            assert child == f"({own}x{partner})"
            assert origins[place ^ 1] == "crossed"
        else:
            assert child == (own + "!" if origin == "mutated" else own)


def test_rates_are_rates():
    settings = Settings(crossover_rate=0.2, mutation_rate=0.8)
    origins = [o for seed in range(500) for o in told(10, settings, seed)[1]]
    share = {kind: origins.count(kind) / 5000 for kind in ("crossed", "mutated", "kept")}
    # 2,500 pairs and 4,000 others: five standard deviations
    assert share["crossed"] == pytest.approx(0.2, abs=0.04)
    assert share["mutated"] == pytest.approx(0.64, abs=0.04)
    assert share["kept"] == pytest.approx(0.16, abs=0.03)


def one_max(length=12):
    """Bits that want to be 1."""
    return Operators[tuple[int, ...]](
        draw=lambda rng: tuple(rng.integers(2, size=length).tolist()),
        cross=lambda a, b, rng: (a[:6] + b[6:], b[:6] + a[6:]),
        mutate=lambda a, rng: tuple(b ^ int(f) for b, f in zip(a, rng.random(length) < 0.1,
                                                               strict=True)),
    )  # fmt: skip


def count_ones(individuals):
    return [float(sum(i)) for i in individuals]


SETTINGS = Settings(size=10, generations=15)


def test_parents_and_origins_explain_every_generation():
    history = evolve(one_max(), count_ones, SETTINGS, seed=3)
    assert len(history.generations) == 16
    assert history.fitness.shape == (16, 10)
    assert history.generations[0].parents == ()
    for before, after in pairwise(history.generations):
        assert (
            min(before.fitness[list(after.parents)]) > before.fitness.min()
            or np.ptp(before.fitness) == 0
        )
        for k in range(10):
            parent = before.individuals[after.parents[k]]
            if after.origins[k] == "kept":
                assert after.individuals[k] == parent
            elif after.origins[k] == "crossed":
                partner = before.individuals[after.parents[k ^ 1]]
                assert after.individuals[k] == parent[:6] + partner[6:]
        assert after.fitness.tolist() == count_ones(after.individuals)


def test_selection_climbs():
    gains = []
    for seed in range(20):
        fitness = evolve(one_max(), count_ones, SETTINGS, seed=seed).fitness
        gains.append(fitness[-1].mean() - fitness[0].mean())
    assert min(gains) > 0
    assert np.mean(gains) > 2  # of the six ones that are missing at first


def test_the_same_seed_gives_the_same_history_and_another_another():
    runs = [evolve(one_max(), count_ones, SETTINGS, seed=s) for s in (1, 1, 2)]
    assert [g.individuals for g in runs[0].generations] == [
        g.individuals for g in runs[1].generations
    ]
    assert runs[0].generations[-1].individuals != runs[2].generations[-1].individuals


def test_the_best_ever_seen_is_kept_when_the_population_loses_it():
    """Without an elite it does get lost."""
    lost = 0
    for seed in range(30):
        history = evolve(one_max(), count_ones, Settings(size=6, generations=12), seed=seed)
        everybody = [i for g in history.generations for i in g.individuals]
        assert history.best_fitness == max(count_ones(everybody)) == sum(history.best)
        assert history.best == max(everybody, key=sum)
        assert np.all(np.diff(history.best_so_far) >= 0)
        assert history.best_so_far[-1] == history.best_fitness
        lost += history.fitness[-1].max() < history.best_fitness
    assert lost > 0


def test_an_elite_passes_as_it_is():
    history = evolve(one_max(), count_ones, Settings(size=8, generations=10, elite=2), seed=0)
    assert np.all(np.diff(history.fitness.max(axis=1)) >= 0)
    for before, after in pairwise(history.generations):
        best = sorted(before.fitness)[-2:]
        assert sorted(after.fitness[:2]) == best
        assert after.origins[:2] == ("kept", "kept")
        assert len(after.individuals) == 8


def test_what_means_the_same_is_scored_once_by_its_canonical_form():
    asked: list[tuple[int, ...]] = []

    def evaluate(individuals):
        assert individuals
        asked.extend(individuals)
        return count_ones(individuals)

    plain = one_max()
    operators = Operators(plain.draw, plain.cross, plain.mutate, lambda a: tuple(sorted(a)))
    history = evolve(operators, evaluate, SETTINGS, seed=0)
    assert len(asked) == len({*asked}) == history.evaluations <= 13
    assert all(a == tuple(sorted(a)) for a in asked)
    same = evolve(plain, count_ones, SETTINGS, seed=0)
    assert np.array_equal(same.fitness, history.fitness)
    assert same.evaluations > history.evaluations


def test_any_weights_will_do():
    uniform = Settings(size=10, generations=15, weights=lambda f: np.full(len(f), 1 / len(f)))
    drift = [evolve(one_max(), count_ones, uniform, seed=s).fitness for s in range(20)]
    assert np.mean([f[-1].mean() - f[0].mean() for f in drift]) < 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Settings(size=0), "size must be at least 1 individual, got 0"),
        (lambda: Settings(generations=-1), "generations must be at least 0"),
        (lambda: Settings(crossover_rate=1.5), r"crossover_rate must be a probability of 0 … 1"),
        (lambda: Settings(mutation_rate=-0.1), "mutation_rate"),
        (lambda: Settings(size=4, elite=4), "elite must be 0 … 3, got 4"),
        (
            lambda: evolve(one_max(), lambda all: [float("nan")] * len(all), SETTINGS, seed=0),
            r"fitness must be finite, got nan for \(",
        ),
    ],
)  # fmt: skip
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(ValueError, match=message):
        call()
