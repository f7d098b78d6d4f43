"""When to stop, how to split, where to search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.regularization import (
    EarlyStopping,
    Range,
    cross_validate,
    grid_points,
    grouped_k_fold,
    k_fold,
    random_points,
    stopping_point,
    stratified_k_fold,
)

QUICK = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("losses", "patience", "expected"),
    [
        ([5, 4, 3, 4, 5, 2, 1], 2, (2, 5)),  # stops before it would have got better
        ([5, 4, 3, 4, 5, 2, 1], 3, (6, 7)),
        ([3, 3, 3, 3], 2, (0, 3)),  # a tie is no improvement
        ([1, 2], 5, (0, 2)),
        ([1], 1, (0, 1)),
        ([4, 3, 2, 1], 1, (3, 4)),
    ],
)
def test_stopping_point(losses, patience, expected):
    assert stopping_point(losses, patience) == expected


def test_small_gains_do_not_count_when_asked():
    assert stopping_point([1, 0.99, 0.98, 0.97], 2, min_delta=0.1) == (0, 3)


def test_the_rule_says_when_to_keep_the_weights():
    rule = EarlyStopping(2)
    said = [(rule.update(loss), rule.finished) for loss in (3.0, 2.0, 2.5, 2.5)]
    assert said == [(True, False), (True, False), (False, False), (False, True)]
    assert (rule.best, rule.best_epoch) == (2.0, 1)


@QUICK
@given(data=st.data(), seed=st.integers(0, 999))
def test_every_example_is_validated_on_once_and_never_trained_on_then(data, seed):
    count = data.draw(st.integers(2, 40))
    folds = data.draw(st.integers(2, count))
    splits = k_fold(count, folds, np.random.default_rng(seed))
    assert len(splits) == folds
    validated = np.concatenate([v for _, v in splits])
    assert np.array_equal(np.sort(validated), np.arange(count))
    sizes = [len(v) for _, v in splits]
    assert max(sizes) - min(sizes) <= 1
    for training, validation in splits:
        assert np.array_equal(np.sort(np.concatenate([training, validation])), np.arange(count))


def test_folds_are_shuffled():
    first, second = (k_fold(50, 5, np.random.default_rng(s))[0][1] for s in (0, 1))
    assert not np.array_equal(first, second)


@QUICK
@given(seed=st.integers(0, 999), folds=st.integers(2, 5))
def test_strata_are_dealt_evenly(seed, folds):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, 47)
    splits = stratified_k_fold(labels, folds, rng)
    counts = np.array([np.bincount(labels[v], minlength=3) for _, v in splits])
    assert np.array_equal(counts.sum(axis=0), np.bincount(labels, minlength=3))
    assert np.ptp(counts, axis=0).max() <= 1
    assert np.ptp(counts.sum(axis=1)) <= 1


@QUICK
@given(seed=st.integers(0, 999), folds=st.integers(2, 5))
def test_groups_stay_together(seed, folds):
    rng = np.random.default_rng(seed)
    groups = np.concatenate([np.arange(6), rng.integers(0, 6, 20)]) * 7
    splits = grouped_k_fold(groups, folds, rng)
    assert np.array_equal(np.sort(np.concatenate([v for _, v in splits])), np.arange(26))
    for training, validation in splits:
        assert not set(groups[training]) & set(groups[validation])
        assert len(validation)


def test_cross_validate_calls_once_a_fold():
    splits = k_fold(10, 5, np.random.default_rng(0))
    assert cross_validate(lambda t, v: len(t) + len(v) / 10, splits).tolist() == [8.2] * 5


def test_grid_and_random_points_lie_in_their_ranges():
    space = {"lr": Range(1e-4, 1.0, log=True), "width": Range(2.0, 10.0)}
    grid = grid_points(space, 3)
    assert len(grid) == 9
    assert sorted({p["width"] for p in grid}) == pytest.approx([2 + 8 / 6, 6, 2 + 40 / 6])
    assert sorted({p["lr"] for p in grid})[1] == pytest.approx(0.01)
    drawn = random_points(space, 400, np.random.default_rng(0))
    assert len({p["lr"] for p in drawn}) == 400
    assert all(1e-4 <= p["lr"] <= 1 and 2 <= p["width"] <= 10 for p in drawn)
    assert np.mean([np.log10(p["lr"]) for p in drawn]) == pytest.approx(-2, abs=0.3)
    assert np.median([p["width"] for p in drawn]) == pytest.approx(6, abs=0.5)


def test_errors():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="patience must be at least 1, got 0"):
        EarlyStopping(0)
    with pytest.raises(ValueError, match="min_delta must be at least 0"):
        EarlyStopping(1, min_delta=-1)
    with pytest.raises(ValueError, match="expected a loss, got nan after epoch 1"):
        stopping_point([1.0, float("nan")], 3)
    with pytest.raises(ValueError, match="expected at least one loss, got none"):
        stopping_point([], 3)
    with pytest.raises(ValueError, match="folds must be at least 2, got 1"):
        k_fold(10, 1, rng)
    with pytest.raises(ValueError, match="at most as many folds as examples, 3, got 4"):
        stratified_k_fold([0, 0, 1], 4, rng)
    with pytest.raises(ValueError, match="at most as many folds as groups, 2, got 3"):
        grouped_k_fold([0, 0, 1, 1], 3, rng)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        k_fold(0, 2, rng)
    with pytest.raises(ValueError, match=r"expected low < high, got 2\.0 and 1\.0"):
        Range(2.0, 1.0)
    with pytest.raises(ValueError, match="must start above 0, got 0"):
        Range(0.0, 1.0, log=True)
    with pytest.raises(ValueError, match="per_axis must be at least 1, got 0"):
        grid_points({}, 0)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        random_points({}, 0, rng)
