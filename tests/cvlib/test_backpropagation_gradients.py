"""The experiments on gradients: what fools a check, what one costs, what spoils one."""

import numpy as np
import pytest

from cvlib.layers import Linear, Sequential, gradient_check
from cvlib.training import experiments
from cvlib.training.experiments.checks import cases, naive_check


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


def test_updating_on_the_way_spoils_the_gradient_in_proportion():
    small, large = (experiments.update_on_the_way(lr, seeds=(0,))[0] for lr in (1e-4, 1e-3))
    assert 0 < small < 0.01
    assert large / small == pytest.approx(10, rel=0.2)


def test_forgetting_nothing_changes_nothing():
    found = experiments.forgetting()
    assert found["nothing"] == 0
    assert all(distance > 1e-4 for piece, distance in found.items() if piece != "nothing")
