"""The gradient check accepts what is right, and cannot be fooled by what is wrong."""

import numpy as np
import pytest
from gradient_check_inputs import X, rng

from cvlib.layers import gradient_check


def standardize_forward(x):
    """Batch normalization without scale and shift: (x - mean) / std over the batch."""
    centred = x - x.mean(axis=0)
    std = np.sqrt((centred**2).mean(axis=0))
    return centred / std, (centred / std, std)


def standardize_backward(dout, cache):
    out, std = cache
    return (dout - dout.mean(axis=0) - out * (dout * out).mean(axis=0)) / std


def zeros(dout, cache):
    return np.zeros_like(cache[0])


def test_a_right_backward_is_right():
    report = gradient_check(standardize_forward, standardize_backward, {"x": X}, rng=rng())
    assert report.ok
    assert report.error < 1e-8
    assert str(report).startswith("x: right, relative error at most")


def test_a_sum_hides_a_zero_backward_and_random_numbers_do_not():
    # Σ standardize(x) = 0 whatever x is: with an upstream of ones the gradient is truly zero
    blind = gradient_check(standardize_forward, zeros, {"x": X}, rng=rng(), upstream="ones")
    assert blind.agrees
    assert blind["x"].blind
    assert not blind.ok
    assert str(blind) == "x: cannot tell, the gradient is zero everywhere: choose other data"
    seeing = gradient_check(standardize_forward, zeros, {"x": X}, rng=rng())
    assert not seeing.agrees
    assert not seeing.ok
    assert seeing.error == pytest.approx(1)
    assert "wrong, relative error 1.0e+00 at (" in str(seeing)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda dout, cache: (dout - dout.mean(axis=0)) / cache[1],
        lambda dout, cache: dout / cache[1],
        lambda dout, cache: standardize_backward(dout, cache) * (1 + 1e-5),
        lambda dout, cache: standardize_backward(dout, cache) + 1e-5,
        lambda dout, cache: standardize_backward(
            dout.mean(axis=1, keepdims=True) + 0 * dout, cache
        ),
        lambda dout, cache: -standardize_backward(dout, cache),
        lambda dout, cache: np.full_like(dout, np.nan),
        lambda dout, cache: np.full_like(dout, np.inf),
    ],
    ids=["no variance", "no statistics", "1e-5 off", "shifted", "mixed", "sign", "nan", "inf"],
)
def test_a_wrong_backward_is_wrong(wrong):
    report = gradient_check(standardize_forward, wrong, {"x": X}, rng=rng())
    assert not report.ok
    assert not report.agrees


def test_one_wrong_coordinate_among_many_is_found():
    def backward(dout, x):
        dx = 2 * x * dout
        dx[3, 1] *= 1.001
        return dx

    report = gradient_check(lambda x: (x**2, x), backward, {"x": X}, rng=rng())
    assert not report.ok
    assert report["x"].at == (3, 1)
    assert report["x"].backward == pytest.approx(1.001 * report["x"].numeric)


def test_several_arrays_and_one_left_out():
    def forward(x, w, b):
        assert b is None
        return x @ w.T, (x, w)

    def backward(dout, cache):
        x, w = cache
        return dout @ w, dout.T @ x, None

    w = np.ones((2, 3))
    report = gradient_check(forward, backward, {"x": X, "w": w, "b": None}, rng=rng())
    assert report.ok
    assert [array.name for array in report.arrays] == ["x", "w"]
    with pytest.raises(KeyError, match=r"'b' is none of \['x', 'w'\]"):
        report["b"]


def test_a_scalar_output():
    report = gradient_check(
        lambda x: ((x**3).sum(), x), lambda dout, x: 3 * dout * x**2, {"x": X}, rng=rng()
    )
    assert report.ok


def test_an_array_that_does_not_matter_is_not_called_right():
    def forward(x, y):
        return x + 0 * y, None

    report = gradient_check(forward, lambda dout, _: (dout, 0 * dout), {"x": X, "y": X}, rng=rng())
    assert report["x"].ok
    assert report["y"].blind
    assert not report.ok
    # and a wrong gradient there is wrong, not unknown
    report = gradient_check(forward, lambda dout, _: (dout, dout), {"x": X, "y": X}, rng=rng())
    assert not report["y"].agrees


def test_a_large_constant_does_not_look_like_a_gradient():
    # rounding of 1e9 is larger than any difference: the check says so
    report = gradient_check(
        lambda x: (x * 1e-6 + 1e9, x), lambda d, x: d * 1e-6, {"x": X}, rng=rng()
    )
    assert report["x"].blind


SQUARE = (lambda x: (x**2, x), lambda dout, x: 2 * dout * x)


@pytest.mark.parametrize(
    ("forward", "backward", "arrays", "options", "error", "message"),
    [
        (*SQUARE, {"x": X.astype(np.float32)}, {}, TypeError,
         "x must be float64 for a gradient check, got float32"),
        (*SQUARE, {"x": [1.0]}, {}, TypeError, "x must be float64 for a gradient check, got list"),
        (*SQUARE, {"x": X[:0]}, {}, ValueError, r"x is empty: shape \(0, 3\)"),
        (*SQUARE, {"x": None}, {}, ValueError, "expected at least one array, got none"),
        (*SQUARE, {"x": X}, {"upstream": "one"}, ValueError,
         'upstream must be "random" or "ones", got \'one\''),
        (*SQUARE, {"x": X}, {"step": 0.0}, ValueError, r"step must be positive, got 0\.0"),
        (lambda x: (x.astype(np.float32), x), SQUARE[1], {"x": X}, {}, TypeError,
         "forward must keep float64, got float32"),
        (lambda x: (np.log(x - 100), x), SQUARE[1], {"x": X}, {}, ValueError,
         "forward returned numbers that are not finite"),
        (lambda x: (x + np.random.default_rng().random(), x), SQUARE[1], {"x": X}, {}, ValueError,
         "forward is random: two calls on the same arrays differ"),
        (lambda x: (np.multiply(x, 2, out=x), x), SQUARE[1], {"x": X}, {}, ValueError,
         "forward changed x in place"),
        (SQUARE[0], lambda dout, x: np.multiply(dout, 2 * x, out=dout), {"x": X}, {}, ValueError,
         "backward changed dout in place"),
        (SQUARE[0], lambda dout, x: (dout, dout), {"x": X}, {}, ValueError,
         "expected 1 gradients, one an array, got 2"),
        (SQUARE[0], lambda dout, x: dout.sum(axis=0), {"x": X}, {}, ValueError,
         r"dx must have x's shape \(6, 3\), got \(3,\)"),
        (SQUARE[0], lambda dout, x: None, {"x": X}, {}, ValueError,
         r"dx must have x's shape \(6, 3\), got None"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_cannot_be_checked_is_refused(forward, backward, arrays, options, error, message):
    with pytest.raises(error, match=message):
        gradient_check(forward, backward, arrays, rng=rng(), **options)
