"""What the changes of the images change, and what a descriptor does not see of them."""

import numpy as np

from cvlib.datasets import make_shapes
from cvlib.shallow import color_histogram, hog
from cvlib.shallow.experiments.invariance import CHANGES, changed_share, shift, shuffle_pixels


def test_a_shift_moves_and_repeats_the_border():
    x = np.arange(12.0).reshape(1, 1, 3, 4)
    assert shift(x, 0, 1)[0, 0].tolist() == [[0, 0, 1, 2], [4, 4, 5, 6], [8, 8, 9, 10]]
    assert shift(x, -1, 0)[0, 0].tolist() == [[4, 5, 6, 7], [8, 9, 10, 11], [8, 9, 10, 11]]


def test_shuffled_pixels_are_the_same_pixels():
    x = np.random.default_rng(0).random((2, 3, 4, 4))
    mixed = shuffle_pixels(x)
    assert not np.array_equal(mixed, x)
    assert np.allclose(np.sort(mixed.reshape(2, 3, -1)), np.sort(x.reshape(2, 3, -1)))


def test_what_is_built_in_does_not_change_at_all():
    images = make_shapes(20, size=16).images
    counts = color_histogram(images)
    for name in ("mirrored", "pixels shuffled"):
        assert np.array_equal(color_histogram(CHANGES[name](images)), counts)
    edges = hog(images, cell=4)
    for name in ("half the light", "colours exchanged"):
        assert np.abs(hog(CHANGES[name](images), cell=4) - edges).max() < 0.02


def test_changed_shares_count_changed_answers():
    images = np.arange(10.0).reshape(10, 1, 1, 1)
    assert changed_share(lambda x: (x[:, 0, 0, 0] > 4).astype(int), images, lambda x: x + 2) == 0.2
