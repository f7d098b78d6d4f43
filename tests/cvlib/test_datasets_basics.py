"""Datasets, the digits and photographs, splits, mini-batches and centring."""

import re
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.datasets import (
    Dataset,
    batches,
    center,
    channel_mean,
    load_digits,
    mean_image,
    photo,
    split,
)
from cvlib.datasets.photos import PHOTOS


def numbered(labels, classes=None):
    """Return a dataset whose image n has the value n, so that an example can be recognized."""
    labels = np.asarray(labels, np.int64)
    images = np.arange(len(labels), dtype=np.float32)[:, None, None, None]
    names = tuple(f"class {k}" for k in range(classes or labels.max(initial=0) + 1))
    return Dataset(images, labels, names)


def identities(dataset):
    return dataset.images[:, 0, 0, 0].astype(int).tolist()


def test_digits_are_the_real_ones():
    digits = load_digits()
    assert digits.images.shape == (1797, 1, 8, 8)
    assert digits.images.dtype == np.float32
    assert (digits.images.min(), digits.images.max()) == (0.0, 1.0)
    assert np.array_equal(digits.images * 16, np.round(digits.images * 16))
    assert digits.class_names == tuple("0123456789")
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    # nobody's change of the arrays reaches the next caller
    digits.images[:] = 0
    assert load_digits().images.max() == 1.0


def test_importing_the_room_imports_no_other():
    source = (
        "import sys, cvlib.datasets; print(sorted({m.split('.')[0] for m in sys.modules} & "
        "{'sklearn', 'skimage', 'scipy', 'torch', 'matplotlib', 'PIL'}), "
        "sorted(m for m in sys.modules if m.count('.') == 1 and m.startswith('cvlib.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] ['cvlib.datasets']"


@pytest.mark.parametrize("name", PHOTOS)
def test_photos(name):
    pixels = photo(name)
    assert pixels.dtype == np.float32
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert 0 <= pixels.min() < 0.25
    assert 0.7 < pixels.max() <= 1
    grey = bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 1:2] == pixels).all())
    assert grey == (name in ("camera", "brick", "coins", "grass", "gravel", "moon"))


def test_an_unknown_photo_is_refused():
    with pytest.raises(ValueError, match=r"name must be one of china, .*, got 'lena'"):
        photo("lena")


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


@st.composite
def splits(draw):
    """Draw labels, balanced or not, and sizes of two to four parts that need not use all."""
    counts = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6))
    labels = np.repeat(np.arange(len(counts)), counts)
    sizes, left = [], len(labels)
    for _ in range(draw(st.integers(1, 4))):
        if left:
            sizes.append(draw(st.integers(1, left)))
            left -= sizes[-1]
    return labels, sizes, draw(st.integers(0, 2**32))


@given(splits())
def test_parts_are_disjoint_and_hold_each_class_in_proportion(case):
    labels, sizes, seed = case
    dataset = numbered(labels)
    parts = split(dataset, sizes, seed=seed)
    assert [len(part) for part in parts] == sizes
    seen = [k for part in parts for k in identities(part)]
    assert len(set(seen)) == len(seen)
    for part in parts:
        assert part.labels.tolist() == labels[identities(part)].tolist()
        due = np.bincount(labels) * len(part) / len(labels)
        # at either end of a part a class is off by at most ½, and ½ for each class in its share
        bound = 1 + np.bincount(labels) * dataset.classes / len(labels)
        assert (np.abs(np.bincount(part.labels, minlength=dataset.classes) - due) <= bound).all()


def test_balanced_classes_stay_balanced():
    parts = split(numbered(np.arange(1000) % 10), (0.6, 0.2, 0.2), seed=3)
    assert [np.bincount(part.labels).tolist() for part in parts] == [
        [60] * 10,
        [20] * 10,
        [20] * 10,
    ]


def test_shares_use_every_example_once():
    parts = split(load_digits(), (0.7, 0.15, 0.15), seed=0)
    assert sum(map(len, parts)) == 1797
    assert [len(part) for part in parts] == [1258, 269, 270]
    leftover = split(numbered([0] * 10), (0.25, 0.5), seed=0)
    assert [len(part) for part in leftover] == [2, 6]


def test_the_seed_decides_and_classes_are_mixed():
    digits = load_digits()
    first, again, other = (split(digits, (1000,), seed=seed)[0] for seed in (4, 4, 5))
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)
    # neither sorted by class, nor every class in turn: neighbours agree as often as by chance
    assert 0.06 < (np.diff(first.labels) == 0).mean() < 0.14


def test_the_same_share_of_a_class_lands_in_each_part_on_average():
    counts: Counter[object] = Counter()
    for seed in range(200):
        counts.update(identities(split(numbered([0, 0, 0, 1, 1, 1]), (2, 4), seed=seed)[0]))
    # every example is in the first part in a third of the splits: 66.7 ± 6.7 times
    assert all(40 <= counts[k] <= 94 for k in range(6))


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((), ValueError, "sizes must list at least one part, got ()"),
        (5, ValueError, "sizes must list at least one part, got 5"),
        ((1, 0.5), TypeError, "sizes must be all ints or all floats, got [1, 0.5]"),
        ((True,), TypeError, "sizes must be all ints or all floats, got [True]"),
        ((2, 0), ValueError, "each size must be greater than 0, got [2, 0]"),
        ((0.5, -0.1), ValueError, "each size must be greater than 0, got [0.5, -0.1]"),
        ((float("nan"),), ValueError, "each size must be greater than 0, got [nan]"),
        ((3, 2), ValueError, "sizes add up to 5, the dataset has 4 examples"),
        ((0.8, 0.3), ValueError, "shares must add up to at most 1, got [0.8, 0.3]: 1.1"),
        ((0.99, 0.01), ValueError,
         "a share of 4 examples is empty: shares [0.99, 0.01] give [4, 0]"),
    ],
)  # fmt: skip
def test_sizes_that_do_not_fit(sizes, error, message):
    with pytest.raises(error, match=re.escape(message)):
        split(numbered([0, 1, 0, 1]), sizes, seed=0)


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 2**32))
def test_an_epoch_shows_every_example_once(n, size, seed):
    found = list(batches(n, size, np.random.default_rng(seed)))
    assert all(len(batch) == size for batch in found[:-1])
    assert all(batch.dtype == np.intp for batch in found)
    assert sorted(np.concatenate([np.empty(0, np.intp), *found]).tolist()) == list(range(n))
    again = list(batches(n, size, np.random.default_rng(seed)))
    assert [batch.tolist() for batch in again] == [batch.tolist() for batch in found]


def test_the_next_epoch_has_another_order():
    rng = np.random.default_rng(0)
    first, second = (np.concatenate(list(batches(100, 7, rng))) for _ in range(2))
    assert first.tolist() != second.tolist()
    assert first.tolist() != list(range(100))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1, 2, np.random.default_rng(0)), ValueError, "n must be at least 0, got -1"),
        ((5, 0, np.random.default_rng(0)), ValueError, "size must be at least 1, got 0"),
        ((5.0, 2, np.random.default_rng(0)), TypeError, "n must be an int, got 5.0"),
        ((5, True, np.random.default_rng(0)), TypeError, "size must be an int, got True"),
        ((5, 2, 7), TypeError, "rng must be a numpy.random.Generator, got int"),
    ],
)
def test_batches_complain_at_once(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        batches(*arguments)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_centring_moves_the_mean_to_zero(dtype):
    rng = np.random.default_rng(0)
    images = (rng.random((50, 3, 4, 5)) * 200).astype(dtype)
    result = np.float32 if dtype == np.uint8 else dtype
    for mean, shape, axes in ((mean_image, (3, 4, 5), 0), (channel_mean, (3,), (0, 2, 3))):
        found = mean(images)
        assert (found.shape, found.dtype) == (shape, result)
        np.testing.assert_allclose(found, images.astype(float).mean(axis=axes), rtol=1e-6)
        moved = center(images, found)
        assert (moved.shape, moved.dtype) == (images.shape, result)
        np.testing.assert_allclose(moved.mean(axis=axes, dtype=float), 0, atol=1e-4)
        back = moved + (found if found.ndim == 3 else found[:, None, None])
        np.testing.assert_allclose(back, images, atol=1e-4)
    assert center(images[:0], mean_image(images)).shape == (0, 3, 4, 5)


def test_a_mean_image_removes_more_than_a_mean_colour():
    digits = load_digits().images
    by_pixel, by_channel = (center(digits, mean(digits)) for mean in (mean_image, channel_mean))
    assert by_pixel.var() < by_channel.var()
    np.testing.assert_allclose(by_channel.var(), digits.var(), rtol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mean_image([[0]]), TypeError,  # type: ignore[arg-type]
         "images must be a NumPy array, got list"),
        (lambda: mean_image(np.zeros((2, 1, 3, 3), int)), TypeError,
         "images must be uint8, float32 or float64, got int64"),
        (lambda: channel_mean(np.zeros((2, 3))), ValueError,
         "images must have 4 axes (N, C, H, W), got 2: shape (2, 3)"),
        (lambda: mean_image(np.zeros((0, 1, 3, 3))), ValueError,
         "expected at least one image to average, got none (images.shape[0])"),
        (lambda: center(np.zeros((2, 3, 4, 4)), np.zeros(4)), ValueError,
         "mean must have the shape of an image (3, 4, 4) or one number a channel (3,), "
         "got (4,) (mean.shape)"),
    ],
)  # fmt: skip
def test_centring_refuses_what_does_not_fit(call, error, message):
    with pytest.raises(error, match=re.escape(message)):
        call()
