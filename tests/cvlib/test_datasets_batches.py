"""Mini-batches show every example once an epoch; centring moves the mean to zero."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.datasets import batches, center, channel_mean, load_digits, mean_image


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
