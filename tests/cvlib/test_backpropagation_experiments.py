"""The chapter's experiments measure what they say, checked where the answer is known."""

import numpy as np
import pytest

from cvlib.layers import Linear, Sequential, gradient_check
from cvlib.optim import SGD, constant
from cvlib.training import experiments
from cvlib.training.experiments_activations import silent_units
from cvlib.training.experiments_checks import cases, naive_check
from cvlib.training.experiments_saddles import Surface, small_problem
from cvlib.training.experiments_width import descend, network, taught


def test_a_check_that_looks_everywhere_agrees_with_gradient_check_on_all_cases():
    for case in cases(np.random.default_rng(7)):
        rng = np.random.default_rng(8)
        careful = naive_check(case, rng)
        ours = gradient_check(case.forward, case.backward, case.arrays, rng=rng)
        assert careful == ours.ok == case.right, case.name


def test_the_sum_is_fooled_by_the_zero_backward_of_batch_norm():
    verdicts = experiments.who_is_fooled(seed=3)
    assert verdicts["batch norm: dx = 0"]["sum of the output"]
    assert not verdicts["batch norm: dx = 0"]["gradient_check"]
    assert all(verdicts["batch norm, as it should be"].values())


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
    product, leaves = experiments.product_of(20)
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
    assert experiments.twins_that_never_part(equal=True, steps=20) == 1
    assert experiments.twins_that_never_part(equal=False, steps=20) == 2


def test_silent_units_are_counted_over_all_hidden_layers():
    network = experiments.perceptron("relu", np.random.default_rng(0), hidden=(4, 6))
    images = np.random.default_rng(1).random((20, 1, 8, 8)).astype(np.float32)
    network.layers[1].own["b"].value[:2] = -1000
    before = silent_units(network, images)
    network.layers[3].own["b"].value[:] = -1000
    assert 0.25 <= before < 0.75  # half of four, and whatever else is off; mean of two layers
    assert silent_units(network, images) >= 0.75


def test_relu_units_that_are_off_stay_off_and_start_off():
    found = experiments.revival((0.0, 0.5), epochs=2, seeds=(0,), depth_of_death=0.01)
    assert np.all(found[0.0] == 1)
    assert found[0.5][0, 0] == 1
    assert found[0.5].shape == (1, 3)


def test_the_race_counts_epochs_and_says_never():
    race = experiments.race("tanh", rates=(0.4, 1e-6), hidden=(20,), limit=8, seeds=(0,))
    assert 1 <= race.epochs[0, 0] <= 8
    assert race.epochs[1, 0] == np.inf
    assert race.best == 0


def test_deaths_come_with_large_rates():
    found = experiments.deaths({"ReLU": 0.0}, rates=(0.1, 3.0), epochs=2, hidden=(30,), seeds=(0,))
    assert found.dead["ReLU"][1, 0] > found.dead["ReLU"][0, 0]
    assert found.accuracy["ReLU"].shape == (2, 1)


def test_batch_noise_follows_the_formula_and_ends_at_zero():
    measured, theory = experiments.noise_of_batches((1, 10, 1000), draws=150)
    assert measured[:2] == pytest.approx(theory[:2], rel=0.25)
    assert theory[2] == 0
    assert measured[2] < 1e-20


def test_momentum_needs_the_root_of_the_steps():
    counts = experiments.steps_to_converge((25, 400))
    assert counts["plain"][1] / counts["plain"][0] == pytest.approx(16, rel=0.1)
    assert counts["momentum"][1] / counts["momentum"][0] == pytest.approx(4, rel=0.2)


def test_sgd_settles_where_the_theorem_says():
    measured, theory = experiments.stationary_variance((0.1, 0.5), steps=2000)
    assert measured == pytest.approx(theory, rel=0.1)


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


def test_critical_points_are_critical_and_differ():
    points = experiments.critical_points(hidden=2, runs=8, steps=40)
    assert len(points.loss) >= 2
    assert points.eigenvalues.shape == (len(points.loss), 9)
    assert np.all(np.diff(points.eigenvalues, axis=1) >= 0)
    assert len(np.unique(np.round(points.loss, 6))) == len(points.loss)


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
    run = experiments.stopping_rules(0, epochs=12, patience=3, target=0.4)
    errors = run.history.error
    assert (
        errors[run.stops["target"].epochs - 1]
        <= 0.4
        < min(errors[: run.stops["target"].epochs - 1])
    )
    best = run.stops["patience"].epochs - 1 - 3
    assert errors[best] == min(errors[: best + 4])
    assert run.stops["hindsight"].error <= min(s.error for s in run.stops.values())
    assert run.stops["epochs"].epochs == len(run.history) == 12


def test_schedules_are_compared_over_seeds():
    found = experiments.compare_schedules({"constant": constant()}, epochs=1, seeds=(0, 1))
    losses, right = found["constant"]
    assert losses.shape == right.shape == (2,)


def test_forgetting_nothing_changes_nothing():
    found = experiments.forgetting()
    assert found["nothing"] == 0
    assert all(distance > 1e-4 for piece, distance in found.items() if piece != "nothing")
