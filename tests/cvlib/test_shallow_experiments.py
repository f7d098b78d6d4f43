"""The experiments measure what they say: checked on cases whose answer is known."""

import itertools
from typing import cast

import numpy as np
import pytest
import torch

from cvlib.datasets import Dataset, load_digits, split
from cvlib.shallow import experiments, train_linear
from cvlib.shallow.experiments.network import build_network, train_networks
from cvlib.shallow.experiments.pipelines import (
    NETWORK,
    PENALTIES,
    RATES,
    learning_curves,
    train_shallow,
)
from cvlib.shallow.experiments.selection import BOARD, PATCH, TILE, cut_from_tiles
from cvlib.shallow.experiments.tasks import PLACES, Parts, Task, pixels, tasks
from cvlib.shallow.experiments.zero_centring import descend, expected_confidence, one_sign_share


@pytest.fixture(scope="module")
def digits():
    return split(load_digits(), (200, 100, 200), seed=0)


# --- tasks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", tasks(), ids=lambda t: t.name)
def test_a_task_draws_what_it_says(task):
    n = min(task.sizes)
    first, again, other = task.draw(n, 0), task.draw(n, 0), task.draw(n, 1)
    assert len(first[0]) == n
    for one, same in zip(first, again, strict=True):
        assert np.array_equal(one.images, same.images)
    assert not np.array_equal(first[0].images, other[0].images)
    assert min(len(part) for part in first[1:]) >= 200
    for describe in task.descriptors.values():
        assert describe(first[0].images).shape[0] == n


def test_scenes_test_on_the_same_images_whatever_the_size():
    shapes = tasks()[-1]
    assert np.array_equal(shapes.draw(100, 0)[2].images, shapes.draw(300, 0)[2].images)


def test_no_column_of_a_photo_is_in_two_parts():
    ends = [end for place in PLACES for end in place]
    assert ends == sorted(ends)
    wide = {"a": np.tile(np.arange(200.0) / 200, (40, 1))}
    rng = np.random.default_rng(0)
    parts = [experiments.cut_patches(wide, 50, place, rng) for place in PLACES]
    for before, after in itertools.pairwise(parts):
        assert before.images.max() < after.images.min()


# --- training ---------------------------------------------------------------------------------


def test_networks_learn_keep_the_generator_and_repeat_themselves(digits):
    training, _, test = digits
    torch.manual_seed(5)
    before = torch.get_rng_state()
    (one,), (two,) = (train_networks([training], seeds=[3], steps=60) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert np.array_equal(one.scores(test.images), two.scores(test.images))
    # by chance it would be one in ten
    assert (one.predict(test.images) == test.labels).mean() > 0.5


def test_networks_side_by_side_are_those_trained_alone(digits):
    parts = digits[0].subset(slice(50)), digits[0].subset(slice(50, 90))
    together = train_networks(parts, seeds=[3, 4], steps=6, width=4)
    for part, seed, network in zip(parts, (3, 4), together, strict=True):
        (alone,) = train_networks([part], seeds=[seed], steps=6, width=4)
        assert np.allclose(network.mean, alone.mean)
        for one, other in zip(network.module.parameters(), alone.module.parameters(), strict=True):
            # Adam divides by the gradient's size: where that is rounding, so is the step's sign
            assert np.median(np.abs((one - other).detach().numpy())) < 1e-6
        fresh = build_network(1, 8, 10, width=4, seed=seed)
        assert not torch.equal(fresh[0].weight, network.module[0].weight)


def test_the_network_has_the_parameters_that_a_hand_counts():
    module = build_network(3, 16, 6, width=12, seed=0)
    hand = 12 * 28 + 24 * 109 + 24 * 217 + 6 * (24 * 4 + 1)
    assert sum(p.numel() for p in module.parameters()) == hand
    assert experiments.count_network_parameters(tasks()[-1]) == hand
    small = build_network(1, 8, 10, width=12, seed=0)
    assert sum(p.numel() for p in small.parameters()) == 120 + 24 * 109 + 10 * (24 * 4 + 1)


def test_learning_curves_hold_what_the_pipelines_got_right(digits):
    task = Task(
        "t",
        lambda n, seed: cast(Parts, split(load_digits(), (n, 50, 80), seed=seed)),
        {"pixels": pixels},
        (20, 60),
        steps=20,
    )
    curves = learning_curves(task, seeds=(0, 1))
    assert set(curves.accuracy) == {"pixels", NETWORK}
    for row, (trained, test) in enumerate(zip(curves.trained, curves.tests, strict=True)):
        right = (trained["pixels"](test.images) == test.labels).mean()
        assert curves.accuracy["pixels"][row, 1] == right
    assert curves.fitted["pixels"].mean() > curves.accuracy["pixels"].mean()
    gain = curves.accuracy["pixels"][:, 0] - curves.accuracy[NETWORK][:, 0]
    assert np.array_equal(curves.gain("pixels", NETWORK, 20), gain)


def test_the_penalty_is_chosen_on_the_validation_images(digits):
    training, validation, _ = digits
    chosen = train_shallow(pixels, training, validation)
    each = [
        train_linear(pixels(training.images), training.labels, 10, l2=l2, steps=60)
        for l2 in PENALTIES
    ]
    right = [c.accuracy(pixels(validation.images), validation.labels) for c in each]
    best = each[int(np.argmax(right))]
    assert np.array_equal(chosen(digits[2].images), best.predict(pixels(digits[2].images)))


def test_the_rate_is_chosen_on_the_validation_images(digits):
    training, validation, test = digits
    task = Task("t", lambda n, seed: (training, validation, test), {}, (200,), steps=20)
    curves = learning_curves(task, seeds=(3,))
    each = [train_networks([training], seeds=[3], steps=20, lr=lr)[0] for lr in RATES]
    right = [(n.predict(validation.images) == validation.labels).mean() for n in each]
    best = each[int(np.argmax(right))]
    assert curves.accuracy[NETWORK][0, 0] == (best.predict(test.images) == test.labels).mean()


# --- selection --------------------------------------------------------------------------------


def test_the_expected_best_is_exact_in_a_case_small_enough_to_list():
    # two guessers, one image, right with probability p: the best is right unless both are wrong
    assert np.isclose(experiments.expected_best(2, 1, 0.3), 1 - 0.7**2)
    assert np.isclose(experiments.expected_best(1, 40, 0.1), 0.1)


def test_the_best_guesser_is_as_good_as_expected_and_no_better_on_new_images():
    shown, fresh = experiments.best_guesser((1, 50), 200, 10, seeds=range(60))
    # five standard errors: one guesser's accuracy on 200 images spreads by √(0.09 / 200) = 0.021
    assert abs(shown[:, 1].mean() - experiments.expected_best(50, 200, 0.1)) < 0.0137
    assert abs(fresh[:, 1].mean() - 0.1) < 0.0137


def test_hoeffding_holds_for_all_candidates_at_once():
    rng = np.random.default_rng(0)
    worst = np.abs(rng.binomial(100, 0.5, size=(2000, 20)) / 100 - 0.5).max(axis=1)
    assert (worst > experiments.hoeffding_gap(20, 100)).mean() < 0.05
    assert np.isclose(experiments.hoeffding_gap(20, 33_400), 0.01, atol=2e-4)


def test_the_nearest_neighbour_of_a_training_image_is_itself(digits):
    assert experiments.nearest_neighbour(digits[0], digits[0]) == 1
    assert experiments.nearest_neighbour(digits[0], digits[2]) > 0.5


def test_patches_stay_inside_of_their_tiles():
    rows, columns = (n * TILE for n in BOARD)
    names = np.arange(rows)[:, None] // TILE * BOARD[1] + np.arange(columns) // TILE
    tiles = np.array([[0, 3], [2, 11]])
    cut = cut_from_tiles({"a": names / 100}, tiles, 40, np.random.default_rng(0))
    assert cut.images.shape == (40, 1, PATCH, PATCH)
    assert (cut.images.reshape(40, -1).min(axis=1) == cut.images.reshape(40, -1).max(axis=1)).all()
    assert set(np.unique(np.round(100 * cut.images)).astype(int)) == {3, 2 * BOARD[1] + 11}


def test_overlap_helps_on_noise_where_nothing_else_can():
    rng = np.random.default_rng(1)
    photos = {name: rng.random((128, 384)) for name in "ab"}
    found = experiments.three_tests(photos, seeds=range(2), n=12_000, held_out=200)
    overlapping, beside, place = (found[name].mean() for name in experiments.TESTS)
    # of 2 · 24 · 17² places, 12,000 draws meet 58 %; elsewhere a coin is tossed, 400 times
    assert overlapping > 0.65
    assert abs(beside - 0.5) < 0.15
    assert abs(place - 0.5) < 0.15


# --- centring ---------------------------------------------------------------------------------


def test_one_image_without_negative_entries_gives_one_sign():
    rng = np.random.default_rng(0)
    x, y = rng.random((50, 8)), rng.integers(3, size=50)
    assert one_sign_share(x, y, 1, seed=0, trials=20) == 1
    assert one_sign_share(x - x.mean(axis=0), y, 1, seed=0, trials=20) < 0.1


def test_descent_never_rises_and_its_eigenvalue_is_bounded_by_the_mean():
    rng = np.random.default_rng(0)
    x, y = rng.random((80, 5)) + 2, rng.integers(3, size=80)
    run = descend(x, y, steps=50)
    assert (np.diff(run.losses) <= 1e-12).all()
    assert np.isclose(run.losses[0], np.log(3))
    assert run.eigenvalues[-1] >= 1 + (x.mean(axis=0) ** 2).sum()
    assert run.steps_to(run.losses[7]) == 7
    assert run.steps_to(0.0) is None


def test_centring_speeds_up_and_does_not_move_the_minimum(digits):
    x, y = pixels(digits[0].images).astype(float), digits[0].labels
    slow, fast = (descend(v, y, steps=150).losses[-1] for v in (x, x - x.mean(axis=0)))
    assert fast < slow / 2


def test_confidence_and_accuracy_by_hand():
    p = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3]])
    confidence, right = expected_confidence(p, np.array([0, 0, 0]))
    assert np.isclose(confidence, 2.2 / 3)
    assert np.isclose(right, 2 / 3)


def test_a_higher_penalty_makes_less_sure(digits):
    training, _, test = digits
    run = (pixels(training.images), training.labels, pixels(test.images), test.labels)
    confidence, accuracy = experiments.confidences([run], (1e-4, 1.0))
    assert confidence.shape == accuracy.shape == (1, 2)
    assert confidence[0, 0] > confidence[0, 1] + 0.2


def test_datasets_of_tasks_are_datasets():
    assert all(isinstance(part, Dataset) for part in tasks()[2].draw(14, 0))
