"""Tone curves and colour casts."""

import numpy as np
import pytest

from cvlib.regularization import color_cast, exp_tone, gamma, log_tone

X = np.random.default_rng(0).uniform(size=(3, 3, 4, 5))
RAMP = np.linspace(0, 1, 50)[None, None, None]


@pytest.mark.parametrize("curve", [gamma, log_tone, exp_tone])
@pytest.mark.parametrize("amount", [0.3, 1.0, 4.0])
def test_curves_rise_and_keep_black_and_white(curve, amount):
    bent = curve(RAMP, amount).ravel()
    assert bent[0] == 0
    assert bent[-1] == pytest.approx(1)
    assert np.all(np.diff(bent) > 0)


def test_which_way_they_bend():
    middle = np.full((1, 1, 1, 1), 0.5)
    assert gamma(middle, 0.5) > 0.5 > gamma(middle, 2.0)
    assert log_tone(middle, 5.0) > 0.5 > exp_tone(middle, 5.0)
    assert gamma(middle, 2.0).item() == 0.25
    assert log_tone(middle, 3.0).item() == pytest.approx(np.log(2.5) / np.log(4))
    assert exp_tone(middle, 3.0).item() == pytest.approx(1 / 3)


def test_log_and_exp_undo_each_other_and_gamma_its_inverse():
    assert np.allclose(exp_tone(log_tone(X, 7.0), 7.0), X)
    assert np.allclose(gamma(gamma(X, 2.5), 1 / 2.5), X)


def test_amounts_may_differ_from_image_to_image():
    out = gamma(X, np.array([1.0, 2.0, 0.5]))
    assert np.allclose(out[1], X[1] ** 2)
    assert np.allclose(out[2], np.sqrt(X[2]))


def test_a_cast_scales_channels_and_burns_out_at_white():
    out = color_cast(X, np.array([1.0, 0.5, 3.0]))
    assert np.allclose(out[:, 0], X[:, 0])
    assert np.allclose(out[:, 1], X[:, 1] / 2)
    assert np.allclose(out[:, 2], np.minimum(3 * X[:, 2], 1))
    each = color_cast(X, np.arange(9.0).reshape(3, 3) / 9)
    assert np.allclose(each[2, 1], X[2, 1] * 7 / 9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    x = X.astype(dtype)
    for out in (gamma(x, 0.7), log_tone(x, 2), exp_tone(x, 2), color_cast(x, [1, 0.9, 1.2])):
        assert out.dtype == dtype


def test_errors():
    with pytest.raises(ValueError, match=r"x must lie in 0 … 1, got 0 to 2"):
        gamma(2 * RAMP, 0.5)
    with pytest.raises(ValueError, match=r"x must lie in 0 … 1, got -1 to 0"):
        color_cast(RAMP - 1, [1.0])
    with pytest.raises(ValueError, match="exponent must be more than 0, got 0"):
        gamma(X, 0.0)
    with pytest.raises(ValueError, match="strength must be more than 0, got -1"):
        log_tone(X, -1.0)
    with pytest.raises(ValueError, match=r"strength must be one number or one an image, \(3,\)"):
        exp_tone(X, np.ones(2))
    with pytest.raises(ValueError, match=r"gains must be \(3,\) or \(3, 3\).*got \(2,\)"):
        color_cast(X, np.ones(2))
    with pytest.raises(ValueError, match="gains must be at least 0, got -1"):
        color_cast(X, [1, 1, -1.0])
    with pytest.raises(TypeError, match="x must be float32 or float64, got uint8"):
        gamma((X * 255).astype(np.uint8), 0.5)
