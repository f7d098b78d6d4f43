"""One convolution as two cheaper ones: depthwise then pointwise, 3×3 then 3×3, n×1 then 1×n."""

from cvlib.arrays import Array, check_arrays, check_rank
from cvlib.convolution.geometry import IntOrPair, as_pair
from cvlib.convolution.reference.conv2d import Cache, conv2d_backward, conv2d_forward
from cvlib.convolution.reference.transposed import conv_transpose2d_forward
from cvlib.convolution.validation import check_pair

TwoCaches = tuple[Cache, Cache]


def depthwise_conv2d_forward(
    x: Array,
    w: Array,
    b: Array | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> tuple[Array, Cache]:
    """Convolve each channel with kernels of its own: a convolution with as many groups as channels.

    out[n, c·m + q, i, j] = b[c·m + q] + Σ_rs w[c·m + q, 0, r, s] · x[n, c, i·stride + r·dilation …]

    Shapes: x (N, C, H, W), w (C·m, 1, R, S), b (C·m,) -> out (N, C·m, H', W'), cache.
    Errors as in `conv2d_forward`.
    Source: Chollet, Xception: deep learning with depthwise separable convolutions, 2017, §2.
    """
    check_arrays(x=x, w=w, b=b)
    check_rank("x", x.shape, "N C H W")
    return conv2d_forward(
        x, w, b, stride=stride, padding=padding, dilation=dilation, groups=x.shape[1]
    )


def depthwise_conv2d_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array | None]:
    """Return (dx, dw, db) of `depthwise_conv2d_forward`: the backward of the grouped convolution.

    Shapes and errors as in `conv2d_backward`.
    """
    return conv2d_backward(dout, cache)


def depthwise_separable_forward(
    x: Array,
    depthwise_w: Array,
    pointwise_w: Array,
    b: Array | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> tuple[Array, TwoCaches]:
    """Filter each channel on its own, then mix the channels pixel by pixel.

    out = pointwise_w ⋆ (depthwise_w ⋆ x) + b; stride, padding and dilation belong to the first.

    Shapes: x (N, C, H, W), depthwise_w (C·m, 1, R, S), pointwise_w (K, C·m, 1, 1), b (K,) ->
    out (N, K, H', W'), caches. Errors as in `conv2d_forward`.
    Source: Howard et al., MobileNets: efficient convolutional neural networks, 2017, §3.1.
    """
    check_arrays(x=x, depthwise_w=depthwise_w, pointwise_w=pointwise_w, b=b)
    check_pair(("depthwise_w", depthwise_w.shape, "R S"), ("pointwise_w", pointwise_w.shape, "1 1"))
    middle, first = depthwise_conv2d_forward(
        x, depthwise_w, stride=stride, padding=padding, dilation=dilation
    )
    out, second = conv2d_forward(middle, pointwise_w, b)
    return out, (first, second)


def depthwise_separable_backward(
    dout: Array, cache: TwoCaches
) -> tuple[Array, Array, Array, Array | None]:
    """Return (dx, ddepthwise_w, dpointwise_w, db): first back through the mix, then the filters.

    Shapes: as the arguments of `depthwise_separable_forward`. Errors as in `conv2d_backward`.
    """
    return _backward_of_two(dout, cache)


def two_3x3_forward(
    x: Array,
    w1: Array,
    w2: Array,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
) -> tuple[Array, TwoCaches]:
    """See 5×5 pixels through two 3×3 convolutions: 18 weights instead of 25, a channel pair.

    out = w2 ⋆ (w1 ⋆ x) = compose_kernels(w1, w2) ⋆ x

    `padding` is put round the image once, before w1, and `stride` belongs to w2: so the equality
    with the 5×5 convolution of the same stride and padding holds up to the border. (A network
    that pads each 3×3 by 1 computes something else along the edge.)

    Shapes: x (N, C, H, W), w1 (M, C, 3, 3), w2 (K, M, 3, 3) -> out (N, K, H', W'), caches.
    Errors as in `conv2d_forward`.
    Source: Szegedy et al., Rethinking the Inception architecture, 2016, §3.1.
    """
    check_arrays(x=x, w1=w1, w2=w2)
    check_pair(("w1", w1.shape, "3 3"), ("w2", w2.shape, "3 3"))
    middle, first = conv2d_forward(x, w1, padding=padding)
    out, second = conv2d_forward(middle, w2, stride=stride)
    return out, (first, second)


def two_3x3_backward(dout: Array, cache: TwoCaches) -> tuple[Array, Array, Array]:
    """Return (dx, dw1, dw2): back through the second 3×3, then through the first.

    Shapes: as the arguments of `two_3x3_forward`. Errors as in `conv2d_backward`.
    """
    dx, dw1, dw2, _ = _backward_of_two(dout, cache)
    return dx, dw1, dw2


def separable_pair_forward(
    x: Array,
    column_w: Array,
    row_w: Array,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
) -> tuple[Array, TwoCaches]:
    """Slide an n×1 column over the image, then a 1×n row over the result: 2n weights, not n².

    out = row_w ⋆ (column_w ⋆ x) = compose_kernels(column_w, row_w) ⋆ x

    For one channel the composed kernel is the outer product of column and row. The column takes
    the row part of stride and padding, the row the column part.

    Shapes: x (N, C, H, W), column_w (M, C, R, 1), row_w (K, M, 1, S) -> out (N, K, H', W'),
    caches. Errors as in `conv2d_forward`.
    Source: Szegedy et al., Rethinking the Inception architecture, 2016, §3.2.
    """
    check_arrays(x=x, column_w=column_w, row_w=row_w)
    check_pair(("column_w", column_w.shape, "R 1"), ("row_w", row_w.shape, "1 S"))
    strides, paddings = as_pair(stride, "stride", 1), as_pair(padding, "padding", 0)
    middle, first = conv2d_forward(x, column_w, stride=(strides[0], 1), padding=(paddings[0], 0))
    out, second = conv2d_forward(middle, row_w, stride=(1, strides[1]), padding=(0, paddings[1]))
    return out, (first, second)


def separable_pair_backward(dout: Array, cache: TwoCaches) -> tuple[Array, Array, Array]:
    """Return (dx, dcolumn_w, drow_w): back through the row, then through the column.

    Shapes: as the arguments of `separable_pair_forward`. Errors as in `conv2d_backward`.
    """
    dx, dcolumn_w, drow_w, _ = _backward_of_two(dout, cache)
    return dx, dcolumn_w, drow_w


def compose_kernels(w1: Array, w2: Array) -> Array:
    """Give the one kernel that does what w1 and then w2 do, when nothing stands between them.

    w[k, c] = Σ_m w2[k, m] * w1[m, c], where * is the full convolution: each weight of w2 stamps
    a copy of w1, which is a transposed convolution.

    Shapes: w1 (M, C, R1, S1), w2 (K, M, R2, S2) -> (K, C, R1 + R2 - 1, S1 + S2 - 1).
    Raises TypeError or ValueError when w2 does not take the channels that w1 makes.
    """
    check_arrays(w1=w1, w2=w2)
    check_pair(("w1", w1.shape, "R S"), ("w2", w2.shape, "R S"))
    return conv_transpose2d_forward(w2, w1)[0]


def _backward_of_two(dout: Array, cache: TwoCaches) -> tuple[Array, Array, Array, Array | None]:
    first, second = cache
    dmiddle, dw2, db = conv2d_backward(dout, second)
    dx, dw1, _ = conv2d_backward(dmiddle, first)
    return dx, dw1, dw2, db
