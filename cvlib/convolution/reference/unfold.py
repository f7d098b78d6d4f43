"""Every window of an image, side by side in one matrix."""

import numpy as np

from cvlib.arrays import Array, check_arrays, check_rank
from cvlib.convolution.geometry import IntOrPair, as_pair, as_slide, output_lengths
from cvlib.convolution.reference.frames import View
from cvlib.convolution.reference.patches import patches


def im2col(
    x: Array,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> Array:
    """Lay every window of the image out as a column of a matrix.

    columns[n, (c, r, s), (i, j)] = x[n, c, i·stride + r·dilation - padding, …], zero outside.

    Shapes: x (N, C, H, W) -> (N, C·R·S, H'·W'), the layout of `torch.nn.functional.unfold`.
    Raises TypeError for a dtype that is not float32 or float64, ValueError for a wrong shape.
    Source: Chellapilla, Puri and Simard, High performance convolutional neural networks for
    document processing, 2006, §3.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    kernel = as_pair(kernel_size, "kernel_size", 1)
    slide = as_slide(stride, padding, dilation)
    size = output_lengths((x.shape[2], x.shape[3]), kernel, slide)
    view = View(kernel, size, slide.stride, slide.padding, slide.dilation)
    depth = x.shape[1] * kernel[0] * kernel[1]
    result = np.empty((len(x), depth, size[0] * size[1]), x.dtype)
    for images, outputs, columns in patches(x, view):
        result[images, :, outputs] = columns.reshape(
            depth, images.stop - images.start, -1
        ).swapaxes(0, 1)
    return result
