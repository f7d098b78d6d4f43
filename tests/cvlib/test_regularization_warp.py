"""The one warp behind every move: where it looks, what it fills in, and its way back."""

import numpy as np
import pytest
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cvlib.regularization import (
    Policy,
    crop,
    flip,
    rotate,
    rotation,
    shear,
    shearing,
    stretch,
    stretching,
    translate,
    translation,
    warp_backward,
    warp_forward,
)

QUICK = settings(max_examples=50, deadline=None, derandomize=True, database=None)
X = np.random.default_rng(0).standard_normal((2, 3, 5, 7))


def moves_of(rng, count):
    moves = np.tile(np.eye(3), (count, 1, 1))
    moves[:, :2] += rng.uniform(-0.4, 0.4, (count, 2, 3)) * [1, 1, 5]
    return moves


def test_no_move_changes_nothing():
    assert np.array_equal(warp_forward(X, np.eye(3))[0], X)


def test_a_move_by_whole_pixels_is_a_shift():
    out = translate(X, 1, -2)
    assert np.allclose(out[:, :, 1:, :-2], X[:, :, :-1, 2:])
    assert not out[:, :, 0].any()
    assert not out[..., -2:].any()
    assert np.allclose(translate(X, 1, -2, fill=4.0)[:, :, 0], 4)


def test_half_a_pixel_is_the_mean_of_two():
    out = translate(X, 0.5, 0)
    assert np.allclose(out[:, :, 1:], (X[:, :, 1:] + X[:, :, :-1]) / 2)


def test_half_a_turn_is_two_flips_about_the_true_centre():
    assert np.allclose(rotate(X, 180), X[:, :, ::-1, ::-1])


def test_a_quarter_turn_is_counter_clockwise():
    square = X[..., :5]
    assert np.allclose(rotate(square, 90), np.rot90(square, axes=(2, 3)))


def test_stretching_twice_as_wide_reads_every_half_pixel():
    row = np.array([0.0, 1, 2, 3, 4])[None, None, None]
    assert stretch(row, 1, 2).ravel().tolist() == [1, 1.5, 2, 2.5, 3]
    assert stretch(row, 1, 0.5).ravel().tolist() == [0, 0, 2, 4, 0]


def test_shearing_moves_the_lower_rows_to_the_right():
    dots = np.zeros((1, 1, 3, 5))
    dots[..., 2] = 1
    assert shear(dots, 1)[0, 0].argmax(axis=1).tolist() == [1, 2, 3]


def test_amounts_may_differ_from_image_to_image():
    out = rotate(X, np.array([0.0, 180.0]))
    assert np.allclose(out[0], X[0])
    assert np.allclose(out[1], X[1, :, ::-1, ::-1])


@QUICK
@given(seed=st.integers(0, 2**32 - 1), height=st.integers(2, 7), width=st.integers(2, 7))
def test_it_agrees_with_scipy(seed, height, width):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((1, 1, height, width))
    move = moves_of(rng, 1)[0]
    centre = np.array([(height - 1) / 2, (width - 1) / 2])
    back = np.linalg.inv(move)
    expected = ndimage.affine_transform(
        x[0, 0],
        back[:2, :2],
        back[:2, 2] + centre - back[:2, :2] @ centre,
        order=1,
        mode="grid-constant",
    )
    assert np.allclose(warp_forward(x, move)[0][0, 0], expected)


@QUICK
@given(seed=st.integers(0, 2**32 - 1))
def test_the_backward_is_the_adjoint(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((2, 2, 2, 4, 6))
    out, cache = warp_forward(x, moves_of(rng, 2))
    assert np.vdot(out, y) == pytest.approx(np.vdot(x, warp_backward(y, cache)))


def test_gradient():
    rng = np.random.default_rng(1)
    check_gradients(
        warp_forward, warp_backward, {"x": X[:, :1]}, {"moves": moves_of(rng, 2), "fill": 0.5}
    )


def test_the_adjoint_is_not_the_move_back():
    move = rotation(20.0)
    out, cache = warp_forward(X, move)
    assert not np.allclose(warp_backward(out, cache), warp_forward(out, np.linalg.inv(move))[0])


def test_moves_compose_by_multiplication():
    one, two = translation(0, 1) @ rotation(90), rotation(90) @ translation(0, 1)
    point = np.array([0.0, 2.0, 1.0])  # two to the right of the centre
    assert np.allclose(one @ point, [-2, 1, 1])  # turned up, then moved
    assert np.allclose(two @ point, [-3, 0, 1])
    square = X[..., :5]
    both = warp_forward(square, one)[0]
    assert np.allclose(both, translate(rotate(square, 90), 0, 1))
    assert rotation(np.zeros(4)).shape == stretching(np.ones(4), 2).shape == (4, 3, 3)
    assert shearing(0.5)[1].tolist() == [0.5, 1, 0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    x = X.astype(dtype)
    out, cache = warp_forward(x, rotation(10.0), fill=0.3)
    assert out.dtype == warp_backward(out, cache).dtype == dtype
    assert flip(x, True).dtype == crop(x, np.zeros((2, 2), int), 3).dtype == dtype


def test_flip_mirrors_the_chosen_images():
    out = flip(X, [True, False])
    assert np.array_equal(out[0], X[0, :, :, ::-1])
    assert np.array_equal(out[1], X[1])
    assert np.array_equal(flip(X, True, direction="up-down"), X[:, :, ::-1])
    assert np.array_equal(flip(flip(X, True), True), X)


def test_crop_cuts_windows_out_of_the_padded_image():
    padded = np.pad(X, ((0, 0), (0, 0), (1, 1), (2, 2)))
    out = crop(X, [[0, 3], [2, 0]], (4, 5), padding=(1, 2))
    assert out.shape == (2, 3, 4, 5)
    assert np.array_equal(out[0], padded[0, :, 0:4, 3:8])
    assert np.array_equal(out[1], padded[1, :, 2:6, 0:5])


def test_a_policy_draws_for_each_image_and_stays_in_range():
    x = np.random.default_rng(3).uniform(size=(6, 3, 9, 9)).astype(np.float32)
    policy = Policy(shift=1, degrees=10, stretch=0.1, shear=0.1, mirror=0.5, gamma=0.3, cast=0.2)
    first, again = (policy(x, np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.shape == x.shape
    assert first.dtype == np.float32
    assert first.min() >= 0
    assert first.max() <= 1
    one = np.repeat(x[:1], 6, axis=0)
    assert len(np.unique(policy(one, np.random.default_rng(4)).mean(axis=(1, 2, 3)))) == 6


def test_a_policy_of_nothing_does_nothing():
    assert Policy()(X, np.random.default_rng(0)) is X


def test_a_policy_mirrors_at_its_rate():
    x = np.tile(np.arange(4.0), (900, 1, 1, 1))
    share = (Policy(mirror=0.3)(x, np.random.default_rng(5))[:, 0, 0, 0] == 3).mean()
    assert share == pytest.approx(0.3, abs=0.06)


def test_errors():
    with pytest.raises(ValueError, match=r"x must have 4 axes \(N, C, H, W\), got 3"):
        warp_forward(X[0], np.eye(3))
    with pytest.raises(ValueError, match=r"moves must be \(3, 3\) or \(2, 3, 3\), got \(2, 3\)"):
        warp_forward(X, np.eye(3)[:2])
    with pytest.raises(ValueError, match="moves must be invertible"):
        warp_forward(X, stretching(1, 0))
    with pytest.raises(ValueError, match=r"degrees must be one number or one an image, \(2,\), "):
        rotate(X, np.zeros(3))
    with pytest.raises(ValueError, match=r"dout must have the output's shape"):
        warp_backward(X[:1], warp_forward(X, np.eye(3))[1])
    with pytest.raises(ValueError, match=r"direction must be one of .*got 'diagonal'"):
        flip(X, True, direction="diagonal")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"chosen must be one bool or one an image, \(2,\), got"):
        flip(X, [True])
    with pytest.raises(ValueError, match=r"corners must be \(2, 2\).*got \(2,\)"):
        crop(X, [0, 0], 3)
    with pytest.raises(ValueError, match="between 0 and 2 along the rows, got 0 to 3"):
        crop(X, [[0, 0], [3, 0]], 3)
    with pytest.raises(ValueError, match="between 0 and 4 along the columns, got -1 to 0"):
        crop(X, [[0, -1], [0, 0]], 3)
    with pytest.raises(ValueError, match="larger than the padded image by 1 rows and 0 columns"):
        crop(X, [[0, 0], [0, 0]], (6, 7))
    with pytest.raises(ValueError, match="shift must be at least 0"):
        Policy(shift=-1)
    with pytest.raises(ValueError, match="mirror must lie between 0 and 1, got 2"):
        Policy(mirror=2)
