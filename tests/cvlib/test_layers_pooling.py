"""Pooling: its transpose, at ties, at the border, and when input is bad."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_cases_layers import pools

from cvlib.layers import (
    accelerated,
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
    reference,
    sum_pool2d_backward,
    sum_pool2d_forward,
)
from cvlib.layers.reference.max_pool import winning_pixels

PASSES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "max": (max_pool2d_forward, max_pool2d_backward),
    "sum": (sum_pool2d_forward, sum_pool2d_backward),
    "avg": (avg_pool2d_forward, avg_pool2d_backward),
}


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(call=pools())
def test_linear_pooling_has_its_transpose_as_backward(call):
    x, rng = call.arrays["x"], np.random.default_rng(call.seed)
    for name in ("sum", "avg"):
        forward, backward = PASSES[name]
        out, cache = forward(x, **call.options)
        y = rng.standard_normal(out.shape)
        np.testing.assert_allclose(np.vdot(out, y), np.vdot(x, backward(y, cache)), atol=1e-9)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(call=pools(), seed=st.integers(0, 2**32 - 1))
def test_ties_are_resolved_as_in_torch(call, seed):
    # few values, so that almost every window has several equal maxima
    x = np.random.default_rng(seed).integers(0, 2, call.arrays["x"].shape).astype(float)
    if not x.size:
        return
    out, cache = max_pool2d_forward(x, **call.options)
    tensor = torch.from_numpy(x).requires_grad_()
    theirs = accelerated.max_pool2d(tensor, **call.options)
    dout = np.random.default_rng(call.seed).standard_normal(out.shape)
    theirs.backward(torch.from_numpy(dout))
    np.testing.assert_array_equal(out, theirs.detach().numpy())
    assert tensor.grad is not None
    np.testing.assert_allclose(max_pool2d_backward(dout, cache), tensor.grad.numpy(), atol=1e-12)


def test_the_first_of_equal_pixels_takes_the_gradient():
    x = np.array([[[[1.0, 3.0], [3.0, 3.0]]]])
    out, cache = max_pool2d_forward(x, 2)
    assert out.tolist() == [[[[3.0]]]]
    assert cache.winner.tolist() == [[[[1]]]]
    assert max_pool2d_backward(np.ones((1, 1, 1, 1)), cache).tolist() == [[[[0, 1], [0, 0]]]]


def test_a_pixel_that_wins_twice_is_told_twice():
    x = np.array([[[[0.0, 5.0, 1.0]]]])
    out, cache = max_pool2d_forward(x, (1, 2), stride=1)
    assert out.ravel().tolist() == [5.0, 5.0]
    dx = max_pool2d_backward(np.array([[[[2.0, 3.0]]]]), cache)
    assert dx.ravel().tolist() == [0.0, 5.0, 0.0]


def test_gaps_between_windows_get_no_gradient():
    x = np.arange(5.0).reshape(1, 1, 1, 5)
    _, cache = max_pool2d_forward(x, (1, 2), stride=3)
    assert max_pool2d_backward(np.ones((1, 1, 1, 2)), cache).ravel().tolist() == [0, 1, 0, 0, 1]


def test_padding_never_wins():
    x = np.full((1, 1, 3, 3), -7.0)
    out, cache = max_pool2d_forward(x, 3, stride=2, padding=1)
    assert (out == -7).all()
    dx = max_pool2d_backward(np.ones_like(out), cache)
    assert dx.sum() == 4
    # nor does it win over -∞ itself, or hide a NaN in the corner
    for value in (-np.inf, np.nan):
        out, cache = max_pool2d_forward(np.full((1, 1, 3, 3), value), 3, stride=2, padding=1)
        np.testing.assert_array_equal(out, np.full((1, 1, 2, 2), value))
        assert winning_pixels(cache).ravel().tolist() == [0, 1, 3, 4]
        assert max_pool2d_backward(np.ones_like(out), cache).sum() == 4


def test_nan_is_not_hidden():
    x = np.ones((1, 1, 2, 4))
    x[0, 0, 1, 0] = np.nan
    out, _ = max_pool2d_forward(x, 2)
    assert np.isnan(out[0, 0, 0, 0])
    assert out[0, 0, 0, 1] == 1


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(call=pools())
def test_the_winner_is_where_the_maximum_was(call):
    x = call.arrays["x"]
    out, cache = max_pool2d_forward(x, **call.options)
    np.testing.assert_array_equal(x.reshape(-1)[winning_pixels(cache)], out)


def test_the_cache_takes_a_byte_a_window():
    x: np.ndarray = np.zeros((2, 3, 40, 40), np.float32)
    assert max_pool2d_forward(x, 16)[1].winner.dtype == np.uint8
    assert max_pool2d_forward(x, (16, 17))[1].winner.dtype == np.intp
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, 1, 16, 17))
    for values in (x, -np.arange(272.0).reshape(x.shape), np.arange(272.0).reshape(x.shape)):
        out, cache = max_pool2d_forward(values, (16, 17))
        assert out.item() == values.max()
        dx = max_pool2d_backward(np.ones((1, 1, 1, 1)), cache)
        assert dx.argmax() == values.argmax()
        assert dx.sum() == 1


def test_many_channels_pool_like_few(monkeypatch):
    # the forward works on a few channels at a time: cut anywhere, the result is the same
    x = np.random.default_rng(0).standard_normal((3, 5, 6, 7))
    whole, cache = max_pool2d_forward(x, 3, stride=2, padding=1)
    for block in (1, 700, 1500):
        monkeypatch.setattr("cvlib.layers.reference.max_pool.BLOCK_BYTES", block)
        again, cut = max_pool2d_forward(x, 3, stride=2, padding=1)
        np.testing.assert_array_equal(again, whole)
        np.testing.assert_array_equal(cut.winner, cache.winner)


def test_average_with_and_without_the_padding():
    x = np.ones((1, 1, 2, 2))
    dark, _ = avg_pool2d_forward(x, 2, stride=1, padding=1)
    assert dark[0, 0].tolist() == [[0.25, 0.5, 0.25], [0.5, 1, 0.5], [0.25, 0.5, 0.25]]
    bright, _ = avg_pool2d_forward(x, 2, stride=1, padding=1, count_include_pad=False)
    assert (bright == 1).all()


def test_global_average():
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    out, cache = global_avg_pool2d_forward(x)
    np.testing.assert_allclose(out, avg_pool2d_forward(x, (4, 5))[0][:, :, 0, 0])
    dx = global_avg_pool2d_backward(np.ones((2, 3)), cache)
    np.testing.assert_allclose(dx, np.full(x.shape, 1 / 20))
    dx[0, 0, 0, 0] = 7
    assert dx[0, 0, 0, 1] == pytest.approx(1 / 20)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", [*PASSES, "global_avg"])
def test_dtype_is_kept_and_inputs_are_not_touched(name, dtype):
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 5)).astype(dtype)
    before = x.copy()
    forward = getattr(reference, f"{name}_pool2d_forward")
    out, cache = forward(x) if name == "global_avg" else forward(x, 3, stride=2, padding=1)
    dout = np.ones_like(out)
    dx = getattr(reference, f"{name}_pool2d_backward")(dout, cache)
    assert out.dtype == dx.dtype == dtype
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(dout, 1)


X = (2, 3, 5, 6)
# shape of x, options, error, message
TABLE = [
    ((3, 5, 6), {"kernel": 2}, ValueError,
     "x must have 4 axes (N, C, H, W), got 3: shape (3, 5, 6)"),
    ((2, 0, 5, 6), {"kernel": 2}, ValueError,
     "x must have at least 1 along C, got 0 (x.shape[1])"),
    (X, {"kernel": 6}, ValueError,
     "kernel spans 6 rows (dilation 1, size 6), the padded image has 5 (5 + 2 × padding 0)"),
    (X, {"kernel": (1, 7)}, ValueError, "kernel spans 7 columns"),
    (X, {"kernel": 0}, ValueError, "kernel must be at least 1, got 0"),
    (X, {"kernel": 2.0}, TypeError, "kernel must be an int or a pair of ints, got 2.0"),
    (X, {"kernel": 2, "stride": 0}, ValueError, "stride must be at least 1, got 0"),
    (X, {"kernel": 2, "padding": -1}, ValueError, "padding must be at least 0, got -1"),
    (X, {"kernel": (4, 3), "padding": 2}, ValueError,
     "padding must be at most half of the kernel, got padding 2 for a kernel of 3 columns"),
    (X, {"kernel": 1, "padding": 1}, ValueError,
     "padding must be at most half of the kernel, got padding 1 for a kernel of 1 rows"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "options", "error", "message"), TABLE)
@pytest.mark.parametrize("name", PASSES)
def test_bad_windows_are_named_in_both_backends(name, shape, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        PASSES[name][0](np.zeros(shape), **options)
    with pytest.raises(error, match=re.escape(message)):
        getattr(accelerated, f"{name}_pool2d")(torch.zeros(shape), **options)


@pytest.mark.parametrize("name", PASSES)
def test_bad_arrays_are_named(name):
    forward, backward = PASSES[name]
    with pytest.raises(TypeError, match="x must be float32 or float64, got int64"):
        forward(np.zeros(X, int), 2)
    with pytest.raises(TypeError, match=re.escape("x must be a NumPy array, got list")):
        forward([[[[1.0]]]], 1)
    cache = forward(np.zeros(X), 2)[1]
    with pytest.raises(
        ValueError, match=re.escape("output's shape (2, 3, 2, 3), got (2, 3, 2, 2)")
    ):
        backward(np.zeros((2, 3, 2, 2)), cache)
    with pytest.raises(TypeError, match="dout must be float64 like the input, got float32"):
        backward(np.zeros((2, 3, 2, 3), np.float32), cache)


def test_global_average_names_what_is_wrong():
    passes: tuple[tuple[Callable[..., Any], Callable[..., Any]], ...] = (
        (global_avg_pool2d_forward, np.zeros),
        (accelerated.global_avg_pool2d, torch.zeros),
    )
    for pool, zeros in passes:
        with pytest.raises(ValueError, match=re.escape("x must have 4 axes (N, C, H, W), got 2")):
            pool(zeros((2, 3)))
    with pytest.raises(ValueError, match=re.escape("shape (2, 3), got (2, 4)")):
        global_avg_pool2d_backward(np.zeros((2, 4)), global_avg_pool2d_forward(np.zeros(X))[1])
