"""Convolutions by their definitions, one number at a time: slow, and easy to believe."""

import numpy as np

from cvlib.arrays import Array, check_arrays
from cvlib.convolution.geometry import IntOrPair
from cvlib.convolution.validation import check_conv2d, check_conv_transpose2d


def conv2d_naive(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Array:
    """Convolve by the definition, one output number at a time: slow, and easy to believe.

    out[n, k, i, j] = b[k] + Σ_crs w[k, c, r, s] · x[n, c, i·stride + r·dilation - padding, …]

    Shapes and errors as in `conv2d_forward`.
    """
    check_arrays(x=x, w=w, b=b)
    b_shape = None if b is None else b.shape
    slide, size = check_conv2d(x.shape, w.shape, b_shape, stride, padding, dilation, groups)
    stride, padding, dilation = slide
    share, kernels = w.shape[1], len(w) // groups
    padded = np.pad(x, ((0, 0), (0, 0), (padding[0], padding[0]), (padding[1], padding[1])))
    out = np.zeros((len(x), len(w), *size), x.dtype)
    for n, k, i, j in np.ndindex(out.shape):
        first = k // kernels * share
        # Σ_crs w[k, c, r, s] · x[n, c, i·stride + r·dilation - padding, …]
        for c, r, s in np.ndindex(w.shape[1:]):
            row = i * stride[0] + r * dilation[0]
            column = j * stride[1] + s * dilation[1]
            out[n, k, i, j] += w[k, c, r, s] * padded[n, first + c, row, column]
        if b is not None:
            out[n, k, i, j] += b[k]
    return out


def conv_transpose2d_naive(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Array:
    """Stamp the kernel once for every pixel, scaled by that pixel, and cut the padding off.

    out[n, k, i·stride + r·dilation - padding, …] += x[n, c, i, j] · w[c, k, r, s]; then add b[k].

    Shapes and errors as in `conv_transpose2d_forward`.
    """
    check_arrays(x=x, w=w, b=b)
    b_shape = None if b is None else b.shape
    slide, size = check_conv_transpose2d(
        x.shape, w.shape, b_shape, stride, padding, output_padding, dilation, groups
    )
    (down, along), (p, q), (d, e) = slide
    share, kernels = len(w) // groups, w.shape[1]
    out = np.zeros((len(x), kernels * groups, *size), x.dtype)
    for n, c, i, j in np.ndindex(x.shape):
        first = c // share * kernels
        # out[n, k, i·stride + r·dilation - padding, …] += x[n, c, i, j] · w[c, k, r, s]
        for k, r, s in np.ndindex(w.shape[1:]):
            row, column = i * down + r * d - p, j * along + s * e - q
            if 0 <= row < size[0] and 0 <= column < size[1]:
                out[n, first + k, row, column] += x[n, c, i, j] * w[c, k, r, s]
    return out if b is None else out + b[:, None, None]
