"""The windows of an image as the columns of a matrix, through one small reused workspace."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cvlib.convolution.geometry import IntOrPair, Pair, as_pair, as_slide, output_lengths
from cvlib.convolution.validation import FloatArray, check_arrays, check_rank

WORKSPACE_BYTES = 2 * 2**20


class View(NamedTuple):
    """Which windows to look at: `size` of them, the first one at -`offset` in the image."""

    kernel: Pair
    size: Pair
    stride: Pair
    offset: Pair
    dilation: Pair

    def extent(self) -> Pair:
        """Return how many rows and columns the windows cover together."""
        (kernel, size, stride, _, dilation) = self
        rows = (size[0] - 1) * stride[0] + dilation[0] * (kernel[0] - 1) + 1
        columns = (size[1] - 1) * stride[1] + dilation[1] * (kernel[1] - 1) + 1
        return rows, columns

    def is_whole_image(self, image_size: Pair) -> bool:
        """Say whether each window is one pixel and they are all the pixels in order."""
        return (
            self.kernel == (1, 1)
            and self.stride == (1, 1)
            and self.offset == (0, 0)
            and self.size == image_size
        )


def overlap(image_size: Pair, frame_size: Pair, offset: Pair) -> tuple[tuple[slice, slice], ...]:
    """Return the (rows, columns) of the image, and of the frame, that lie on each other.

    Pixel (0, 0) of the image lies at `offset` of the frame; a negative offset crops.
    """
    inside, outside = [], []
    for image, frame, start in zip(image_size, frame_size, offset, strict=True):
        first, last = max(0, -start), max(0, -start, min(image, frame - start))
        inside.append(slice(first, last))
        outside.append(slice(first + start, last + start))
    return (inside[0], inside[1]), (outside[0], outside[1])


def as_rows(array: FloatArray) -> np.ndarray:
    """View each row (the contiguous last axis) as one item, which NumPy copies in one go."""
    return array.view(np.dtype((np.void, array.shape[-1] * array.itemsize)))[..., 0]


def copy_rows(target: FloatArray, source: FloatArray) -> None:
    """Copy an array, whole rows at a time where the source allows it."""
    if source.size and source.strides[-1] == source.itemsize:
        np.copyto(as_rows(target), as_rows(source))
    else:
        np.copyto(target, source)


def row_blocks(rows: int, bytes_per_row: int) -> list[slice]:
    """Cut the output rows into equal blocks whose columns fit the workspace."""
    count = min(rows, max(1, -(-rows * bytes_per_row // WORKSPACE_BYTES)))
    height = -(-rows // count)
    return [slice(start, min(start + height, rows)) for start in range(0, rows, height)]


def patches(x: FloatArray, view: View) -> Iterator[tuple[int, slice, FloatArray]]:
    """Yield (image, outputs, columns): the windows of one block of output rows as a matrix.

    `columns` is (C·R·S, P) for the P flattened output positions in the slice `outputs`. It is
    overwritten by the next step.
    """
    batch, channels, *image_size = x.shape
    height, width = view.size
    if view.is_whole_image((image_size[0], image_size[1])):
        for n in range(batch):
            yield n, slice(0, height * width), x[n].reshape(channels, height * width)
        return
    depth = channels * view.kernel[0] * view.kernel[1]
    blocks = row_blocks(height, depth * width * x.itemsize)
    workspace = np.empty(depth * blocks[0].stop * width, x.dtype)
    for n, taps in _windows(x, view):
        for rows in blocks:
            outputs = slice(rows.start * width, rows.stop * width)
            columns = workspace[: depth * (outputs.stop - outputs.start)]
            cells = as_rows(columns.reshape(channels, *view.kernel, -1, width))
            for which, windows in taps:
                np.copyto(cells[:, :, which], windows[:, :, :, rows])
            yield n, outputs, columns.reshape(depth, -1)


def _windows(x: FloatArray, view: View) -> Iterator[tuple[int, list[tuple[slice, np.ndarray]]]]:
    """Yield (image, [(kernel columns, their windows)]), each window row one item of a view.

    The windows have the axes (C, R, kernel columns, H') and look at one padded image, reused. At
    column stride 2 the pixels of a window row are not neighbours: the padded image is first dealt
    out into its even and its odd columns, in which they are (at stride s, into s piles).
    """
    step, dilation = view.stride[1], view.dilation[1]
    rows, columns = view.extent()
    frame = np.zeros((x.shape[1], rows, -(-columns // step) * step), x.dtype)
    inside, outside = overlap((x.shape[2], x.shape[3]), frame.shape[1:], view.offset)
    piles = frame[None]
    if step == 1:
        piles = frame[None]

    taps = []
    # kernel columns that are `period` apart find their pixels in the same pile
    period = step // math.gcd(step, dilation)
    for first in range(min(period, view.kernel[1])):
        skipped, pile = divmod(first * dilation, step)
        which = slice(first, None, period)
        start = piles[pile, :, :, skipped:]
        channel, row, column = start.strides
        windows = as_strided(
            start,
            (len(start), view.kernel[0], len(range(view.kernel[1])[which]), *view.size),
            (
                channel,
                row * view.dilation[0],
                column * (dilation * period // step),
                row * view.stride[0],
                column,
            ),
            writeable=False,
        )
        taps.append((which, as_rows(windows), pile))

    for n in range(len(x)):
        # only the middle of the frame is ever written again: its border of zeros is set once
        copy_rows(frame[:, *outside], x[n][:, *inside])
        if step > 1:
            for _, _, pile in taps:
                np.copyto(piles[pile], frame[:, :, pile::step])
        yield n, [(which, windows) for which, windows, _ in taps]


def im2col(
    x: FloatArray,
    kernel_size: IntOrPair,
    *,
    stride: IntOrPair = 1,
    padding: IntOrPair = 0,
    dilation: IntOrPair = 1,
) -> FloatArray:
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
    for n, outputs, columns in patches(x, view):
        result[n, :, outputs] = columns
    return result
