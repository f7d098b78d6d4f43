"""The convolution matrix is the convolution, and its transpose the transposed convolution."""

import numpy as np
import pytest
from hypothesis import given, settings
from twin_cases_convolution import both, grouped

from cvlib.convolution import (
    conv2d_backward,
    conv2d_forward,
    conv_transpose2d_forward,
    convolution_matrix,
    flatten,
    im2col,
    unflatten,
)

DRAWS = settings(max_examples=60, deadline=None, derandomize=True, database=None)


@DRAWS
@given(call=grouped())
def test_the_matrix_is_the_convolution(call):
    x, w = call.arrays["x"], call.arrays["w"]
    out, cache = conv2d_forward(x, w, **call.options)
    matrix = convolution_matrix(w, x.shape[1:], **call.options)
    assert matrix.shape == (np.prod(out.shape[1:]), np.prod(x.shape[1:]))
    assert matrix.has_canonical_format
    for image, result in zip(x, out, strict=True):
        np.testing.assert_allclose(matrix @ flatten(image), flatten(result), atol=1e-10)
    # and its transpose sends gradients home
    dout = np.random.default_rng(call.seed).standard_normal(out.shape)
    home, _, _ = conv2d_backward(dout, cache)
    np.testing.assert_allclose(flatten(dout) @ matrix, flatten(home), atol=1e-10)


@DRAWS
@given(call=grouped())
def test_the_transposed_matrix_is_the_transposed_convolution(call):
    x, w = call.arrays["x"], call.arrays["w"]
    matrix = convolution_matrix(w, x.shape[1:], **call.options)
    out, _ = conv2d_forward(x, w, **call.options)
    # several images have this output size: output_padding says which of them x is
    missing = tuple(
        (x.shape[2 + axis] + 2 * p - d * (w.shape[2 + axis] - 1) - 1) % s
        for axis, (s, p, d) in enumerate(
            zip(
                *(both(call.options[key]) for key in ("stride", "padding", "dilation")), strict=True
            )
        )
    )
    stamped, _ = conv_transpose2d_forward(out, w, output_padding=missing, **call.options)
    assert stamped.shape == x.shape
    np.testing.assert_allclose(flatten(out) @ matrix, flatten(stamped), atol=1e-10)


def test_by_hand():
    w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    matrix = convolution_matrix(w, (1, 3, 3)).toarray()
    assert matrix.tolist() == [
        [1, 2, 0, 3, 4, 0, 0, 0, 0],
        [0, 1, 2, 0, 3, 4, 0, 0, 0],
        [0, 0, 0, 1, 2, 0, 3, 4, 0],
        [0, 0, 0, 0, 1, 2, 0, 3, 4],
    ]


def test_one_by_two_image_becomes_its_sum_twice():
    matrix = convolution_matrix(np.ones((1, 1, 1, 2)), (1, 1, 2))
    assert (matrix.T @ matrix).toarray().tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(dtype):
    assert convolution_matrix(np.ones((2, 1, 2, 2), dtype), (1, 4, 4)).dtype == dtype


def test_a_zero_weight_keeps_its_place():
    # the pattern belongs to the geometry: training may move the weight away from zero
    matrix = convolution_matrix(np.zeros((1, 1, 2, 2)), (1, 3, 3))
    assert matrix.nnz == 16


def test_entries_on_the_padding_are_left_out():
    # 9 taps at 9 places, less 3 rows and 3 columns of taps that see the border of zeros
    assert convolution_matrix(np.ones((1, 1, 3, 3)), (1, 3, 3), padding=1).nnz == 49


def test_a_large_layer():
    # the first layer of AlexNet on a 227 × 227 image
    matrix = convolution_matrix(np.ones((2, 3, 11, 11), np.float32), (3, 227, 227), stride=4)
    assert matrix.shape == (2 * 55 * 55, 3 * 227 * 227)
    assert matrix.nnz == 2 * 55 * 55 * 3 * 11 * 11


def test_flatten_is_row_major_whatever_the_memory_order():
    x = np.arange(24.0).reshape(2, 3, 4)
    for layout in (x, np.asfortranarray(x)):
        vector = flatten(layout)
        for c, i, j in np.ndindex(x.shape):
            assert vector[(c * 3 + i) * 4 + j] == x[c, i, j]


@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 2, 3, 4), (0, 2, 3, 4)])
def test_unflatten_undoes_flatten(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    np.testing.assert_array_equal(unflatten(flatten(x), shape[-3:]), x)


def test_im2col_columns_are_windows():
    x = np.random.default_rng(0).standard_normal((2, 3, 5, 6))
    columns = im2col(x, (2, 3), stride=(1, 2))
    assert columns.shape == (2, 18, 4 * 2)
    np.testing.assert_array_equal(columns[1, :, 2 * 2 + 1], x[1, :, 2:4, 2:5].ravel())
