"""The convolutional layer, forward and backward."""

from typing import NamedTuple

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.convolution.geometry import IntOrPair, Slide
from cvlib.convolution.reference.correlation import correlate, match, spread
from cvlib.convolution.validation import check_conv2d


class Cache(NamedTuple):
    """What a backward pass needs to remember of its forward pass."""

    x: Array
    w: Array
    biased: bool
    slide: Slide
    groups: int
    out_shape: tuple[int, ...]


def conv2d_forward(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> tuple[Array, Cache]:
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


def conv2d_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array | None]:
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
