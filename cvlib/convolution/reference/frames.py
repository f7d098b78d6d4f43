"""A padded piece of an image in a reused frame, and the way between its pixels and the windows."""

from typing import NamedTuple

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution.geometry import Pair


class View(NamedTuple):
    """Which windows to look at: `size` of them, the first with its corner at -`offset`."""

    kernel: Pair
    size: Pair
    stride: Pair
    offset: Pair
    dilation: Pair

    def extent(self, rows: int | None = None) -> Pair:
        """Return how many rows and columns of pixels the windows, or `rows` of them, cover."""
        down = self.size[0] if rows is None else rows
        height = (down - 1) * self.stride[0] + self.dilation[0] * (self.kernel[0] - 1) + 1
        width = (self.size[1] - 1) * self.stride[1] + self.dilation[1] * (self.kernel[1] - 1) + 1
        return height, width

    def is_whole_image(self, image_size: tuple[int, ...]) -> bool:
        """Say whether each window is one pixel and they are all the pixels in order."""
        return (
            self.kernel == (1, 1)
            and self.stride == (1, 1)
            and self.offset == (0, 0)
            and self.size == image_size
        )


def overlap(image: int, frame: int, offset: int) -> tuple[slice, slice]:
    """Return the part of an image's axis, and of a frame's, that lie on each other.

    Pixel 0 of the image lies at `offset` of the frame; a negative offset crops.
    """
    first = max(0, -offset)
    last = max(first, min(image, frame - offset))
    return slice(first, last), slice(first + offset, last + offset)


def as_rows(array: Array) -> np.ndarray:
    """View each row (the contiguous last axis) as one item, which NumPy copies in one go."""
    return array.view(np.dtype((np.void, array.shape[-1] * array.itemsize)))[..., 0]


def copy_rows(target: Array, source: Array) -> None:
    """Copy an array, whole rows at a time where the source allows it."""
    if source.size and source.strides[-1] == source.itemsize:
        np.copyto(as_rows(target), as_rows(source))
    else:
        np.copyto(target, source)


def lay(
    image: Array, frame: Array, view: View, first_row: int, columns: tuple[slice, slice]
) -> None:
    """Lay an image (…, H, W) into a frame whose top is that of the windows in `first_row`.

    `columns` are the frame's columns and the image's that lie on them. The frame's other columns
    must be zero already: they are the same for every row.
    """
    top = view.offset[0] - first_row * view.stride[0]
    inside, outside = overlap(image.shape[-2], frame.shape[-2], top)
    frame[..., : outside.start, :] = 0
    frame[..., outside.stop :, :] = 0
    copy_rows(frame[..., outside, columns[0]], image[..., inside, columns[1]])


def seen_by_tap(
    view: View, axis: int, tap: int, first: int, count: int, pixels: int
) -> tuple[slice, slice]:
    """Return the outputs among `count` from `first` on whose tap hits a pixel, and those pixels.

    Output i and tap r meet at pixel i·stride + r·dilation - offset.
    """
    stride = view.stride[axis]
    start = first * stride + tap * view.dilation[axis] - view.offset[axis]
    low = max(0, -(start // stride))
    high = max(low, min(count, (pixels - 1 - start) // stride + 1))
    return slice(low, high), slice(start + low * stride, start + high * stride, stride)


def add_tap(image: Array, values: Array, view: View, tap: Pair, first_row: int) -> None:
    """Add to the pixels of (…, H, W) what the outputs (…, rows, W') send back through one tap.

    image[…, is + rd - p, js + cd - q] += values[…, i, j] for the tap (r, c), inside the image.
    """
    rows, image_rows = seen_by_tap(view, 0, tap[0], first_row, values.shape[-2], image.shape[-2])
    columns, image_columns = seen_by_tap(view, 1, tap[1], 0, values.shape[-1], image.shape[-1])
    image[..., image_rows, image_columns] += values[..., rows, columns]
