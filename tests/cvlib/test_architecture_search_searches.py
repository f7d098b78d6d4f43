"""Searches on a table: selection gains, the winner does not keep what it promised."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from cvlib.architecture_search import Settings, all_codes, proportional
from cvlib.architecture_search.experiments import (
    SETTINGS,
    Searches,
    Table,
    load_record,
    networks,
    search_table,
    without_selection,
)
from cvlib.intervals import mean_interval

TABLE = load_record()


@cache
def found_with(settings: Settings = SETTINGS, trainings: int = 1) -> Searches:
    """Searches on the record, made once."""
    return search_table(TABLE, settings=settings, trainings=trainings, searches=8)


def test_the_population_beats_random_codes_from_fresh_seeds():
    """The acceptance: over 192 searches, each scored by one training, retrained from 23 seeds."""
    found = found_with()
    gain = mean_interval(found.by_group("population") - found.by_group("random"))
    assert gain.low > 0.0005
    assert gain.count == 24
    assert np.mean(found.climb[..., -1] - found.climb[..., 0]) > 0.005


def test_what_selects_is_the_fitness_above_the_worst():
    groups = {}
    for name, settings in (
        ("above worst", SETTINGS),
        ("shares", replace(SETTINGS, weights=proportional)),
        ("none", without_selection()),
    ):
        groups[name] = found_with(settings).by_group("population")
    assert mean_interval(groups["above worst"] - groups["shares"]).low > 0.0005
    assert abs(np.mean(groups["shares"] - groups["none"])) < 0.0005


def test_the_winner_is_cursed_less_by_more_trainings():
    losses = []
    for trainings in (1, 3, 6):
        found = found_with(trainings=trainings)
        losses.append(mean_interval(found.by_group("promised") - found.by_group("kept")))
    assert losses[0].low > 0.01
    assert losses[0].mean > losses[1].mean > losses[2].mean


def known_table(noise: float, seeds: int = 4) -> Table:
    """A table whose true accuracies are known: row k has 0.5 + 0.01 k."""
    rng = np.random.default_rng(0)
    true = 0.5 + 0.01 * np.arange(36)[:, None]
    validation = true + noise * rng.standard_normal((36, seeds))
    return Table(networks(), tuple(range(seeds)), validation, np.repeat(true, seeds, axis=1))


def test_without_noise_nothing_is_lost_and_the_best_is_found():
    found = search_table(known_table(0), searches=5, settings=Settings(size=20, generations=30))
    np.testing.assert_allclose(found.promised, found.kept)
    np.testing.assert_allclose(found.best, found.kept)
    assert found.best.max() == pytest.approx(0.85)
    assert np.all(found.population > found.random)
    assert found.climb.shape == (4, 5, 31)
    assert found.trained.max() <= 36


def test_fresh_seeds_are_those_that_nothing_was_chosen_by():
    """A seed whose accuracies are all 1 raises what is kept only where it is fresh."""
    table = known_table(0)
    validation = table.validation.copy()
    validation[:, 0] = 1
    found = search_table(replace(table, validation=validation), searches=3)
    np.testing.assert_allclose(found.promised[0], 1)
    assert np.all(found.kept[0] < 0.9)
    np.testing.assert_allclose(found.kept[1:], (1 + 2 * found.promised[1:]) / 3)


def test_random_codes_are_a_fair_sample():
    """Their mean is that over all 64 codes, which are not equally many a network."""
    table = known_table(0)
    mean = np.mean([table.test[table.row(code), 0] for code in all_codes((3, 3))])
    found = search_table(table, searches=50)
    # 110 codes a search of standard deviation 0.1, 200 searches: five standard errors
    assert found.random.mean() == pytest.approx(mean, abs=0.0035)


def test_more_trainings_make_fewer_groups():
    assert search_table(TABLE, trainings=5, searches=2).population.shape == (4, 2)
    for trainings in (0, 24):
        with pytest.raises(ValueError, match=r"trainings must be 1 … 23"):
            search_table(TABLE, trainings=trainings)
