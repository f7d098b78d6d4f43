"""Where the windows of a pooling layer stand, and which pixels each place of a window meets."""

from collections.abc import Iterator, Sequence
from types import EllipsisType

import numpy as np

from cvlib.arrays import check_rank
from cvlib.convolution.geometry import AXES, IntOrPair, Pair, as_pair, as_slide, output_lengths
from cvlib.convolution.reference.frames import View, seen_by_tap

Index = tuple[EllipsisType, slice, slice]


def check_pool(
    x_shape: Sequence[int], kernel: IntOrPair, stride: IntOrPair | None, padding: IntOrPair
) -> View:
    """Return the windows of a pooling layer over x (N, C, H, W), or raise what is wrong with them.

    Without a stride the windows stand side by side. Padding may be at most half of the kernel: then
    every window has at least one real pixel.
    """
    check_rank("x", x_shape, "N C H W")
    size = as_pair(kernel, "kernel", 1)
    slide = as_slide(size if stride is None else stride, padding, 1)
    for axis in (0, 1):
        if slide.padding[axis] > size[axis] // 2:
            raise ValueError(
                f"padding must be at most half of the kernel, got padding {slide.padding[axis]} "
                f"for a kernel of {size[axis]} {AXES[axis]}"
            )
    out_size = output_lengths((x_shape[2], x_shape[3]), size, slide)
    return View(size, out_size, slide.stride, slide.padding, slide.dilation)


def taps(view: View, image_size: Pair) -> Iterator[tuple[Index, Index]]:
    """Yield (outputs, pixels) for every place of the window, row by row.

    They index (N, C, H', W') and (N, C, H, W): the windows whose place lies inside the image, and
    the pixels that they find there. Padding needs no memory: it is what is left out.
    """
    for r, s in np.ndindex(view.kernel):
        rows, image_rows = seen_by_tap(view, 0, r, 0, view.size[0], image_size[0])
        columns, image_columns = seen_by_tap(view, 1, s, 0, view.size[1], image_size[1])
        yield (..., rows, columns), (..., image_rows, image_columns)
