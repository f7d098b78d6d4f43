"""The windows of an image as the columns of a matrix, through one small reused workspace."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cvlib.convolution.frames import View, as_rows, lay, overlap, row_blocks
from cvlib.convolution.validation import FloatArray

WORKSPACE_BYTES = 4 * 2**20


def patches(x: FloatArray, view: View) -> Iterator[tuple[int, slice, FloatArray]]:
    """Yield (image, outputs, columns): the windows of one block of output rows as a matrix.

    `columns` is (C·R·S, P) for the P flattened output positions in the slice `outputs`. It is
    overwritten by the next step.
    """
    batch, channels = x.shape[:2]
    height, width = view.size
    if view.is_whole_image(x.shape[2:]):
        for n in range(batch):
            yield n, slice(0, height * width), x[n].reshape(channels, height * width)
        return

    depth = channels * view.kernel[0] * view.kernel[1]
    step = view.stride[1]
    wide = -(-view.extent()[1] // step) * step
    # the windows of one output row, and the rows by which the frame (and piles) then grow
    row_numbers = depth * width + channels * wide * view.stride[0] * min(step, 2)
    blocks = row_blocks(height, row_numbers * x.itemsize, WORKSPACE_BYTES)
    workspace = np.empty(depth * blocks[0].stop * width, x.dtype)
    frame = np.zeros((channels, view.extent(blocks[0].stop)[0], wide), x.dtype)
    inside, outside = overlap(x.shape[3], wide, view.offset[1])
    # at column stride 2 the pixels of a window row are no neighbours; dealt out into a pile of
    # even and a pile of odd columns, they are
    piles = frame[None]
    if step > 1:
        piles = np.empty((step, *frame.shape[:2], wide // step), x.dtype)
    taps = [(which, pile, as_rows(windows)) for which, pile, windows in _windows(piles, view)]
    for n in range(batch):
        for block in blocks:
            count = block.stop - block.start
            lay(x[n], frame[:, : view.extent(count)[0]], view, block.start, (outside, inside))
            columns = workspace[: depth * count * width]
            cells = as_rows(columns.reshape(channels, *view.kernel, count, width))
            for which, pile, windows in taps:
                if step > 1:
                    np.copyto(piles[pile], frame[:, :, pile::step])
                np.copyto(cells[:, :, which], windows[:, :, :, :count])
            yield n, slice(block.start * width, block.stop * width), columns.reshape(depth, -1)


def _windows(piles: FloatArray, view: View) -> Iterator[tuple[slice, int, FloatArray]]:
    """Yield (kernel columns, pile, windows): views (C, R, kernel columns, H', W') of the piles.

    Column j of the padded image is column ⌊j / stride⌋ of pile j mod stride. Output j meets tap s
    at j·stride + s·dilation: in pile s·dilation mod stride, the same for taps a period apart.
    """
    step, dilation = view.stride[1], view.dilation[1]
    period = step // math.gcd(step, dilation)
    for first in range(min(period, view.kernel[1])):
        skipped, pile = divmod(first * dilation, step)
        which = slice(first, view.kernel[1], period)
        start = piles[pile, :, :, skipped:]
        channel, row, column = start.strides
        windows = as_strided(
            start,
            (
                len(start),
                view.kernel[0],
                len(range(first, view.kernel[1], period)),
                1 + (start.shape[1] - view.extent(1)[0]) // view.stride[0],
                view.size[1],
            ),
            (
                channel,
                row * view.dilation[0],
                column * (dilation * period // step),
                row * view.stride[0],
                column,
            ),
            writeable=False,
        )
        yield which, pile, windows
