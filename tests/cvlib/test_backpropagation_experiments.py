"""The chapter's experiments measure what they say, checked where the answer is known."""

import numpy as np
import pytest

from cvlib.layers import Linear, Sequential, gradient_check
from cvlib.optim import SGD, constant
from cvlib.training import experiments
from cvlib.training.experiments.checks import cases, naive_check
from cvlib.training.experiments.deaths import silent_units
from cvlib.training.experiments.descent import Sweep
from cvlib.training.experiments.digits import perceptrons
from cvlib.training.experiments.race import Race, race_table
from cvlib.training.experiments.saddles import Surface, small_problem
from cvlib.training.experiments.width import descend, network, taught


def test_a_check_that_looks_everywhere_agrees_with_gradient_check_on_all_cases():
    for case in cases(np.random.default_rng(7)):
        rng = np.random.default_rng(8)
        careful = naive_check(case, rng)
        ours = gradient_check(case.forward, case.backward, case.arrays, rng=rng)
        assert careful == ours.ok == case.right, case.name


def test_the_sum_is_fooled_by_the_zero_backward_of_batch_norm():
    verdicts = experiments.who_is_fooled((3, 4))
    zero, right = verdicts["batch norm: dx = 0"], verdicts["batch norm, as it should be"]
    assert zero["sum of the output"].tolist() == [True, True]
    assert zero["gradient_check"].tolist() == [False, False]
    assert all(accepted.all() for accepted in right.values())


def test_difference_quotients_have_the_orders_they_are_said_to_have():
    found = experiments.errors_of_differences([1e-2, 2e-2])
    for name, order in (("one-sided", 1), ("central", 2), ("two steps combined", 4)):
        small, large = found[name]
        assert np.log2(large / small) == pytest.approx(order, abs=0.2)


def test_costs_are_counted_by_hand():
    rng = np.random.default_rng(0)
    network = Sequential(Linear(5, 7, rng=rng), Linear(7, 3, rng=rng))
    cost = experiments.cost_of_gradient(network, np.ones((2, 5), np.float32), repeats=1)
    first, second = 2 * 5 * 7, 2 * 7 * 3
    assert cost.parameters == 5 * 7 + 7 + 7 * 3 + 3
    assert cost.forward == first + second
    assert cost.backward == first + 2 * second
    assert cost.kept == 4 * (2 * 5 + 2 * 7)
    assert cost.by_differences == pytest.approx(cost.forward_seconds * (cost.parameters + 1))


def test_a_product_has_two_edges_a_factor():
    product, leaves = experiments.product_of(20, np.random.default_rng(0))
    product.backward()
    assert len(product.edges()) == 2 * 19
    for leaf in leaves:
        assert leaf.grad == pytest.approx(product.data / leaf.data)


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


def test_batch_noise_follows_the_formula_and_ends_at_zero():
    measured, error, theory = experiments.noise_of_batches((1, 10, 1000), draws=150)
    assert np.all(np.abs(measured - theory)[:2] < 6 * error[:2])
    assert np.all(error[:2] < 0.1 * theory[:2])
    assert theory[2] == 0
    assert measured[2] < 1e-20


def test_momentum_needs_the_root_of_the_steps():
    counts = experiments.steps_to_converge((25, 400))
    assert counts["plain"][1] / counts["plain"][0] == pytest.approx(16, rel=0.1)
    assert counts["momentum"][1] / counts["momentum"][0] == pytest.approx(4, rel=0.2)


def test_sgd_settles_where_the_theorem_says():
    measured, error, theory = experiments.stationary_variance((0.1, 0.5), steps=2000)
    assert np.all(np.abs(measured - theory) < 6 * error)
    assert np.all(error < 0.05 * theory)


def test_a_walk_takes_the_optimizers_steps():
    path = experiments.walk(lambda p: SGD(p, 0.1), experiments.saddle, (1.0, 0.5), 2)
    assert path.shape == (3, 2)
    assert path[1] == pytest.approx([0.9, 0.5 + 0.1 * (0.5 - 0.125)])


def test_a_rate_that_diverges_counts_as_bad():
    sweep = experiments.rate_sweep(
        {"SGD": lambda p, lr: SGD(p, lr)}, rates=(0.3, 1e6), epochs=1, seeds=(0,)
    )
    small, large = sweep.losses["SGD"][:, 0]
    assert small < 2.4 < large <= 100


def test_no_seed_is_judged_by_a_rate_that_it_chose():
    sweep = Sweep((0.1, 1.0), {"SGD": np.array([[1, 4, 5], [3.5, 2, 3]])})
    assert sweep.best("SGD") == 1
    # 2 + 3 < 4 + 5 without the first seed, 1 + 5 < 3.5 + 3 without the second, 1 + 4 < 3.5 + 2
    assert sweep.lowest("SGD").tolist() == [3.5, 4, 5]


def test_updating_on_the_way_spoils_the_gradient_in_proportion():
    small, large = (experiments.update_on_the_way(lr, seeds=(0,))[0] for lr in (1e-4, 1e-3))
    assert 0 < small < 0.01
    assert large / small == pytest.approx(10, rel=0.2)


def test_random_symmetric_matrices_are_as_rarely_positive_as_known():
    shares, errors = experiments.share_all_positive((1, 2, 3), draws=20_000)
    exact = [experiments.EXACT_ALL_POSITIVE[n] for n in (1, 2, 3)]
    assert np.all(np.abs(shares - exact) < 4 * errors)
    shifted, _ = experiments.share_all_positive((10,), draws=500, shift=2.0)
    assert shifted[0] > 0.99


def test_critical_points_are_minima_maxima_or_saddles_and_nothing_undecided():
    points = experiments.critical_points(hidden=2, runs=8, steps=40)
    assert len(points.loss) >= 2
    assert points.eigenvalues.shape == (len(points.loss), 9)
    assert np.all(np.diff(points.eigenvalues, axis=1) >= 0)
    assert np.all(np.abs(points.eigenvalues) > 1e-6)
    assert np.all(points.loss > 0)
    assert np.array_equal(points.minima, points.index == 0)


def test_gradient_and_hessian_of_the_surface_are_its_derivatives():
    surface = Surface(*small_problem(seed=1), 3, 0.01)
    w = np.random.default_rng(0).standard_normal((2, 13))
    steps = 1e-5 * np.eye(13)
    slopes = [(surface.loss(w + s) - surface.loss(w - s)) / 2e-5 for s in steps]
    assert np.allclose(np.transpose(slopes), surface.gradient(w), atol=1e-8)
    bends = [(surface.gradient(w + s) - surface.gradient(w - s)) / 2e-5 for s in steps]
    assert np.allclose(np.swapaxes(bends, 0, 1), surface.hessian(w), atol=1e-7)


def test_a_student_as_wide_as_its_teacher_can_reach_zero():
    rng = np.random.default_rng(0)
    x, y = taught(2, rng)
    assert y.mean() == pytest.approx(0, abs=1e-12)
    assert y.std() == pytest.approx(1)
    errors = descend(x, y, 3, 10, rng)
    assert errors.min() < 1e-6
    shares = experiments.share_stuck([2], [2], starts=5, seeds=(0, 1))
    assert shares.shape == (1, 2)
    assert np.all((shares >= 0) & (shares <= 1))


def test_the_students_jacobian_is_the_derivative_of_its_residual():
    rng = np.random.default_rng(2)
    x, y = taught(2, rng)
    w, step = rng.standard_normal((1, 9)), 1e-6 * rng.standard_normal(9)
    _, before, jacobian = network(w, x, y, 2)
    _, after, _ = network(w + step, x, y, 2)
    assert np.allclose(after - before, jacobian @ step, atol=1e-10)


def test_stopping_rules_agree_with_the_history():
    errors = experiments.stopping_rules(0, epochs=12, patience=3).history.error
    run = experiments.stopping_rules(0, epochs=12, patience=3, target=errors[4])
    assert run.history.error == errors
    first = next(epoch for epoch, error in enumerate(errors) if error <= errors[4])
    assert run.stops["target"].epochs == first + 1
    waited = run.stops["patience"].epochs
    best = int(np.argmin(errors[:waited]))
    assert waited == 12 or waited - 1 - best == 3
    assert run.stops["hindsight"].error <= min(s.error for s in run.stops.values())
    assert run.stops["epochs"].epochs == len(run.history) == 12


def test_schedules_are_compared_over_seeds():
    found = experiments.compare_schedules({"constant": constant()}, lr=0.1, epochs=1, seeds=(0, 1))
    losses, right = found["constant"]
    assert losses.shape == right.shape == (2,)


def test_forgetting_nothing_changes_nothing():
    found = experiments.forgetting()
    assert found["nothing"] == 0
    assert all(distance > 1e-4 for piece, distance in found.items() if piece != "nothing")
