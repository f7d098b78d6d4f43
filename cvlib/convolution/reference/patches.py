"""The windows of an image as the columns of a matrix, through one small reused workspace."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cvlib.arrays import Array
from cvlib.convolution.geometry import Pair
from cvlib.convolution.reference.frames import View, as_rows, lay, overlap

WORKSPACE_BYTES = 4 * 2**20
PACKED_OUTPUTS = 512


def plan(batch: int, size: Pair, row_bytes: int) -> tuple[int, list[slice]]:
    """Return how many images share one matrix, and the blocks of output rows of one image.

    Small images are packed together, for a matrix product likes long rows; a large one is cut up,
    so that the workspace stays small (a block has at least one row).
    """
    height, width = size
    count = min(height, max(1, -(-height * row_bytes // WORKSPACE_BYTES)))
    rows = -(-height // count)
    blocks = [slice(start, min(start + rows, height)) for start in range(0, height, rows)]
    if len(blocks) > 1:
        return 1, blocks
    fitting = min(PACKED_OUTPUTS // (height * width), WORKSPACE_BYTES // (height * row_bytes))
    return max(1, min(batch, fitting)), blocks


def patches(x: Array, view: View) -> Iterator[tuple[slice, slice, Array]]:
    """Yield (images, outputs, columns): the windows of a few images, or of a part of one.

    `columns` is (C·R·S, m·P) for m images and the P flattened output positions in the slice
    `outputs`. It is overwritten by the next step.
    """
    batch, channels = x.shape[:2]
    height, width = view.size
    depth = channels * view.kernel[0] * view.kernel[1]
    step = view.stride[1]
    wide = -(-view.extent()[1] // step) * step
    # the windows of one output row, and the rows by which the frame (and piles) then grow
    row_numbers = depth * width + channels * wide * view.stride[0] * min(step, 2)
    together, blocks = plan(batch, view.size, row_numbers * x.itemsize)
    if together == 1 and view.is_whole_image(x.shape[2:]):
        for n in range(batch):
            yield slice(n, n + 1), slice(0, height * width), x[n].reshape(channels, -1)
        return

    workspace = np.empty(depth * together * blocks[0].stop * width, x.dtype)
    frame = np.zeros((together, channels, view.extent(blocks[0].stop)[0], wide), x.dtype)
    inside, outside = overlap(x.shape[3], wide, view.offset[1])
    # at column stride 2 the pixels of a window row are no neighbours; dealt out into a pile of
    # even and a pile of odd columns, they are
    piles = frame[None]
    if step > 1:
        piles = np.empty((step, *frame.shape[:3], wide // step), x.dtype)
    taps = [(which, pile, as_rows(windows)) for which, pile, windows in _windows(piles, view)]
    for first in range(0, batch, together):
        images = slice(first, min(first + together, batch))
        many = images.stop - first
        for block in blocks:
            rows = block.stop - block.start
            part = frame[:many, :, : view.extent(rows)[0]]
            lay(x[images], part, view, block.start, (outside, inside))
            columns = workspace[: depth * many * rows * width]
            cells = as_rows(columns.reshape(channels, *view.kernel, many, rows, width))
            for which, pile, windows in taps:
                if step > 1:
                    np.copyto(piles[pile], frame[..., pile::step])
                np.copyto(cells[:, :, which], windows[:, :, :, :many, :rows])
            outputs = slice(block.start * width, block.stop * width)
            yield images, outputs, columns.reshape(depth, -1)


def _windows(piles: Array, view: View) -> Iterator[tuple[slice, int, Array]]:
    """Yield (kernel columns, pile, windows): views (C, R, kernel columns, N, H', W').

    Column j of the padded image is column ⌊j / stride⌋ of pile j mod stride. Output j meets tap s
    at j·stride + s·dilation: in pile s·dilation mod stride, the same for taps a period apart.
    """
    step, dilation = view.stride[1], view.dilation[1]
    period = step // math.gcd(step, dilation)
    for first in range(min(period, view.kernel[1])):
        skipped, pile = divmod(first * dilation, step)
        which = slice(first, view.kernel[1], period)
        start = piles[pile, ..., skipped:]
        image, channel, row, column = start.strides
        windows = as_strided(
            start,
            (
                start.shape[1],
                view.kernel[0],
                len(range(first, view.kernel[1], period)),
                len(start),
                1 + (start.shape[2] - view.extent(1)[0]) // view.stride[0],
                view.size[1],
            ),
            (
                channel,
                row * view.dilation[0],
                column * (dilation * period // step),
                image,
                row * view.stride[0],
                column,
            ),
            writeable=False,
        )
        yield which, pile, windows
