"""The PyTorch twins: any device, autograd for the gradients, the same errors as the reference."""

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.arrays import check_rank
from cvlib.convolution.geometry import IntOrPair
from cvlib.layers.reference.linear import check_linear
from cvlib.layers.reference.windows import check_pool
from cvlib.tensors import check_tensors

__all__ = ["avg_pool2d", "global_avg_pool2d", "linear", "max_pool2d", "sum_pool2d"]


def linear(x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """Weigh all inputs for every output: out = x wᵀ + b.

    Shapes: x (N, D), w (M, D), b (M,) or None -> (N, M).
    Raises TypeError or ValueError as the reference does. Twin of `reference.linear_forward`.
    """
    check_tensors(x=x, w=w, b=b)
    check_linear(tuple(x.shape), tuple(w.shape), None if b is None else tuple(b.shape))
    return functional.linear(x, w, b)


def max_pool2d(
    x: Tensor, kernel: IntOrPair, *, stride: IntOrPair | None = None, padding: IntOrPair = 0
) -> Tensor:
    """Keep the largest pixel of every window; padding counts as -∞.

    Shapes: x (N, C, H, W) -> (N, C, H', W').
    Raises TypeError or ValueError as the reference does. Twin of `reference.max_pool2d_forward`.
    """
    check_tensors(x=x)
    view = check_pool(x.shape, kernel, stride, padding)
    return functional.max_pool2d(x, view.kernel, view.stride, view.offset)


def sum_pool2d(
    x: Tensor, kernel: IntOrPair, *, stride: IntOrPair | None = None, padding: IntOrPair = 0
) -> Tensor:
    """Add up the pixels of every window; padding counts as zero.

    Shapes: x (N, C, H, W) -> (N, C, H', W').
    Raises TypeError or ValueError as the reference does. Twin of `reference.sum_pool2d_forward`.
    """
    check_tensors(x=x)
    view = check_pool(x.shape, kernel, stride, padding)
    return functional.avg_pool2d(x, view.kernel, view.stride, view.offset, divisor_override=1)


def avg_pool2d(
    x: Tensor,
    kernel: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    count_include_pad: bool = True,
) -> Tensor:
    """Average the pixels of every window, with the padding or without it.

    Shapes: x (N, C, H, W) -> (N, C, H', W').
    Raises TypeError or ValueError as the reference does. Twin of `reference.avg_pool2d_forward`.
    """
    check_tensors(x=x)
    view = check_pool(x.shape, kernel, stride, padding)
    return functional.avg_pool2d(
        x, view.kernel, view.stride, view.offset, count_include_pad=count_include_pad
    )


def global_avg_pool2d(x: Tensor) -> Tensor:
    """Average every channel over the whole image: (N, C, H, W) -> (N, C).

    Raises TypeError or ValueError as the reference does. Twin of
    `reference.global_avg_pool2d_forward`.
    """
    check_tensors(x=x)
    check_rank("x", x.shape, "N C H W")
    return torch.mean(x, dim=(2, 3))
