"""Disturbed labels, their mean, and their gradient."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.regularization import disturb_label, replace_labels, smooth_labels

QUICK = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@QUICK
@given(classes=st.integers(2, 12), alpha=st.floats(0, 1), seed=st.integers(0, 999))
def test_targets_are_the_papers_distribution(classes, alpha, seed):
    labels = np.random.default_rng(seed).integers(0, classes, 6)
    q = smooth_labels(labels, classes, alpha, dtype=np.float64)
    assert np.allclose(q.sum(axis=1), 1)
    assert np.allclose(q[np.arange(6), labels], 1 - (classes - 1) / classes * alpha)
    assert np.allclose(np.sort(q, axis=1)[:, :-1], alpha / classes)


@pytest.mark.parametrize("alpha", [0.0, 0.2, 1.0])
def test_disturbed_labels_have_that_distribution(alpha):
    labels = np.repeat(np.arange(5), 20_000)
    drawn = disturb_label(labels, 5, alpha, np.random.default_rng(0))
    counts = np.zeros((5, 5))
    np.add.at(counts, (labels, drawn), 1)
    expected = smooth_labels(np.arange(5), 5, alpha, dtype=np.float64)
    assert np.abs(counts / 20_000 - expected).max() < 5 * np.sqrt(0.25 / 20_000)


def test_of_the_labels_less_than_alpha_become_wrong():
    labels = np.zeros(100_000, int)
    wrong = (disturb_label(labels, 10, 0.2, np.random.default_rng(1)) != 0).mean()
    assert wrong == pytest.approx(0.18, abs=0.006)


def test_the_mean_gradient_is_that_of_the_smoothed_label():
    rng = np.random.default_rng(2)
    classes, alpha = 4, 0.3
    p = softmax(rng.standard_normal((6, classes)))
    labels = rng.integers(0, classes, 6)
    q = smooth_labels(labels, classes, alpha, dtype=np.float64)
    # the gradient of the cross-entropy with respect to the scores is p − target, for each label
    # that can be drawn
    mean = sum(q[:, [c]] * (p - np.eye(classes)[c]) for c in range(classes))
    assert np.allclose(mean, p - q)


def test_replace_labels():
    out = replace_labels([3, 1, 2], [True, False, True], [0, 0, 0])
    assert out.tolist() == [0, 1, 0]


def test_errors():
    with pytest.raises(TypeError, match=r"labels must be whole numbers, \(N,\), got float64"):
        smooth_labels([0.0, 1.0], 3, 0.1)
    with pytest.raises(ValueError, match=r"labels must lie in 0 … 2, got 0 to 3"):
        disturb_label([0, 3], 3, 0.1, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"alpha must lie between 0 and 1, got 1\.5"):
        smooth_labels([0], 3, 1.5)
    with pytest.raises(ValueError, match="classes must be at least 2, got 1"):
        smooth_labels([0], 1, 0.1)
    with pytest.raises(TypeError, match=r"classes must be an int, got 3\.0"):
        smooth_labels([0], 3.0, 0.1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"must all be \(N,\), got \(2,\), \(1,\), \(2,\)"):
        replace_labels([0, 1], [True], [0, 1])
