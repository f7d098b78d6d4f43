"""Every backward is the gradient of its forward, measured; and the measure can fail."""

from typing import Any

import numpy as np
import pytest
from gradients import check_gradients, numeric_gradient
from hypothesis import given, settings
from twin_cases_convolution import grouped, transposed

from cvlib.convolution import (
    conv2d_backward,
    conv2d_forward,
    conv_transpose2d_backward,
    conv_transpose2d_forward,
    depthwise_conv2d_backward,
    depthwise_conv2d_forward,
    depthwise_separable_backward,
    depthwise_separable_forward,
    separable_pair_backward,
    separable_pair_forward,
    two_3x3_backward,
    two_3x3_forward,
)

CHECKS: dict[str, Any] = {
    "conv2d": (
        conv2d_forward,
        conv2d_backward,
        {"x": (2, 4, 5, 4), "w": (6, 2, 3, 2), "b": (6,)},
        {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2},
    ),
    "conv2d at stride 1": (
        conv2d_forward,
        conv2d_backward,
        {"x": (2, 2, 4, 5), "w": (3, 2, 2, 3), "b": (3,)},
        {"padding": (0, 2)},
    ),
    "conv_transpose2d": (
        conv_transpose2d_forward,
        conv_transpose2d_backward,
        {"x": (2, 4, 3, 2), "w": (4, 2, 3, 2), "b": (4,)},
        {"stride": (2, 3), "padding": 1, "output_padding": (1, 2), "groups": 2},
    ),
    "depthwise_conv2d": (
        depthwise_conv2d_forward,
        depthwise_conv2d_backward,
        {"x": (2, 2, 4, 4), "w": (4, 1, 3, 3), "b": (4,)},
        {"stride": 2, "padding": 1},
    ),
    "depthwise_separable": (
        depthwise_separable_forward,
        depthwise_separable_backward,
        {"x": (2, 2, 4, 4), "depthwise_w": (4, 1, 3, 3), "pointwise_w": (3, 4, 1, 1), "b": (3,)},
        {"padding": 1},
    ),
    "two_3x3": (
        two_3x3_forward,
        two_3x3_backward,
        {"x": (1, 2, 6, 6), "w1": (2, 2, 3, 3), "w2": (2, 2, 3, 3)},
        {"stride": 2, "padding": 1},
    ),
    "separable_pair": (
        separable_pair_forward,
        separable_pair_backward,
        {"x": (1, 2, 4, 5), "column_w": (2, 2, 3, 1), "row_w": (2, 2, 1, 3)},
        {"stride": (1, 2), "padding": 1},
    ),
}


@pytest.mark.parametrize("name", CHECKS)
def test_numeric_gradients(name):
    forward, backward, shapes, options = CHECKS[name]
    rng = np.random.default_rng(3)
    arrays = {key: rng.standard_normal(shape) for key, shape in shapes.items()}
    check_gradients(forward, backward, arrays, options)


def wrong(change):
    def backward(dout, cache):
        return change(*conv2d_backward(dout, cache))

    return backward


@pytest.mark.parametrize(
    "change",
    [
        lambda dx, dw, db: (np.zeros_like(dx), dw, db),
        lambda dx, dw, db: (dx, np.zeros_like(dw), db),
        lambda dx, dw, db: (dx, dw, np.zeros_like(db)),
        lambda dx, dw, db: (dx, dw[:, :, ::-1], db),
        lambda dx, dw, db: (dx.swapaxes(2, 3), dw, db),
        lambda dx, dw, db: (dx, dw, db / 2),
        lambda dx, dw, db: (dx, dw),
    ],
    ids=["zero dx", "zero dw", "zero db", "flipped dw", "wrong axis", "mean", "one missing"],
)
def test_the_check_rejects_a_wrong_backward(change):
    rng = np.random.default_rng(0)
    arrays = {
        "x": rng.standard_normal((1, 2, 4, 4)),
        "w": rng.standard_normal((2, 2, 3, 3)),
        "b": rng.standard_normal(2),
    }
    check_gradients(conv2d_forward, conv2d_backward, arrays)
    with pytest.raises((AssertionError, ValueError)):
        check_gradients(conv2d_forward, wrong(change), arrays)


def test_the_check_refuses_what_it_could_not_tell():
    def forward(x):
        return x * 0, x

    with pytest.raises(AssertionError, match="gradient of x is zero"):
        check_gradients(forward, lambda dout, x: 0 * dout, {"x": np.ones(3)})
    with pytest.raises(AssertionError, match="must be float64"):
        check_gradients(forward, lambda dout, x: 0 * dout, {"x": np.ones(3, np.float32)})


def test_numeric_gradient_of_a_known_function():
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    np.testing.assert_allclose(numeric_gradient(lambda v: float((v**3).sum()), x), 3 * x**2)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(call=grouped())
def test_adjoint_identity(call):
    # ⟨A x, y⟩ = ⟨x, Aᵀ y⟩, where Aᵀ is the backward, and the transposed convolution
    x, w = call.arrays["x"], call.arrays["w"]
    out, cache = conv2d_forward(x, w, **call.options)
    y = np.random.default_rng(call.seed).standard_normal(out.shape)
    home, dw, _ = conv2d_backward(y, cache)
    np.testing.assert_allclose(np.vdot(out, y), np.vdot(x, home), rtol=1e-9, atol=1e-9)
    # the map is linear in the kernel too
    np.testing.assert_allclose(np.vdot(out, y), np.vdot(w, dw), rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(call=transposed())
def test_adjoint_identity_of_the_transpose(call):
    x, w = call.arrays["x"], call.arrays["w"]
    out, cache = conv_transpose2d_forward(x, w, **call.options)
    y = np.random.default_rng(call.seed).standard_normal(out.shape)
    home, dw, _ = conv_transpose2d_backward(y, cache)
    np.testing.assert_allclose(np.vdot(out, y), np.vdot(x, home), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(np.vdot(out, y), np.vdot(w, dw), rtol=1e-9, atol=1e-9)
