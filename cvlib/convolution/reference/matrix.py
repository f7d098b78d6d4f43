"""A convolution is linear, so it is a matrix: this one."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from cvlib.arrays import Array, check_arrays
from cvlib.convolution.geometry import IntOrPair, Pair
from cvlib.convolution.validation import check_conv2d, check_image, check_vector


def flatten(x: Array) -> Array:
    """Write an image as a vector, row-major: column fastest, then row, then channel.

    v[(c·H + i)·W + j] = x[c, i, j]

    Shapes: (C, H, W) -> (C·H·W,), or a batch (N, C, H, W) -> (N, C·H·W).
    """
    check_image(x.shape)
    length = x.shape[-3] * x.shape[-2] * x.shape[-1]
    return x.reshape(*x.shape[:-3], length, order="C")


def unflatten(v: Array, shape: Sequence[int]) -> Array:
    """Read a row-major vector back as an image: the inverse of `flatten`.

    x[c, i, j] = v[(c·H + i)·W + j]

    Shapes: v (C·H·W,) or (N, C·H·W), shape = (C, H, W) -> (C, H, W) or (N, C, H, W).
    """
    check_vector(v.shape, shape)
    return v.reshape(*v.shape[:-1], *shape, order="C")


def convolution_pattern(
    w_shape: Sequence[int],
    input_shape: Sequence[int],
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, int]]:
    """Say where the weights stand in the matrix of a convolution, in compressed rows.

    Returns (row_starts, columns, weights, shape): row q holds, in the columns
    `columns[row_starts[q]:row_starts[q + 1]]`, the flattened kernel's entries `weights[…]`.
    Taps that fall on the padding have no entry; the columns of a row ascend.
    """
    if len(input_shape) != 3:
        raise ValueError(f"input_shape must be (C, H, W), got {tuple(input_shape)}")
    channels, height, width = input_shape
    slide, size = check_conv2d(
        (1, channels, height, width), w_shape, None, stride, padding, dilation, groups
    )
    kernels, share, *kernel_size = w_shape
    (rows, row_seen), (columns, column_seen) = (
        _taps(axis, (height, width), (kernel_size[0], kernel_size[1]), size, slide)
        for axis in (0, 1)
    )
    # axes (i, j, c, r, s): output row and column, then the taps of one window in memory order
    seen = np.broadcast_to(
        row_seen[:, None, None, :, None] & column_seen[None, :, None, None, :],
        (*size, share, *kernel_size),
    )
    channel = np.arange(share)[None, None, :, None, None]
    # pixel (c, y, x) has the number (c·H + y)·W + x
    pixel = (channel * height + rows[:, None, None, :, None]) * width
    pixel = pixel + columns[None, :, None, None, :]
    weight = np.arange(share * kernel_size[0] * kernel_size[1])
    one_kernel = pixel[seen]
    one_weights = np.broadcast_to(weight.reshape(share, *kernel_size), seen.shape)[seen]
    one_counts = seen.sum(axis=(2, 3, 4)).ravel()

    # every kernel looks through the same windows, at the channels of its own group
    first_pixel = np.arange(kernels) // (kernels // groups) * (share * height * width)
    all_columns = (first_pixel[:, None] + one_kernel).ravel()
    all_weights = (np.arange(kernels)[:, None] * weight.size + one_weights).ravel()
    row_starts = np.concatenate([[0], np.cumsum(np.tile(one_counts, kernels))])
    shape = kernels * size[0] * size[1], channels * height * width
    return row_starts, all_columns, all_weights, shape


def _taps(
    axis: int, image: Pair, kernel: Pair, size: Pair, slide: tuple[Pair, Pair, Pair]
) -> tuple[np.ndarray, np.ndarray]:
    """Return position (H', R) of every tap along one axis, and whether it lies on the image."""
    stride, padding, dilation = (entry[axis] for entry in slide)
    # i·stride + r·dilation - padding
    position = (
        np.arange(size[axis])[:, None] * stride + np.arange(kernel[axis]) * dilation - padding
    )
    return position, (position >= 0) & (position < image[axis])


def convolution_matrix(
    w: Array,
    input_shape: Sequence[int],
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> csr_array:
    """Build the sparse matrix A of a convolution: flatten(conv2d(x, w)) = A · flatten(x).

    A[(k·H' + i)·W' + j, (c·H + y)·W + x] = w[k, c, r, s] where y = i·stride + r·dilation - padding
    and x likewise; every other entry is zero. Both sides are flattened row-major, as `flatten`
    does. Its transpose is the transposed convolution.

    Shapes: w (K, C / groups, R, S), input_shape (C, H, W) -> (K·H'·W', C·H·W), dtype of w.
    Raises TypeError for a dtype that is not float32 or float64, ValueError for a wrong shape.
    """
    check_arrays(w=w)
    row_starts, columns, weights, shape = convolution_pattern(
        w.shape, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    return csr_array((w.ravel(order="C")[weights], columns, row_starts), shape=shape)
