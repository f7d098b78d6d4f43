"""The linear classifier finds the one minimum of its convex loss."""

import numpy as np
import pytest

from cvlib.datasets import load_digits, split
from cvlib.losses import (
    hinge_forward,
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)
from cvlib.shallow import linear_scores, train_linear

RNG = np.random.default_rng(0)
X = RNG.standard_normal((60, 4)) + 5
Y = (X[:, 0] > X[:, 1]).astype(int) + (X[:, 2] > 6)


def test_the_gradient_vanishes_at_the_minimum():
    found = train_linear(X, Y, 3, l2=0.1, steps=2000)
    x = (X - found.mean) / found.scale
    scores = linear_scores(x, found.w, found.b)
    dscores = softmax_cross_entropy_backward(1.0, softmax_cross_entropy_forward(scores, Y)[1])
    assert np.abs(dscores.T @ x + 0.1 * found.w).max() < 1e-4
    assert np.abs(dscores.sum(axis=0)).max() < 1e-4


def test_the_hinge_is_as_low_as_no_nearby_weights_make_it():
    found = train_linear(X, Y, 3, loss="hinge", l2=0.1, steps=2000)
    x = (X - found.mean) / found.scale

    def objective(w, b):
        return float(hinge_forward(linear_scores(x, w, b), Y)[0]) + 0.05 * float((w * w).sum())

    best, rng = objective(found.w, found.b), np.random.default_rng(1)
    for size in (1e-1, 1e-2):
        for _ in range(200):
            w = found.w + size * rng.standard_normal(found.w.shape)
            b = found.b + size * rng.standard_normal(found.b.shape)
            assert objective(w, b) > best - 1e-4


@pytest.mark.parametrize("loss", ["softmax", "hinge"])
def test_both_losses_learn_digits(loss):
    training, held_out = split(load_digits(), (1000, 700), seed=0)
    found = train_linear(training.images.reshape(1000, -1), training.labels, 10, loss=loss)
    assert found.w.dtype == np.float32
    features = held_out.images.reshape(700, -1)
    assert found.accuracy(features, held_out.labels) > 0.93
    assert found.accuracy(features, found.predict(features)) == 1
    assert found.scores(features).shape == (700, 10)


def test_scale_and_shift_of_a_feature_change_nothing():
    moved = X * np.array([1, 10, 0.1, 3]) + 7
    one, other = train_linear(X, Y, 3, l2=0.1), train_linear(moved, Y, 3, l2=0.1)
    assert np.allclose(one.scores(X), other.scores(moved), atol=1e-3)


def test_a_constant_feature_does_no_harm():
    constant = np.concatenate([X, np.full((60, 1), 3.3)], axis=1)
    found = train_linear(constant, Y, 3, l2=0.1)
    assert np.isfinite(found.w).all()
    assert np.abs(found.w[:, 4]).max() < 1e-3


def test_a_class_without_examples_keeps_its_row():
    assert train_linear(X, Y, 5).w.shape == (5, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: train_linear(X, Y, 3, loss="square"), "loss must be one of softmax, hinge"),
        (lambda: train_linear(X, Y, 3, l2=-1), "l2 must be at least 0, got -1"),
        (lambda: train_linear(X, Y, 3, steps=0), "steps must be at least 1, got 0"),
        (lambda: train_linear(X, Y[:5], 3), "got (60, 4) and (5,)"),
        (lambda: linear_scores(X, np.ones((3, 5))), "got (60, 4) and (3, 5)"),
        (lambda: linear_scores(X, np.ones((3, 4)), np.ones(4)), "b must have shape (3,)"),
        (lambda: train_linear(X, Y, 2), "labels must lie in 0 … 1"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        call()
    assert message in str(raised.value)
