"""The experiments on units: signals through depth, units that are equal or dead, the race."""

import numpy as np
import pytest

from cvlib.training import experiments
from cvlib.training.experiments.deaths import silent_units
from cvlib.training.experiments.digits import perceptrons
from cvlib.training.experiments.race import Race, race_table


def test_linear_layers_of_unit_gain_keep_their_signals():
    found = experiments.through_depth("leaky_relu", "he", depth=5, width=200, seeds=range(3))
    assert found.values.shape == found.gradients.shape == (3, 6)
    assert np.all(found.values[:, 0] == 1)
    assert np.all(found.gradients[:, -1] == 1)
    assert np.all((found.values > 0.7) & (found.values < 1.4))


def test_equal_units_stay_equal():
    rng = np.random.default_rng(0)
    assert experiments.twins_that_never_part(rng, equal=True, steps=20) == 1
    assert experiments.twins_that_never_part(rng, equal=False, steps=20) == 2


def test_silent_units_are_counted_over_all_hidden_layers_of_each_network():
    network, _ = perceptrons("relu", (0, 1), hidden=(4, 6))
    images = np.random.default_rng(1).random((2, 20, 64)).astype(np.float32)
    network.layers[0].own["b"].value[:] = 1000
    network.layers[2].own["b"].value[:] = 1e6
    assert silent_units(network, images).tolist() == [0, 0]
    network.layers[0].own["b"].value[0, 0, :2] = -1000
    assert silent_units(network, images).tolist() == [0.25, 0]
    network.layers[2].own["b"].value[1] = -1e6
    assert silent_units(network, images).tolist() == [0.25, 0.5]
    network.layers[2].own["b"].value[1] = np.nan  # a diverged network switches nothing on
    assert silent_units(network, images)[1] == 0.5


def test_dead_relus_of_the_first_layer_stay_dead_and_those_of_the_second_need_not():
    first = experiments.revival(0.0, epochs=3, seeds=(0, 1), depth_of_death=0.01)
    assert first.shape == (2, 4)
    assert np.all(first == 1)
    second = experiments.revival(0.0, layer=2, epochs=10, seeds=(0, 1, 2), depth_of_death=0.01)
    assert np.all(second[:, 0] == 1)
    assert second[:, -1].mean() < 0.7
    leaky = experiments.revival(0.5, epochs=2, seeds=(0,), depth_of_death=0.01)
    assert leaky[0, 0] == 1
    with pytest.raises(ValueError, match="layer must be 1 or 2, got 3"):
        experiments.revival(0.0, layer=3)


def test_the_race_counts_epochs_and_says_never():
    race = experiments.race("tanh", rates=(0.4, 1e-6), hidden=(20,), limit=12, seeds=(0, 1))
    assert np.all((race.test[0] >= 1) & (race.test[0] <= 12))
    assert np.all(race.test[1] == np.inf)
    assert race.best == 0
    assert np.all(race.epochs == race.test[0])
    assert np.all(race.reached[0] >= 0.9)
    assert np.all(race.reached[1] < 0.9)


def test_a_rate_is_chosen_by_the_validation_digits_and_only_if_no_seed_fails():
    validation, test = (
        np.array([[9.0, 9], [2, np.inf], [4, 5]]),
        np.array([[1.0, 1], [1, 1], [6, 8]]),
    )
    race = Race("leaky_relu", (5,), (0.1, 1, 10), validation, test, np.ones((3, 2)))
    assert race.best == 2
    assert race.epochs.tolist() == [6, 8]
    head, line = race_table([race]).splitlines()
    assert head.split() == ["0.1", "1", "10"]
    assert line.split() == ["1", "hidden,", "leaky", "relu", "1.0", "1.0", "7.0*"]
    none = Race("tanh", (5, 5), (0.1,), np.array([[np.inf, 1]]), np.array([[np.inf, 1]]), test[:1])
    assert race_table([none]).splitlines()[1].split() == ["2", "hidden,", "tanh", "1", "of", "2"]


def test_deaths_come_with_large_rates():
    found = experiments.deaths({"ReLU": 0.0}, rates=(0.1, 4.0), epochs=2, seeds=range(4))
    assert found.accuracy["ReLU"].shape == found.dead["ReLU"].shape == (2, 4)
    few, many = found.dead["ReLU"].mean(axis=1)
    assert many > few + 0.1
