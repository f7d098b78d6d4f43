"""What a colour histogram counts, and what it cannot see."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.shallow import color_histogram

SEEDS = st.integers(0, 2**32 - 1)
IMAGE = np.zeros((1, 3, 4, 4))


@given(seed=SEEDS, bins=st.integers(1, 6))
def test_it_is_a_distribution_and_forgets_where(seed, bins):
    rng = np.random.default_rng(seed)
    images = rng.random((2, 3, 5, 7))
    found = color_histogram(images, bins)
    assert found.shape == (2, bins**3)
    assert np.allclose(found.sum(axis=1), 1)
    mixed = images.reshape(2, 3, 35)[:, :, rng.permutation(35)].reshape(images.shape)
    assert np.array_equal(color_histogram(mixed, bins), found)


def test_a_color_falls_into_its_box():
    images = np.zeros((1, 3, 2, 2))
    images[0, :, 0, 0] = (1.0, 0.0, 0.3)  # the brightest level belongs to the last bin
    found = color_histogram(images, 4)[0].reshape(4, 4, 4)
    assert found[3, 0, 1] == 0.25
    assert found[0, 0, 0] == 0.75


@given(seed=SEEDS, bins=st.integers(1, 4), channels=st.integers(1, 3))
def test_it_counts_what_a_loop_counts(seed, bins, channels):
    images = np.random.default_rng(seed).random((2, channels, 3, 4))
    expected = np.zeros((2, *[bins] * channels))
    for n in range(2):
        for pixel in images[n].reshape(channels, -1).T:
            expected[(n, *(min(int(v * bins), bins - 1) for v in pixel))] += 1 / 12
    assert np.allclose(color_histogram(images, bins), expected.reshape(2, -1))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    assert color_histogram(IMAGE.astype(dtype)).dtype == dtype


def test_no_images_have_no_histograms():
    assert color_histogram(IMAGE[:0], 2).shape == (0, 8)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: color_histogram([[1]]),  # type: ignore[arg-type]
            TypeError,
            "images must be a NumPy array, got list",
        ),
        (lambda: color_histogram(IMAGE[0]), ValueError, "4 axes (N, C, H, W), got 3"),
        (lambda: color_histogram(IMAGE + 2), ValueError, "must lie in [0, 1], got 2 … 2"),
        (lambda: color_histogram(IMAGE - 1), ValueError, "must lie in [0, 1], got -1 … -1"),
        (lambda: color_histogram(IMAGE * np.nan), ValueError, "must lie in [0, 1], got nan"),
        (lambda: color_histogram(IMAGE, True), TypeError, "bins must be an int, got True"),
        (lambda: color_histogram(IMAGE, 0), ValueError, "bins must be at least 1, got 0"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)
