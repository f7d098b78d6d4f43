"""The transposed convolution: its stamps, its size, and what it is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twin_cases_convolution import both, transposed

from cvlib.convolution import (
    conv2d_forward,
    conv2d_output_size,
    conv_transpose2d_forward,
    conv_transpose2d_output_size,
)

DRAWS = settings(max_examples=60, deadline=None, derandomize=True, database=None)


def stamp(x, w, b, size, stride, padding, dilation, groups):
    """Stamp the kernel once a pixel, by loops over everything."""
    out = np.zeros((len(x), w.shape[1] * groups, *size))
    share = w.shape[0] // groups
    for n, c, i, j in np.ndindex(x.shape):
        for k, r, s in np.ndindex(w.shape[1:]):
            row = i * stride[0] + r * dilation[0] - padding[0]
            column = j * stride[1] + s * dilation[1] - padding[1]
            if 0 <= row < size[0] and 0 <= column < size[1]:
                kernel = c // share * w.shape[1] + k
                out[n, kernel, row, column] += x[n, c, i, j] * w[c, k, r, s]
    return out if b is None else out + b[:, None, None]


@DRAWS
@given(call=transposed())
def test_it_stamps(call):
    x, w, b = call.arrays.values()
    out, _ = conv_transpose2d_forward(x, w, b, **call.options)
    slide = (both(call.options[key]) for key in ("stride", "padding", "dilation"))
    stride, padding, dilation = slide
    groups = call.options["groups"]
    expected = stamp(x, w, b, out.shape[2:], stride, padding, dilation, groups)
    np.testing.assert_allclose(out, expected, atol=1e-10)


@DRAWS
@given(
    size=st.integers(1, 20),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    padding=st.integers(0, 3),
    dilation=st.integers(1, 3),
)
def test_output_padding_names_every_image_of_the_same_output_size(
    size, kernel, stride, padding, dilation
):
    slide = {"stride": stride, "padding": padding, "dilation": dilation}
    images = [
        length
        for length in range(max(1, dilation * (kernel - 1) + 1 - 2 * padding), 120)
        if conv2d_output_size(length, kernel, **slide) == (size, size)
    ]
    # padding can be so wide that only the larger of the images have any pixels
    named = range((size - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1, 120)[:stride]
    assert images == [length for length in named if length > 0]
    for extra, length in enumerate(named):
        if length > 0:
            named_size = conv_transpose2d_output_size(size, kernel, output_padding=extra, **slide)
            assert named_size == (length, length)
        else:
            with pytest.raises(ValueError, match="expected at least 1"):
                conv_transpose2d_output_size(size, kernel, output_padding=extra, **slide)


def test_it_is_not_the_inverse():
    x = np.array([[[[3.0, 4.0]]]])
    w = np.ones((1, 1, 1, 2))
    there, _ = conv2d_forward(x, w)
    back, _ = conv_transpose2d_forward(there, w)
    assert there.tolist() == [[[[7.0]]]]
    assert back.tolist() == [[[[7.0, 7.0]]]]


def test_stride_that_does_not_divide_the_kernel_makes_a_checkerboard():
    # where stamps overlap more often, the picture of ones is brighter
    out, _ = conv_transpose2d_forward(np.ones((1, 1, 4, 4)), np.ones((1, 1, 3, 3)), stride=2)
    assert set(out[0, 0, 2:-2, 2:-2].ravel()) == {1.0, 2.0, 4.0}
    out, _ = conv_transpose2d_forward(np.ones((1, 1, 4, 4)), np.ones((1, 1, 4, 4)), stride=2)
    assert set(out[0, 0, 2:-2, 2:-2].ravel()) == {4.0}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (6, 6)),
        ({"stride": 2}, (9, 9)),
        ({"stride": 2, "padding": 1}, (7, 7)),
        ({"stride": 2, "padding": 1, "output_padding": 1}, (8, 8)),
        ({"stride": (2, 1), "output_padding": (1, 0)}, (10, 6)),
        ({"dilation": 2, "output_padding": 1}, (9, 9)),
    ],
)
def test_sizes_by_hand(options, expected):
    assert conv_transpose2d_output_size(4, 3, **options) == expected
