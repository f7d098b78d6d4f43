"""The PyTorch twins: any device, autograd for the gradients, the same errors as the reference.

Autocast chooses the precision, `torch.compile` traces each function whole, and an input in
channels_last comes out in channels_last. Only `convolution_matrix` is made eagerly.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.arrays import check_rank
from cvlib.convolution.geometry import IntOrPair, as_pair, as_slide, output_lengths
from cvlib.convolution.reference.matrix import convolution_pattern
from cvlib.convolution.validation import (
    check_conv2d,
    check_conv_transpose2d,
    check_image,
    check_pair,
    check_vector,
)
from cvlib.tensors import check_tensors

__all__ = [
    "compose_kernels",
    "conv2d",
    "conv_transpose2d",
    "convolution_matrix",
    "depthwise_conv2d",
    "depthwise_separable",
    "flatten",
    "im2col",
    "separable_pair",
    "two_3x3",
    "unflatten",
]


def conv2d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve: out[n, k, i, j] = b[k] + Σ_crs w[k, c, r, s] · x[n, c, i·stride + r·dilation …].

    Shapes: x (N, C, H, W), w (K, C / groups, R, S), b (K,) -> (N, K, H', W').
    Raises TypeError or ValueError as the reference does. Twin of `reference.conv2d_forward`.
    """
    check_tensors(x=x, w=w, b=b)
    b_shape = None if b is None else b.shape
    slide, _ = check_conv2d(x.shape, w.shape, b_shape, stride, padding, dilation, groups)
    return functional.conv2d(x, w, b, slide.stride, slide.padding, slide.dilation, groups)


def conv_transpose2d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    output_padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Tensor:
    """Stamp: out[n, k, i·stride + r·dilation - padding, …] += x[n, c, i, j] · w[c, k, r, s]; add b.

    Shapes: x (N, C, H, W), w (C, K / groups, R, S), b (K,) -> (N, K, H', W').
    Raises TypeError or ValueError as the reference does. Twin of
    `reference.conv_transpose2d_forward`.
    """
    check_tensors(x=x, w=w, b=b)
    b_shape = None if b is None else b.shape
    slide, _ = check_conv_transpose2d(
        x.shape, w.shape, b_shape, stride, padding, output_padding, dilation, groups
    )
    extra = as_pair(output_padding, "output_padding", 0)
    return functional.conv_transpose2d(
        x, w, b, slide.stride, slide.padding, extra, groups, slide.dilation
    )


def depthwise_conv2d(
    x: Tensor,
    w: Tensor,
    b: Tensor | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Tensor:
    """Convolve each channel with kernels of its own: as many groups as channels.

    Shapes: x (N, C, H, W), w (C·m, 1, R, S), b (C·m,) -> (N, C·m, H', W').
    Raises TypeError or ValueError as `conv2d`. Twin of `reference.depthwise_conv2d_forward`.
    """
    check_tensors(x=x, w=w, b=b)
    check_rank("x", x.shape, "N C H W")
    return conv2d(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=x.shape[1])


def depthwise_separable(
    x: Tensor,
    depthwise_w: Tensor,
    pointwise_w: Tensor,
    b: Tensor | None = None,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Tensor:
    """Filter each channel, then mix the channels: out = pointwise_w ⋆ (depthwise_w ⋆ x) + b.

    Shapes: x (N, C, H, W), depthwise_w (C·m, 1, R, S), pointwise_w (K, C·m, 1, 1), b (K,) ->
    (N, K, H', W'). Raises as `conv2d`. Twin of `reference.depthwise_separable_forward`.
    """
    check_tensors(x=x, depthwise_w=depthwise_w, pointwise_w=pointwise_w, b=b)
    check_pair(("depthwise_w", depthwise_w.shape, "R S"), ("pointwise_w", pointwise_w.shape, "1 1"))
    middle = depthwise_conv2d(x, depthwise_w, stride=stride, padding=padding, dilation=dilation)
    return functional.conv2d(middle, pointwise_w, b)


def two_3x3(
    x: Tensor, w1: Tensor, w2: Tensor, *, stride: IntOrPair = 1, padding: IntOrPair = 0
) -> Tensor:
    """See 5×5 pixels through two 3×3: out = w2 ⋆ (w1 ⋆ x), padded once, before w1.

    Shapes: x (N, C, H, W), w1 (M, C, 3, 3), w2 (K, M, 3, 3) -> (N, K, H', W').
    Raises as `conv2d`. Twin of `reference.two_3x3_forward`.
    """
    check_tensors(x=x, w1=w1, w2=w2)
    check_pair(("w1", w1.shape, "3 3"), ("w2", w2.shape, "3 3"))
    return functional.conv2d(
        conv2d(x, w1, padding=padding), w2, stride=as_pair(stride, "stride", 1)
    )


def separable_pair(
    x: Tensor, column_w: Tensor, row_w: Tensor, *, stride: IntOrPair = 1, padding: IntOrPair = 0
) -> Tensor:
    """Slide an n×1 column, then a 1×n row: out = row_w ⋆ (column_w ⋆ x).

    Shapes: x (N, C, H, W), column_w (M, C, R, 1), row_w (K, M, 1, S) -> (N, K, H', W').
    Raises as `conv2d`. Twin of `reference.separable_pair_forward`.
    """
    check_tensors(x=x, column_w=column_w, row_w=row_w)
    check_pair(("column_w", column_w.shape, "R 1"), ("row_w", row_w.shape, "1 S"))
    strides, paddings = as_pair(stride, "stride", 1), as_pair(padding, "padding", 0)
    middle = conv2d(x, column_w, stride=(strides[0], 1), padding=(paddings[0], 0))
    return conv2d(middle, row_w, stride=(1, strides[1]), padding=(0, paddings[1]))


def compose_kernels(w1: Tensor, w2: Tensor) -> Tensor:
    """Give the one kernel that does w1 and then w2: each weight of w2 stamps a copy of w1.

    Shapes: w1 (M, C, R1, S1), w2 (K, M, R2, S2) -> (K, C, R1 + R2 - 1, S1 + S2 - 1).
    """
    check_tensors(w1=w1, w2=w2)
    check_pair(("w1", w1.shape, "R S"), ("w2", w2.shape, "R S"))
    return functional.conv_transpose2d(w2, w1)


def im2col(
    x: Tensor,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Tensor:
    """Lay every window out as a column: (N, C, H, W) -> (N, C·R·S, H'·W').

    Raises TypeError or ValueError as the reference does. Twin of `reference.im2col`.
    """
    check_tensors(x=x)
    check_rank("x", x.shape, "N C H W")
    kernel = as_pair(kernel_size, "kernel_size", 1)
    slide = as_slide(stride, padding, dilation)
    output_lengths((x.shape[2], x.shape[3]), kernel, slide)
    return functional.unfold(x, kernel, slide.dilation, slide.padding, slide.stride)


def flatten(x: Tensor) -> Tensor:
    """Write images as vectors, row-major: (C, H, W) -> (C·H·W,), (N, C, H, W) -> (N, C·H·W)."""
    check_image(x.shape)
    return x.flatten(start_dim=-3)


def unflatten(v: Tensor, shape: Sequence[int]) -> Tensor:
    """Read row-major vectors back as images of shape (C, H, W): the inverse of `flatten`."""
    check_vector(v.shape, shape)
    return v.reshape(*v.shape[:-1], *shape)


def convolution_matrix(
    w: Tensor,
    input_shape: Sequence[int],
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
    groups: int = 1,
) -> Tensor:
    """Build the sparse matrix A with flatten(conv2d(x, w)) = A · flatten(x), differentiable in w.

    Shapes: w (K, C / groups, R, S), input_shape (C, H, W) -> sparse COO (K·H'·W', C·H·W).
    Raises TypeError or ValueError as the reference does. Twin of `reference.convolution_matrix`.
    """
    check_tensors(w=w)
    row_starts, columns, weights, shape = convolution_pattern(
        w.shape, input_shape, stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    counts = torch.from_numpy(row_starts).diff()
    rows = torch.arange(shape[0]).repeat_interleave(counts)
    places = torch.stack([rows, torch.from_numpy(columns)]).to(w.device)
    values = w.reshape(-1)[torch.from_numpy(weights).to(w.device)]
    return torch.sparse_coo_tensor(places, values, shape, check_invariants=True, is_coalesced=True)
