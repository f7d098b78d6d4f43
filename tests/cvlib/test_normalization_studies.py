"""The studies of networks side by side count errors, choose rates and show maps as they say."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from short_runs import SAME_ERRORS, SHORT
from torch.nn import functional

from cvlib.normalization import experiments
from cvlib.normalization.experiments.stack import Design
from cvlib.normalization.experiments.stack_digits import VALIDATION
from cvlib.normalization.experiments.stack_training import Runs, measure_errors, train


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def test_errors_count_wrong_answers_in_the_order_asked_for():
    runs = train(Design("batch"), seeds=[0], **SHORT)
    for images, measured in (
        (runs.digits.test, runs.errors),
        (runs.digits.validation, runs.validation_errors),
    ):
        x, labels = runs.digits.batch(images)
        with torch.no_grad():
            wrong = (runs.stack.scores(x, training=False).argmax(1) != labels).double().mean(1)
        assert np.allclose(measured, wrong.numpy(), atol=SAME_ERRORS)


def test_sorted_images_stand_beside_their_class():
    runs = train(Design("batch"), seeds=[0], **SHORT)
    asked: list[tuple[int, dict[str, Any]]] = []

    def no_scores(x, **options):
        asked.append((x.shape[-1], options))
        return torch.zeros(1, 10, x.shape[-1])

    runs.stack.scores = no_scores  # type: ignore[method-assign]
    errors = measure_errors(runs.stack, runs.digits, by_batches_of=10, sort=True)
    assert asked == [(10, {"training": False, "by_batches_of": 10})] * len(asked)
    labels = runs.digits.labels.numpy()[runs.digits.test[0]]
    first = np.sort(labels)[: len(labels) // 10 * 10]
    assert np.isclose(errors[0], (first != 0).mean())  # all scores 0: everybody says 0


RATES = (0.1, 0.2, 0.4, 0.8)


def test_a_rate_is_chosen_on_validation_images_only():
    validation = np.array([[0.3, 0.5], [0.06, 0.05], [0.04, 0.5], [0.9, 0.9]])
    test = np.array([[0.2, 0.2], [0.1, 0.3], [0.0, 0.0], [0.9, 0.9]])
    runs = Runs(RATES, np.empty(0), validation, test, None, None)  # type: ignore[arg-type]
    assert runs.chosen_rate == 0.2
    assert runs.chosen_errors.tolist() == [0.1, 0.3]
    other = dataclasses.replace(runs, errors=test[::-1])
    assert other.chosen_rate == 0.2


def test_the_largest_rate_that_works():
    validation = np.array([[0.3, 0.5], [0.05, 0.5], [0.04, 0.5], [0.9, 0.9]])
    runs = Runs(RATES, np.empty(0), validation, validation, None, None)  # type: ignore[arg-type]
    assert np.allclose(runs.largest_rates(0.1), [0.4, 0.05])


def test_the_studies_have_the_shapes_they_promise():
    runs = train(Design("batch"), seeds=[0, 1], **SHORT)
    found = experiments.errors_by_statistics(runs)
    assert list(found) == list(experiments.STATISTICS)
    assert all(errors.shape == (2,) for errors in found.values())
    maps = experiments.maps_before_norm(runs)
    count = 1797 - 128 - VALIDATION
    assert [m.shape for m in maps] == [
        (2, count, 8, 4, 4), (2, count, 16, 2, 2), (2, count, 16, 2, 2),
    ]  # fmt: skip
    stale = experiments.stale_statistics((1, 3), seeds=[0, 1])
    assert stale.running.shape == stale.batch.shape == (2, 2)
    study = experiments.weight_decay_study((0.0, 0.1), seeds=[0], steps=4)
    assert study.squared_norms.shape == (4, 2, 1)
    assert study.turns.shape == (3, 2, 1)
    assert study.losses.shape == (4, 2, 1)
    assert np.allclose(study.predicted, [0, np.sqrt(2 * 0.5 * 0.1)])


def test_maps_before_a_norm_are_the_convolutions_of_the_test_images():
    runs = train(Design("none"), seeds=[0, 1], **SHORT)
    first, *_ = experiments.maps_before_norm(runs)
    images = runs.digits.images.reshape(-1, 1, 8, 8)[torch.from_numpy(runs.digits.test[1, :5])]
    with torch.no_grad():
        expected = functional.conv2d(images, runs.stack.kernels[0][1], stride=2, padding=1)
    assert np.allclose(first[1, :5], expected.numpy(), atol=1e-5)


def test_without_decay_kernels_before_a_norm_only_grow():
    study = experiments.weight_decay_study((0.0,), seeds=[0, 1], steps=20)
    grown = np.diff(study.squared_norms, axis=0) / study.squared_norms[:-1]
    assert np.all(grown > -1e-5)  # ε and single precision
    assert np.all(study.squared_norms[-1] > study.squared_norms[0])
