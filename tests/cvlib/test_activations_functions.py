"""Activations: values that can be checked by hand, far out, at the kink, and bad input."""

import math
import re

import numpy as np
import pytest
import torch
from gradients import check_gradients
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.activations import accelerated, reference
from cvlib.layers import gradient_check

POINTWISE = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")


def run(name, x, *arguments, dout=None, **options):
    out, cache = getattr(reference, f"{name}_forward")(x, *arguments, **options)
    dout = np.ones_like(out) if dout is None else dout
    return out, getattr(reference, f"{name}_backward")(dout, cache)


def test_values_by_hand():
    x = np.array([-2.0, 0.0, 3.0])
    np.testing.assert_allclose(
        run("sigmoid", x)[0], [1 / (1 + math.e**2), 0.5, 1 / (1 + math.e**-3)]
    )
    np.testing.assert_allclose(run("tanh", x)[0], [-np.tanh(2), 0, np.tanh(3)])
    assert run("relu", x)[0].tolist() == [0, 0, 3]
    np.testing.assert_allclose(run("leaky_relu", x)[0], [-0.02, 0, 3])
    np.testing.assert_allclose(run("leaky_relu", x, slope=0.1)[0], [-0.2, 0, 3])
    np.testing.assert_allclose(run("elu", x, alpha=2.0)[0], [2 * (np.exp(-2) - 1), 0, 3])
    images = x.reshape(1, 3, 1)
    np.testing.assert_allclose(
        run("prelu", images, np.array([0.5, 1.0, 9.0]))[0].ravel(), [-1, 0, 3]
    )


def test_at_the_kink_the_slope_is_that_of_the_left():
    zero = np.zeros((1, 1))
    assert run("relu", zero)[1] == 0
    assert run("leaky_relu", zero, slope=0.3)[1] == 0.3
    assert run("elu", zero, alpha=0.7)[1] == 0.7
    dx, dalpha = run("prelu", zero, np.array([0.4]))[1]
    assert dx == 0.4
    assert dalpha == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", POINTWISE)
def test_far_out_nothing_overflows(name, dtype):
    x = np.array([-1e30, -1e4, -100.0, 100.0, 1e4, 1e30], dtype)
    with np.errstate(all="raise", under="ignore"):
        out, dx = run(name, x)
    assert np.isfinite(out).all()
    assert np.isfinite(dx).all()
    assert out.dtype == dx.dtype == dtype


def test_sigmoid_keeps_its_digits_where_it_is_tiny():
    x = np.array([-700.0, -50.0, -20.0])
    np.testing.assert_allclose(run("sigmoid", x)[0], np.exp(x), rtol=1e-8)


def test_elu_keeps_its_digits_near_zero():
    x = np.array([-1e-12])
    np.testing.assert_allclose(run("elu", x)[0], x, rtol=1e-10)


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(x=st.lists(st.floats(-30, 30), min_size=1, max_size=6))
def test_laws(x):
    x = np.array(x)
    sigmoid, tanh = run("sigmoid", x)[0], run("tanh", x)[0]
    np.testing.assert_allclose(sigmoid + run("sigmoid", -x)[0], 1)
    np.testing.assert_allclose(tanh, 2 * run("sigmoid", 2 * x)[0] - 1, atol=1e-12)
    np.testing.assert_allclose(run("relu", x)[0] - run("relu", -x)[0], x)
    # PReLU, leaky ReLU and ReLU are one family; for slopes up to 1 it is max(x, slope · x)
    for slope in (0.0, 0.25, 1.0):
        leaky = run("leaky_relu", x, slope=slope)[0]
        np.testing.assert_allclose(leaky, np.maximum(x, slope * x))
        learned = run("prelu", x[None], np.array([slope]))[0]
        np.testing.assert_array_equal(learned[0], leaky)
    np.testing.assert_array_equal(run("leaky_relu", x, slope=0.0)[0], run("relu", x)[0])
    # none of them ever falls
    for name in POINTWISE:
        assert (np.diff(run(name, np.sort(x))[0]) >= 0).all()


def test_maxout_makes_relu_and_the_absolute_value():
    x = np.linspace(-2, 2, 9)[:, None]
    relu = run("maxout", x, np.array([[[1.0]], [[0.0]]]))[0]
    np.testing.assert_array_equal(relu, np.maximum(x, 0))
    absolute = run("maxout", x, np.array([[[1.0]], [[-1.0]]]))[0]
    np.testing.assert_array_equal(absolute, np.abs(x))


def test_maxout_is_its_definition_and_the_first_of_equal_pieces_wins():
    rng = np.random.default_rng(0)
    x, w, b = (
        rng.standard_normal((4, 3)),
        rng.standard_normal((5, 2, 3)),
        rng.standard_normal((5, 2)),
    )
    expected = [
        [max(w[p, m] @ x[n] + b[p, m] for p in range(5)) for m in range(2)] for n in range(4)
    ]
    np.testing.assert_allclose(run("maxout", x, w, b)[0], expected)
    same = np.repeat(w[:1], 5, axis=0)
    _, (_, dw, db) = run("maxout", x, same, None)
    assert db is None
    assert np.abs(dw[0]).max() > 0
    assert (dw[1:] == 0).all()


OPTIONS = {"leaky_relu": {"slope": 0.2}, "elu": {"alpha": 0.6}}
ARRAYS: dict[str, dict[str, tuple[int, ...]]] = {
    **{name: {"x": (3, 4)} for name in POINTWISE},
    "prelu": {"x": (3, 4, 2), "alpha": (4,)},
    "prelu with one slope": {"x": (3, 4, 2), "alpha": (1,)},
    "maxout": {"x": (3, 4), "w": (3, 5, 4), "b": (3, 5)},
}


@pytest.mark.parametrize("name", ARRAYS)
def test_numeric_gradients(name):
    rng = np.random.default_rng(4)
    arrays = {key: rng.standard_normal(shape) for key, shape in ARRAYS[name].items()}
    operation, options = name.split()[0], OPTIONS.get(name, {})
    forward = getattr(reference, f"{operation}_forward")
    backward = getattr(reference, f"{operation}_backward")
    check_gradients(forward, backward, arrays, options)
    report = gradient_check(lambda *a: forward(*a, **options), backward, arrays, rng=rng)
    assert report.ok, report


@pytest.mark.parametrize("name", [*POINTWISE, "prelu", "maxout"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_inputs_are_not_touched(name, dtype):
    arrays = {
        "prelu": [np.ones((2, 3), dtype), np.ones(3, dtype)],
        "maxout": [np.ones((2, 3), dtype), np.ones((2, 4, 3), dtype), np.ones((2, 4), dtype)],
    }.get(name, [np.ones((2, 3), dtype)])
    dout = np.ones((2, 4) if name == "maxout" else (2, 3), dtype)
    out, gradients = run(name, *arrays, dout=dout)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    assert {array.dtype for array in (out, *gradients)} == {np.dtype(dtype)}
    assert [g.shape for g in gradients] == [a.shape for a in arrays]
    assert all((array == 1).all() for array in (*arrays, dout))


@pytest.mark.parametrize("name", POINTWISE)
def test_bad_arrays_are_named(name):
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        run(name, np.arange(3))
    with pytest.raises(ValueError, match=re.escape("output's shape (3,), got (2,) (dout.shape)")):
        run(name, np.ones(3), dout=np.ones(2))
    with pytest.raises(TypeError, match="dout must be float64 like the input, got float32"):
        run(name, np.ones(3), dout=np.ones(3, np.float32))
    with pytest.raises(TypeError, match=r"x must have a floating dtype, got torch\.int64"):
        getattr(accelerated, name)(torch.arange(3))


X = (2, 3)
TABLE = [
    ("prelu", [(3,), (3,)], "x must have axes (N, C, …), got 1: shape (3,)"),
    ("prelu", [X, (2,)],
     "alpha must have shape (1,) or (3,), one slope a channel of x, got (2,) (alpha.shape)"),
    ("prelu", [X, (3, 1)],
     "alpha must have shape (1,) or (3,), one slope a channel of x, got (3, 1) (alpha.shape)"),
    ("maxout", [(2, 3, 1), (2, 4, 3)], "x must have 2 axes (N, D), got 3: shape (2, 3, 1)"),
    ("maxout", [X, (4, 3)], "w must have 3 axes (P, M, D), got 2: shape (4, 3)"),
    ("maxout", [X, (2, 4, 5)], "w takes 5 inputs (w.shape[2]), x has 3 (x.shape[1])"),
    ("maxout", [X, (2, 4, 3), (4,)],
     "b must have shape (2, 4), one number a piece and output, got (4,) (b.shape)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "message"), TABLE)
def test_bad_shapes_are_named_in_both_backends(name, shapes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(reference, f"{name}_forward")(*(np.zeros(shape) for shape in shapes))
    with pytest.raises(ValueError, match=re.escape(message)):
        getattr(accelerated, name)(*(torch.zeros(shape) for shape in shapes))
