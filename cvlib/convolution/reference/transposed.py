"""The transposed convolution: the backward of a convolution, run forward."""

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.convolution.geometry import IntOrPair
from cvlib.convolution.reference.conv2d import Cache
from cvlib.convolution.reference.correlation import correlate, match, spread
from cvlib.convolution.validation import check_conv_transpose2d


def conv_transpose2d_forward(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> tuple[Array, Cache]:
    """Stamp the kernel on the output once for every pixel, scaled by that pixel, and add up.

    out[n, k, i·stride + r·dilation - padding, …] += x[n, c, i, j] · w[c, k, r, s]; then add b[k].

    With A the matrix of the convolution that has the same kernel, stride, padding and dilation,
    out = Aᵀx: the adjoint of A, and not its inverse.

    Shapes: x (N, C, H, W), w (C, K / groups, R, S), b (K,) -> out (N, K, H', W'), cache.
    Raises TypeError for dtypes that are not all float32 or all float64, ValueError for shapes
    that do not fit or output_padding not below max(stride, dilation).
    Source: Zeiler et al., Deconvolutional networks, 2010; Dumoulin and Visin, A guide to
    convolution arithmetic for deep learning, 2016, §4.
    """
    check_arrays(x=x, w=w, b=b)
    slide, size = check_conv_transpose2d(
        x.shape,
        w.shape,
        None if b is None else b.shape,
        stride,
        padding,
        output_padding,
        dilation,
        groups,
    )
    out = spread(x, w, size, slide, groups)
    if b is not None:
        out += b[:, None, None]
    return out, Cache(x, w, b is not None, slide, groups, out.shape)


def conv_transpose2d_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array | None]:
    """Turn the gradient of the output into the gradients of image, kernel and bias.

    dx = A dout: the adjoint of an adjoint is the convolution itself.
    dw[c, k, r, s] = Σ_nij x[n, c, i, j] · dout[n, k, i·stride + r·dilation - padding, …]
    db[k] = Σ_nij dout[n, k, i, j]

    Shapes: dout like out -> dx like x, dw like w, db like b (None without a bias).
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    x, w, biased, slide, groups, out_shape = cache
    check_upstream(dout, out_shape, x.dtype)
    dx = correlate(dout, w, (x.shape[2], x.shape[3]), slide, groups)
    dw = match(dout, x, (w.shape[2], w.shape[3]), slide, groups)
    db = dout.sum(axis=(0, 2, 3)) if biased else None
    return dx, dw, db
