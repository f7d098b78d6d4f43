"""Bad input gets an error that names what was expected, what came and where: in both backends."""

import re

import numpy as np
import pytest
import torch

from cvlib.convolution import accelerated, reference

X, W = (2, 4, 5, 6), (6, 4, 3, 3)

# name, shapes of the arrays, options, error, message
TABLE = [
    ("conv2d", [(4, 5, 6), W], {}, ValueError,
     "x must have 4 axes (N, C, H, W), got 3: shape (4, 5, 6)"),
    ("conv2d", [X, (4, 3, 3)], {}, ValueError,
     "w must have 4 axes (K, C/groups, R, S), got 3: shape (4, 3, 3)"),
    ("conv2d", [X, (6, 3, 3, 3)], {}, ValueError,
     "kernel has 3 input channels (w.shape[1]), image has 4 (x.shape[1])"),
    ("conv2d", [X, W], {"groups": 2}, ValueError,
     "kernel has 4 input channels (w.shape[1]), image has 4 / 2 groups (x.shape[1])"),
    ("conv2d", [X, W], {"groups": 3}, ValueError,
     "groups must divide the 4 channels of x, got groups=3 (x.shape[1])"),
    ("conv2d", [X, (6, 1, 3, 3)], {"groups": 4}, ValueError,
     "groups must divide the 6 channels of w, got groups=4 (w.shape[0])"),
    ("conv2d", [X, W], {"groups": 0}, ValueError,
     "groups must be at least 1, got 0"),
    ("conv2d", [X, W], {"groups": 2.0}, TypeError,
     "groups must be an int, got 2.0"),
    ("conv2d", [X, W, (5,)], {}, ValueError,
     "b must have shape (6,), one number an output channel, got (5,) (b.shape)"),
    ("conv2d", [X, W, (6, 1)], {}, ValueError,
     "b must have shape (6,), one number an output channel, got (6, 1) (b.shape)"),
    ("conv2d", [X, (6, 4, 7, 3)], {}, ValueError,
     "kernel spans 7 rows (dilation 1, size 7), the padded image has 5 (5 + 2 × padding 0)"),
    ("conv2d", [X, W], {"dilation": (1, 5), "padding": 2}, ValueError,
     "kernel spans 11 columns (dilation 5, size 3), the padded image has 10 (6 + 2 × padding "
     "2)"),
    ("conv2d", [X, W], {"stride": 0}, ValueError,
     "stride must be at least 1, got 0"),
    ("conv2d", [X, W], {"stride": (1, -2)}, ValueError,
     "stride must be at least 1, got (1, -2)"),
    ("conv2d", [X, W], {"padding": -1}, ValueError,
     "padding must be at least 0, got -1"),
    ("conv2d", [X, W], {"dilation": 0}, ValueError,
     "dilation must be at least 1, got 0"),
    ("conv2d", [X, W], {"stride": 1.5}, TypeError,
     "stride must be an int or a pair of ints, got 1.5"),
    ("conv2d", [X, W], {"padding": (1, 2, 3)}, TypeError,
     "padding must be an int or a pair of ints, got (1, 2, 3)"),
    ("conv2d", [X, W], {"padding": "same"}, TypeError,
     "padding must be an int or a pair of ints, got 'same'"),
    ("conv2d", [X, W], {"stride": True}, TypeError,
     "stride must be an int or a pair of ints, got True"),
    ("conv2d", [(2, 4, 0, 6), W], {}, ValueError,
     "x must have at least 1 along H, got 0 (x.shape[2])"),
    ("conv2d", [X, (0, 4, 3, 3)], {}, ValueError,
     "w must have at least 1 along K, got 0 (w.shape[0])"),
    ("conv_transpose2d", [(2, 4, 5), W], {}, ValueError,
     "x must have 4 axes (N, C, H, W), got 3: shape (2, 4, 5)"),
    ("conv_transpose2d", [X, W], {}, ValueError,
     "kernel has 6 input channels (w.shape[0]), image has 4 (x.shape[1])"),
    ("conv_transpose2d", [X, (4, 2, 3, 3)], {"groups": 3}, ValueError,
     "groups must divide the 4 channels of x, got groups=3 (x.shape[1])"),
    ("conv_transpose2d", [X, (4, 2, 3, 3), (2,)], {"groups": 2}, ValueError,
     "b must have shape (4,), one number an output channel, got (2,) (b.shape)"),
    ("conv_transpose2d", [X, (4, 2, 3, 3)], {"stride": 2, "output_padding": 2}, ValueError,
     "output_padding must be smaller than stride or dilation, got 2 with stride 2 and "
     "dilation 1 (rows)"),
    ("conv_transpose2d", [X, (4, 2, 3, 3)], {"stride": (2, 1), "output_padding": 1}, ValueError,
     "got 1 with stride 1 and dilation 1 (columns)"),
    ("conv_transpose2d", [X, (4, 2, 3, 3)], {"output_padding": -1}, ValueError,
     "output_padding must be at least 0, got -1"),
    ("conv_transpose2d", [X, (4, 2, 3, 3)], {"padding": 4}, ValueError,
     "padding 4 leaves -1 rows of output, expected at least 1"),
    ("depthwise_conv2d", [(4, 5, 6), W], {}, ValueError,
     "x must have 4 axes"),
    ("depthwise_conv2d", [X, (8, 2, 3, 3)], {}, ValueError,
     "kernel has 2 input channels (w.shape[1]), image has 4 / 4 groups (x.shape[1])"),
    ("depthwise_separable", [X, (8, 1, 3, 3), (3, 8, 3, 1)], {}, ValueError,
     "pointwise_w must have windows of 1 × 1, got 3 × 1 (pointwise_w.shape[2])"),
    ("depthwise_separable", [X, (8, 1, 3, 3), (3, 7, 1, 1)], {}, ValueError,
     "pointwise_w has 7 input channels (pointwise_w.shape[1]), depthwise_w makes 8 "
     "(depthwise_w.shape[0])"),
    ("two_3x3", [X, (3, 4, 3, 3), (2, 3, 3, 5)], {}, ValueError,
     "w2 must have windows of 3 × 3, got 3 × 5 (w2.shape[3])"),
    ("two_3x3", [X, (3, 4, 3, 3), (2, 4, 3, 3)], {}, ValueError,
     "w2 has 4 input channels (w2.shape[1]), w1 makes 3 (w1.shape[0])"),
    ("separable_pair", [X, (3, 4, 1, 3), (2, 3, 1, 3)], {}, ValueError,
     "column_w must have windows of R × 1, got 1 × 3 (column_w.shape[3])"),
    ("separable_pair", [X, (3, 4, 3), (2, 3, 1, 3)], {}, ValueError,
     "column_w must have 4 axes (K, C, R, 1), got 3: shape (3, 4, 3)"),
    ("compose_kernels", [(3, 4, 3, 3), (2, 4, 3, 3)], {}, ValueError,
     "w2 has 4 input channels (w2.shape[1]), w1 makes 3 (w1.shape[0])"),
    ("im2col", [(4, 5, 6)], {"kernel_size": 3}, ValueError,
     "x must have 4 axes"),
    ("im2col", [X], {"kernel_size": (6, 3)}, ValueError,
     "kernel spans 6 rows"),
    ("im2col", [X], {"kernel_size": 0}, ValueError,
     "kernel_size must be at least 1, got 0"),
    ("convolution_matrix", [W], {"input_shape": X}, ValueError,
     "input_shape must be (C, H, W), got (2, 4, 5, 6)"),
    ("convolution_matrix", [W], {"input_shape": (3, 5, 6)}, ValueError,
     "kernel has 4 input channels (w.shape[1]), image has 3 (x.shape[1])"),
    ("flatten", [(5, 6)], {}, ValueError,
     "x must have axes (C, H, W) or (N, C, H, W), got 2: shape (5, 6)"),
    ("unflatten", [(2, 10)], {"shape": (1, 3, 4)}, ValueError,
     "v must be (12,) or (N, 12) for an image (1, 3, 4), got (2, 10) (v.shape)"),
    ("unflatten", [(12,)], {"shape": (3, 4)}, ValueError,
     "shape must be (C, H, W), got (3, 4)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "shapes", "options", "error", "message"), TABLE)
def test_the_same_error_in_both_backends(name, shapes, options, error, message):
    slow = getattr(reference, f"{name}_forward", None) or getattr(reference, name)
    with pytest.raises(error, match=re.escape(message)):
        slow(*(np.ones(shape) for shape in shapes), **options)
    with pytest.raises(error, match=re.escape(message)):
        getattr(accelerated, name)(*(torch.ones(shape) for shape in shapes), **options)


def test_the_naive_form_checks_too():
    with pytest.raises(ValueError, match="kernel has 3 input channels"):
        reference.conv2d_naive(np.ones(X), np.ones((6, 3, 3, 3)))


FUNCTIONS = [
    (reference.conv2d_forward, X, W),
    (reference.conv2d_naive, X, W),
    (reference.conv_transpose2d_forward, X, (4, 2, 3, 3)),
    (reference.depthwise_conv2d_forward, X, (4, 1, 3, 3)),
    (reference.compose_kernels, (3, 4, 3, 3), (2, 3, 3, 3)),
]


@pytest.mark.parametrize(("function", "x", "w"), FUNCTIONS)
def test_dtypes(function, x, w):
    names = function.__code__.co_varnames[:2]
    with pytest.raises(TypeError, match=rf"{names[0]} must be float32 or float64, got int64"):
        function(np.ones(x, int), np.ones(w))
    with pytest.raises(TypeError, match=rf"{names[1]} must be float32 or float64, got complex128"):
        function(np.ones(x), np.ones(w, complex))
    with pytest.raises(TypeError, match=rf"{names[1]} has dtype float32, {names[0]} has float64"):
        function(np.ones(x), np.ones(w, np.float32))
    with pytest.raises(TypeError, match=rf"{names[0]} must be a NumPy array, got list"):
        function(np.ones(x).tolist(), np.ones(w))


def test_dtypes_of_tensors():
    x, w = torch.ones(X), torch.ones(W)
    with pytest.raises(TypeError, match=r"x must have a floating dtype, got torch\.int64"):
        accelerated.conv2d(x.long(), w)
    with pytest.raises(TypeError, match=r"w has dtype torch\.float64, x has torch\.float32"):
        accelerated.conv2d(x, w.double())
    with pytest.raises(TypeError, match=r"x must be a torch\.Tensor, got ndarray"):
        accelerated.conv2d(x.numpy(), w)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"w is on meta, x is on cpu"):
        accelerated.conv2d(x, w.to("meta"))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(
    ("forward", "backward", "w"),
    [
        (reference.conv2d_forward, reference.conv2d_backward, W),
        (reference.conv_transpose2d_forward, reference.conv_transpose2d_backward, (4, 2, 3, 3)),
    ],
)
def test_upstream_gradients(forward, backward, w, stride):
    out, cache = forward(np.ones(X), np.ones(w), stride=stride)
    expected = re.escape(f"dout must have the output's shape {out.shape}, got (1, 1, 1, 1)")
    with pytest.raises(ValueError, match=expected):
        backward(np.ones((1, 1, 1, 1)), cache)
    with pytest.raises(TypeError, match="dout must be float64 like the input, got float32"):
        backward(out.astype(np.float32), cache)
    with pytest.raises(TypeError, match="dout must be a NumPy array, got float"):
        backward(1.0, cache)
