"""The convolutional layer: forward, backward, and the definition with its loops."""

from typing import NamedTuple

import numpy as np

from cvlib.convolution.correlation import correlate, match, spread
from cvlib.convolution.geometry import IntOrPair, Slide
from cvlib.convolution.validation import FloatArray, check_arrays, check_conv2d, check_upstream


class Cache(NamedTuple):
    """What a backward pass needs to remember of its forward pass."""

    x: FloatArray
    w: FloatArray
    biased: bool
    slide: Slide
    groups: int
    out_shape: tuple[int, ...]


def conv2d_forward(
    x: FloatArray,
    w: FloatArray,
    b: FloatArray | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> tuple[FloatArray, Cache]:
    """Slide every kernel over the image and write down how well each window matches it.

    out[n, k, i, j] = b[k] + Σ_crs w[k, c, r, s] · x[n, c, i·stride + r·dilation - padding, …]

    The kernel is not turned round: networks call this cross-correlation a convolution. With
    groups, kernel k sees only the C / groups channels of its own group.

    Shapes: x (N, C, H, W), w (K, C / groups, R, S), b (K,) -> out (N, K, H', W'), cache.
    Raises TypeError for dtypes that are not all float32 or all float64, ValueError for shapes
    that do not fit; the message names what was expected, what came and the axis.
    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998, §II.
    """
    check_arrays(x=x, w=w, b=b)
    b_shape = None if b is None else b.shape
    slide, size = check_conv2d(x.shape, w.shape, b_shape, stride, padding, dilation, groups)
    out = correlate(x, w, size, slide, groups)
    if b is not None:
        out += b[:, None, None]
    return out, Cache(x, w, b is not None, slide, groups, out.shape)


def conv2d_backward(
    dout: FloatArray, cache: Cache
) -> tuple[FloatArray, FloatArray, FloatArray | None]:
    """Turn the gradient of the output into the gradients of image, kernel and bias.

    dx = Aᵀ dout, where out = A x: each output's gradient goes back to the pixels it saw.
    dw[k, c, r, s] = Σ_nij dout[n, k, i, j] · x[n, c, i·stride + r·dilation - padding, …]
    db[k] = Σ_nij dout[n, k, i, j]

    Shapes: dout like out -> dx like x, dw like w, db like b (None without a bias).
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    x, w, biased, slide, groups, out_shape = cache
    check_upstream(dout, out_shape, x.dtype)
    dx = spread(dout, w, (x.shape[2], x.shape[3]), slide, groups)
    dw = match(x, dout, (w.shape[2], w.shape[3]), slide, groups)
    db = dout.sum(axis=(0, 2, 3)) if biased else None
    return dx, dw, db


def conv2d_naive(
    x: FloatArray,
    w: FloatArray,
    b: FloatArray | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> FloatArray:
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
