"""Convolution in NumPy, every public name in one place: what the operation means.

Arrays are (N, C, H, W), float32 or float64, and keep their dtype; stride, padding and dilation are
an int or a (rows, columns) pair everywhere.
"""

from cvlib.convolution.definition import conv2d_naive, conv_transpose2d_naive
from cvlib.convolution.geometry import conv2d_output_size, conv_transpose2d_output_size
from cvlib.convolution.reference.conv2d import conv2d_backward, conv2d_forward
from cvlib.convolution.reference.cost import count_macs, count_parameters
from cvlib.convolution.reference.factorized import (
    compose_kernels,
    depthwise_conv2d_backward,
    depthwise_conv2d_forward,
    depthwise_separable_backward,
    depthwise_separable_forward,
    separable_pair_backward,
    separable_pair_forward,
    two_3x3_backward,
    two_3x3_forward,
)
from cvlib.convolution.reference.matrix import convolution_matrix, flatten, unflatten
from cvlib.convolution.reference.transposed import (
    conv_transpose2d_backward,
    conv_transpose2d_forward,
)
from cvlib.convolution.reference.unfold import im2col

__all__ = [
    "compose_kernels",
    "conv2d_backward",
    "conv2d_forward",
    "conv2d_naive",
    "conv2d_output_size",
    "conv_transpose2d_backward",
    "conv_transpose2d_forward",
    "conv_transpose2d_naive",
    "conv_transpose2d_output_size",
    "convolution_matrix",
    "count_macs",
    "count_parameters",
    "depthwise_conv2d_backward",
    "depthwise_conv2d_forward",
    "depthwise_separable_backward",
    "depthwise_separable_forward",
    "flatten",
    "im2col",
    "separable_pair_backward",
    "separable_pair_forward",
    "two_3x3_backward",
    "two_3x3_forward",
    "unflatten",
]
