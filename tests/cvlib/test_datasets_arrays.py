"""A dataset is its arrays: its length and classes, parts of it, and what does not fit."""

import re

import numpy as np
import pytest
from numbered_images import identities, numbered

from cvlib.datasets import Dataset


def test_a_dataset_knows_its_length_and_classes():
    dataset = numbered([0, 2, 1, 2], classes=4)
    assert (len(dataset), dataset.classes) == (4, 4)
    listed = Dataset(dataset.images, dataset.labels, list("abcd"))  # type: ignore[arg-type]
    assert listed.class_names == tuple("abcd")


def test_subset_keeps_the_order_asked_for():
    dataset = numbered([0, 2, 1, 2])
    for indices, expected in (
        ([3, 0, 3], [3, 0, 3]),
        (np.array([-1, 1]), [3, 1]),
        (np.array([True, False, False, True]), [0, 3]),
        (slice(1, 3), [1, 2]),
        ([], []),
    ):
        part = dataset.subset(indices)
        assert identities(part) == expected
        assert part.labels.tolist() == [dataset.labels.tolist()[k] for k in expected]
        assert part.class_names == dataset.class_names


def test_bytes_become_floats():
    images = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1)
    dataset = Dataset(images, np.zeros(3, np.int64), ("one",)).as_float()
    assert dataset.images.dtype == np.float32
    np.testing.assert_array_equal(dataset.images.ravel(), np.array([0, 0.2, 1], np.float32))
    assert dataset.as_float() is dataset


IMAGES, LABELS = np.zeros((2, 1, 3, 3), np.float32), np.zeros(2, np.int64)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([[0]], LABELS, ("a",)), TypeError, "images must be a NumPy array, got list"),
        ((IMAGES, [0, 0], ("a",)), TypeError, "labels must be a NumPy array, got list"),
        ((IMAGES.astype(float), LABELS, ("a",)), TypeError,
         "images must be float32 or uint8, got float64"),
        ((IMAGES[0], LABELS, ("a",)), ValueError,
         "images must have 4 axes (N, C, H, W), got 3: shape (1, 3, 3)"),
        ((IMAGES, LABELS.astype(np.int32), ("a",)), TypeError, "labels must be int64, got int32"),
        ((IMAGES, LABELS[:1], ("a",)), ValueError,
         "2 images need labels of shape (2,), got (1,) (labels.shape)"),
        ((IMAGES, LABELS + 1, ("a",)), ValueError,
         "labels must lie in 0 … 0 for 1 class names, got 1 … 1"),
        ((IMAGES, LABELS - 1, ("a",)), ValueError,
         "labels must lie in 0 … 0 for 1 class names, got -1 … -1"),
    ],
)  # fmt: skip
def test_a_dataset_that_does_not_fit_is_refused(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        Dataset(*arguments)


@pytest.mark.parametrize(
    ("indices", "error", "message"),
    [
        ([[0]], ValueError, "indices must have 1 axis, got 2: shape (1, 1)"),
        (0, ValueError, "indices must have 1 axis, got 0: shape ()"),
        ([0.5], TypeError, "indices must be ints or booleans, got float64"),
    ],
)
def test_indices_that_choose_nothing_sensible(indices, error, message):
    with pytest.raises(error, match=re.escape(message)):
        numbered([0, 1]).subset(indices)
