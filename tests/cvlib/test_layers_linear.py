"""The fully connected layer: its definition, and its errors in both backends."""

import re
from typing import Any

import numpy as np
import pytest
import torch

from cvlib.layers import accelerated, linear_backward, linear_forward

X, W = (3, 4), (5, 4)


def test_is_its_definition():
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal(X), rng.standard_normal(W), rng.standard_normal(5)
    expected = [
        [sum(w[m, d] * x[n, d] for d in range(4)) + b[m] for m in range(5)] for n in range(3)
    ]
    np.testing.assert_allclose(linear_forward(x, w, b)[0], expected)
    np.testing.assert_allclose(linear_forward(x, w)[0], np.array(expected) - b)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_and_inputs_are_not_touched(dtype):
    arrays = [np.ones(shape, dtype) for shape in (X, W, (5,))]
    out, cache = linear_forward(*arrays)
    gradients: tuple[Any, ...] = linear_backward(np.ones_like(out), cache)
    assert {array.dtype for array in (out, *gradients)} == {np.dtype(dtype)}
    assert [g.shape for g in gradients] == [X, W, (5,)]
    assert all((array == 1).all() for array in arrays)


TABLE = [
    ([(3, 4, 1), W], ValueError, "x must have 2 axes (N, D), got 3: shape (3, 4, 1)"),
    ([X, (5,)], ValueError, "w must have 2 axes (M, D), got 1: shape (5,)"),
    ([X, (4, 5)], ValueError, "w takes 5 inputs (w.shape[1]), x has 4 (x.shape[1])"),
    ([X, W, (4,)], ValueError,
     "b must have shape (5,), one number an output, got (4,) (b.shape)"),
    ([X, W, (1, 5)], ValueError,
     "b must have shape (5,), one number an output, got (1, 5) (b.shape)"),
]  # fmt: skip


@pytest.mark.parametrize(("shapes", "error", "message"), TABLE)
def test_bad_shapes_are_named_in_both_backends(shapes, error, message):
    with pytest.raises(error, match=re.escape(message)):
        linear_forward(*(np.zeros(shape) for shape in shapes))
    with pytest.raises(error, match=re.escape(message)):
        accelerated.linear(*(torch.zeros(shape) for shape in shapes))


def test_bad_arrays_are_named():
    with pytest.raises(TypeError, match="w has dtype float32, x has float64"):
        linear_forward(np.zeros(X), np.zeros(W, np.float32))
    cache = linear_forward(np.zeros(X), np.zeros(W))[1]
    with pytest.raises(ValueError, match=re.escape("shape (3, 5), got (5, 3)")):
        linear_backward(np.zeros((5, 3)), cache)
