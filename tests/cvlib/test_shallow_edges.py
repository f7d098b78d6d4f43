"""What the edge descriptors measure, by hand, by a loop, and by their symmetries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.shallow import cell_histograms, edge_histogram, hog, image_gradients

SEEDS = st.integers(0, 2**32 - 1)
IMAGE = np.zeros((1, 3, 16, 16))


def batch(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).random(shape)


def test_gradients_point_across_the_edge():
    x = np.zeros((1, 1, 6, 6))
    x[..., 3:] = 1  # changes from left to right: direction 0
    strength, angle = image_gradients(x)
    assert (strength[0, :, 2:4] == 1).all()
    assert strength.sum() == 12
    assert (angle[strength > 0] == 0).all()
    down, turned = image_gradients(x.swapaxes(2, 3))
    assert np.allclose(turned[down > 0], np.pi / 2)


@given(seed=SEEDS)
def test_angles_lie_in_half_a_turn(seed):
    for dtype in (np.float32, np.float64):
        _, angle = image_gradients(batch(seed, 1, 1, 6, 6).astype(dtype))
        assert angle.min() >= 0
        assert angle.max() < np.pi
        assert angle.dtype == dtype


def test_a_tiny_negative_angle_is_zero_and_not_half_a_turn():
    x = np.zeros((1, 1, 3, 3), np.float32)
    x[0, 0, 1, 2] = 1
    x[0, 0, 0, 1] = 1e-12  # the change downwards is -1e-12
    assert image_gradients(x)[1][0, 1, 1] == 0


def test_the_negative_of_an_image_has_the_same_edges():
    images = batch(1, 2, 3, 8, 8)
    for one, other in zip(image_gradients(images), image_gradients(1 - images), strict=True):
        assert np.allclose(one, other)


def test_each_pixel_takes_the_channel_that_changes_most():
    weak, strong = batch(2, 1, 1, 6, 6) / 100, batch(3, 1, 1, 6, 6)
    both = image_gradients(np.concatenate([weak, strong, weak], axis=1))
    alone = image_gradients(strong)
    clear = alone[0] > 0.05
    assert clear.mean() > 0.8
    assert np.allclose(both[0][clear], alone[0][clear])


@given(seed=SEEDS, bins=st.integers(1, 9), cell=st.integers(1, 3))
def test_cells_collect_what_a_loop_collects(seed, bins, cell):
    images = batch(seed, 2, 2, 2 * cell, 3 * cell)
    strength, angle = image_gradients(images)
    expected = np.zeros((2, bins, 2, 3))
    for n, i, j in np.ndindex(strength.shape):
        place = angle[n, i, j] / np.pi * bins
        low = int(place)
        where = n, slice(None), i // cell, j // cell
        expected[where][low % bins] += strength[n, i, j] * (1 - place + low)
        expected[where][(low + 1) % bins] += strength[n, i, j] * (place - low)
    assert np.allclose(cell_histograms(images, cell=cell, bins=bins), expected)


@given(seed=SEEDS, cell=st.integers(1, 3), block=st.integers(1, 2))
def test_blocks_are_normalized_as_the_paper_says(seed, cell, block):
    images = batch(seed, 1, 1, 3 * cell, 2 * cell)
    cells = cell_histograms(images, cell=cell, bins=4)
    expected = []
    for i in range(3 - block + 1):
        for j in range(2 - block + 1):
            v = cells[0, :, i : i + block, j : j + block].transpose(1, 2, 0).ravel()
            for _ in range(2):
                v = np.minimum(v / np.sqrt(v @ v + 1e-6), 0.2 if _ == 0 else np.inf)
            expected.append(v)
    found = hog(images, cell=cell, bins=4, block=block)
    assert np.allclose(found, np.concatenate(expected)[None])


@given(seed=SEEDS, brightness=st.floats(0.2, 1.0), offset=st.floats(0, 0.1))
def test_hog_ignores_brightness_and_contrast(seed, brightness, offset):
    images = batch(seed, 2, 1, 16, 16) * 0.9
    assert np.allclose(hog(images * brightness + offset), hog(images), atol=1e-3)


@given(seed=SEEDS)
def test_blocks_of_hog_have_unit_length(seed):
    found = hog(batch(seed, 2, 1, 24, 16), cell=4).reshape(2, 5, 3, 36)
    assert np.allclose(np.linalg.norm(found, axis=-1), 1, atol=1e-3)


def test_a_quarter_turn_moves_the_edges_to_the_other_directions():
    images = batch(4, 3, 1, 12, 12)
    turned = np.rot90(images, axes=(2, 3)).copy()
    assert np.allclose(edge_histogram(turned), np.roll(edge_histogram(images), 4, axis=1))


def test_edge_shares_add_up_and_a_flat_image_has_none():
    found = edge_histogram(np.concatenate([batch(5, 1, 3, 8, 8), np.full((1, 3, 8, 8), 0.5)]), 6)
    assert np.isclose(found[0].sum(), 1, atol=1e-5)
    assert (found[1] == 0).all()


def test_two_cells_of_hog_by_hand():
    x = np.zeros((1, 1, 2, 4))
    x[0, 0, :, 2:] = 1  # one upright edge between the two cells
    found = hog(x, cell=2, bins=4, block=1, clip=10.0).reshape(2, 4)
    assert np.allclose(found, [[1, 0, 0, 0], [1, 0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    images = batch(6, 2, 3, 16, 16).astype(dtype)
    for descriptor in (edge_histogram, hog, cell_histograms):
        found = descriptor(images)
        assert found.dtype == dtype
        assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: hog([[1]]),  # type: ignore[arg-type]
            TypeError,
            "images must be a NumPy array, got list",
        ),
        (lambda: hog(IMAGE.astype(int)), TypeError, "float32 or float64, got int64"),
        (lambda: image_gradients(IMAGE[0]), ValueError, "4 axes (N, C, H, W), got 3"),
        (lambda: hog(IMAGE[:, :, :15]), ValueError, "must tile the image, got H = 15"),
        (lambda: hog(IMAGE, block=3), ValueError, "3 cells does not fit into 2 cells along H"),
        (lambda: hog(IMAGE, bins=0), ValueError, "bins must be at least 1, got 0"),
        (lambda: edge_histogram(IMAGE, 0), ValueError, "bins must be at least 1, got 0"),
        (lambda: cell_histograms(IMAGE, cell=5), ValueError, "must tile the image"),
        (
            lambda: hog(IMAGE, cell=2.0),  # type: ignore[arg-type]
            TypeError,
            "cell must be an int, got 2.0",
        ),
        (lambda: hog(IMAGE, clip=0), ValueError, "clip must be positive, got 0"),
    ],
)
def test_bad_input_is_named(call, error, message):
    with pytest.raises(error) as raised:
        call()
    assert message in str(raised.value)
