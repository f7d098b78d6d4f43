"""The experiments measure what they say, on a small scale."""

import numpy as np
import pytest

from cvlib.losses import log_softmax
from cvlib.regularization import elastic_net_backward, elastic_net_forward
from cvlib.regularization import experiments as digits
from cvlib.regularization.experiments import answers, side_by_side
from cvlib.regularization.experiments import choice as experiments_choice
from cvlib.regularization.experiments.search import landscape, search_study
from cvlib.regularization.experiments.side_by_side import Networks, Recipe, Task, train

SEEDS = range(3)
QUICK = Recipe(hidden=(16,), epochs=10)


@pytest.fixture(scope="module")
def task():
    return digits.digit_task(SEEDS, 100, test_size=200)


def test_a_task_draws_other_images_for_each_seed_and_never_tests_on_them(task):
    assert task.images.shape == (3, 100, 1, 8, 8)
    assert task.test_images.shape == (3, 200, 1, 8, 8)
    assert not np.array_equal(task.images[0], task.images[1])
    images, labels = digits.digits()
    whole = digits.digit_task([4], 100)
    together = np.concatenate([whole.images[0], whole.test_images[0]]).reshape(1797, -1)
    order = np.lexsort(together.T), np.lexsort(images.reshape(1797, -1).T)
    assert np.array_equal(together[order[0]], images.reshape(1797, -1)[order[1]])
    both = np.concatenate([whole.labels[0], whole.test_labels[0]])
    assert np.array_equal(both[order[0]], labels[order[1]])


def test_wrong_labels_are_wrong_at_their_rate():
    right = digits.digit_task(range(10), 200, test_size=10)
    wrong = digits.digit_task(range(10), 200, test_size=10, wrong=0.3)
    assert np.array_equal(right.images, wrong.images)
    assert np.mean(right.labels != wrong.labels) == pytest.approx(0.3, abs=0.05)


def test_networks_side_by_side_are_those_trained_alone(task):
    def one(k):
        return Task(
            task.images[[k]], task.labels[[k]], task.test_images[[k]], task.test_labels[[k]], 10
        )

    brief = Recipe(hidden=(16,), epochs=2)  # rounding has no time to grow
    together = train(task, brief, seeds=SEEDS)
    assert together.losses is not None
    for k in SEEDS:
        alone = train(one(k), brief, seeds=[k])
        assert alone.losses is not None
        assert np.allclose(alone.weights[0][0], together.weights[0][k], atol=1e-3)
        assert np.allclose(alone.losses[:, 0], together.losses[:, k], atol=1e-3)
        assert not np.allclose(alone.weights[0][0], together.weights[0][k - 1], atol=0.1)


def test_the_same_seeds_give_the_same_networks(task):
    recipe = Recipe(hidden=(16,), epochs=2, dropout=0.5, disturb=0.2)
    first, again = (train(task, recipe, seeds=SEEDS) for _ in range(2))
    assert np.array_equal(first.weights[0], again.weights[0])


def test_gradients_are_those_of_the_loss():
    rng = np.random.default_rng(0)
    networks = Networks(
        [rng.standard_normal((2, 4, 5)), rng.standard_normal((2, 5, 3))],
        [rng.standard_normal((2, 1, 5)), rng.standard_normal((2, 1, 3))],
        np.zeros((2, 1, 4)),
    )
    x, targets = rng.standard_normal((2, 6, 4)), rng.dirichlet(np.ones(3), (2, 6))

    def loss():
        scores = side_by_side.forward(networks, x)[0][-1]
        return float(-(targets * log_softmax(scores)).sum())

    outs, caches = side_by_side.forward(networks, x)
    dscores = np.exp(log_softmax(outs[-1])) - targets
    found = side_by_side.gradients(networks, outs, caches, dscores)
    for k, (dw, db) in enumerate(found):
        for array, gradient in ((networks.weights[k], dw), (networks.biases[k], db)):
            index = tuple(int(rng.integers(n)) for n in array.shape)
            before = array[index]
            array[index] = before + 1e-5
            ahead = loss()
            array[index] = before - 1e-5
            behind = loss()
            array[index] = before
            assert gradient[index] == pytest.approx((ahead - behind) / 2e-5, rel=1e-5, abs=1e-7)


def test_training_learns_and_prices_shrink_the_weights(task):
    plain = train(task, QUICK, seeds=SEEDS)
    assert plain.accuracy(task.test_images, task.test_labels).min() > 0.4
    assert plain.losses is not None
    assert np.all(plain.losses[-1] < plain.losses[0])
    for priced in (
        Recipe(hidden=(16,), epochs=10, l2=0.1),
        Recipe(hidden=(16,), epochs=10, l1=0.01),
    ):
        smaller = train(task, priced, seeds=SEEDS)
        sizes = [np.abs(n.weights[0]).sum(axis=(1, 2)) for n in (smaller, plain)]
        assert np.all(sizes[0] < 0.8 * sizes[1])


def test_the_penalties_of_training_are_those_of_the_room():
    rng = np.random.default_rng(0)
    images, labels = rng.random((1, 20, 1, 2, 2), np.float32), rng.integers(0, 3, (1, 20))
    one = Task(images, labels, images, labels, 3)
    start = side_by_side.fresh(one, Recipe(hidden=()), [np.random.default_rng([5, 1])]).weights[0]
    ends = {
        strength: train(
            one, Recipe(hidden=(), epochs=1, lr=0.5, l1=strength[0], l2=strength[1]), seeds=[5]
        ).weights[0]
        for strength in ((0.0, 0.0), (0.3, 0.0), (0.0, 0.3), (0.3, 0.7))
    }
    for (l1, l2), end in ends.items():
        slope = elastic_net_backward(1.0, elastic_net_forward(start, l1=l1, l2=l2)[1])
        assert np.allclose(ends[0.0, 0.0] - end, 0.5 * slope, atol=1e-6)  # one step of rate 0.5


def test_rates_may_differ_from_network_to_network(task):
    lr = np.array([0.0, 0.05, 0.1])[:, None, None]
    still = train(task, Recipe(hidden=(16,), epochs=2, lr=lr), seeds=SEEDS)
    fresh = side_by_side.fresh(task, QUICK, [np.random.default_rng([s, 1]) for s in SEEDS])
    assert np.array_equal(still.weights[0][0], fresh.weights[0][0])
    assert not np.allclose(still.weights[0][1], fresh.weights[0][1])


def test_gains_are_paired_differences():
    results = {"nothing": np.array([90.0, 80.0]), "more": np.array([91.0, 82.0])}
    gain = digits.gains(results)["more"]
    assert (gain.mean, gain.count) == (1.5, 2)
    assert list(digits.gains(results)) == ["more"]


def test_sides_are_half_and_half_and_the_swap_changes_both():
    sides = digits.side_task(range(4), 200)
    assert sides.labels.mean() == pytest.approx(0.5, abs=0.06)
    rng = np.random.default_rng(1)
    images, labels = np.arange(16.0).reshape(4, 1, 2, 2), np.array([0, 1, 0, 1])
    moved, changed = digits.swap_with_the_mirror(images, labels, rng)
    turned = ~np.all(moved == images, axis=(1, 2, 3))
    assert turned.any()
    assert np.array_equal(changed, np.where(turned, 1 - labels, labels))


def test_every_network_is_asked(task):
    few = digits.digit_task([0, 1], 60, test_size=50)
    ensemble = digits.every_network(few, (4,), seeds=[0, 1])
    assert ensemble.single.shape == (2, 16)
    assert ensemble.scaled.shape == ensemble.gap_arithmetic.shape == (2,)
    assert ensemble.gap_geometric.max() < 1e-12  # a theorem, in float64
    assert np.array_equal(ensemble.geometric, ensemble.scaled)
    assert ensemble.gap_arithmetic.min() > 1e-4
    assert digits.every_network(few, (2, 2), seeds=[0, 1]).gap_geometric.max() > 1e-5


def test_a_mask_that_keeps_half_of_each_unit_is_the_network_without_dropout(task):
    networks = train(task, Recipe(hidden=(3, 2), epochs=1, dropout=0.5), seeds=SEEDS)
    for k in SEEDS:
        images = task.test_images[k]
        halves = digits.masked(networks, k, images, np.full((1, 5), 0.5))[0]
        plain = log_softmax(networks.scores(task.test_images)[k])
        assert np.allclose(halves, plain, atol=1e-4)


def test_early_stops_go_back_to_the_best_held_out_epoch():
    found = digits.early_stops(range(2), train_size=80, held_out=20, wrong=0.2, patience=5)
    assert found.curves["held-out loss"].shape == (100, 2)
    assert np.all((found.learned >= 0) & (found.learned <= 100))
    for k in range(2):
        losses = found.curves["held-out loss"][: found.epochs[k], k]
        best = losses.argmin()
        assert found.stopped[k] == pytest.approx(found.curves["test accuracy"][best, k])
        assert found.epochs[k] == 100 or found.epochs[k] == best + 6


def test_margins_and_shares(task):
    networks = train(task, QUICK, seeds=SEEDS)
    margins = answers.margins(networks, task)
    right = networks.right(task.images, task.labels)
    assert np.array_equal(margins > 0, right)
    shares = answers.shares(networks, task.test_images[0])
    assert shares.shape == (200, 10)
    assert np.allclose(shares.sum(axis=1), 1)
    same = answers.changes_by_class(networks, networks, task)
    assert same.shape == (3, 10)
    assert not same.any()


def test_changes_by_class_are_shares_of_the_class(task):
    networks = train(task, QUICK, seeds=SEEDS)
    blind = Networks([w * 0 for w in networks.weights], networks.biases, networks.mean)
    change = answers.changes_by_class(networks, blind, task)
    right = networks.right(task.test_images, task.test_labels)
    for k in range(10):
        of_class = (task.test_labels == k).sum(axis=1)
        said = (np.argmax(networks.biases[-1][:, 0], axis=1) == k) * 1.0
        lucky = (right & (task.test_labels == k)).sum(axis=1) / of_class
        assert np.allclose(change[:, k], 100 * (lucky - said))


def test_polynomials_of_higher_degree_are_nearer_to_their_points():
    seen, unseen = experiments_choice.polynomial_errors([1, 3, 11, 30], range(3), length="legendre")
    assert np.all(np.diff(seen, axis=1) <= 1e-9)
    assert np.allclose(seen[:, 2:], 0, atol=1e-6)
    assert np.all(unseen[:, 1] < unseen[:, 2])


def test_all_lengths_agree_as_long_as_the_fit_is_unique():
    errors = [
        experiments_choice.polynomial_errors([2, 8], [0], length=length)[1]
        for length in experiments_choice.LENGTHS
    ]
    assert np.allclose(errors[0], errors[1])
    assert np.allclose(errors[0], errors[2])


def test_folds_are_pessimistic_when_there_are_few():
    study = experiments_choice.fold_study(range(12), folds=(2, 10))
    assert np.mean(study.estimates[2] - study.truth) < np.mean(study.estimates[10] - study.truth)
    assert study.truth.min() > 60


def test_the_best_of_many_looks_good_where_there_is_nothing():
    study = experiments_choice.selection_study(range(4), settings=(1, 100))
    assert np.all(study.best[100] >= study.best[1])
    assert study.best[100].mean() > 58
    assert 40 < study.fresh.mean() < 60


def test_a_landscape_has_a_ridge_and_two_searches_find_it():
    surface = landscape(0, side=4)
    assert surface.shape == (4, 4)
    assert surface.max() > 60 > surface[0].max()
    rng = np.random.default_rng(0)
    grid, random = search_study([surface], per_axis=2, rng=rng)
    assert grid.shape == random.shape == (1,)
    assert grid[0] <= surface.max()
    useless, as_many = search_study([surface], per_axis=2, useless=3, rng=rng)
    assert useless[0] == pytest.approx(grid[0], abs=4)  # other boxes, the same grid
    assert as_many[0] > random[0] + 4  # 32 random trials against 4
