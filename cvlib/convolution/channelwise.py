"""The three uses again for groups so thin that a matrix product has nothing to multiply.

A depthwise kernel sees one channel: its matrix would have one row. Instead each tap of the
kernel multiplies the whole shifted image, which `np.einsum` adds up in one pass.
"""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cvlib.convolution.geometry import Pair
from cvlib.convolution.patches import View, overlap
from cvlib.convolution.validation import FloatArray

BLOCK_BYTES = 2**20


def suits(kernels: int, channels: int, groups: int) -> bool:
    """Say whether each group is thin: one channel goes in, or one comes out."""
    return groups > 1 and groups in (kernels, channels)


def _blocks(groups: int, share: int, view: View, itemsize: int) -> list[slice]:
    rows, columns = view.extent()
    step = max(1, BLOCK_BYTES // (share * rows * columns * itemsize))
    return [slice(start, min(start + step, groups)) for start in range(0, groups, step)]


def _frames(
    x: FloatArray, view: View, groups: int, blocks: list[slice]
) -> Iterator[tuple[int, slice, FloatArray]]:
    """Yield (image, groups, padded frame (groups, C / groups, Hp, Wp)), the frame reused."""
    share = x.shape[1] // groups
    inside, outside = overlap((x.shape[2], x.shape[3]), view.extent(), view.offset)
    grouped = x.reshape(len(x), groups, share, *x.shape[2:])
    frame = np.zeros((blocks[0].stop, share, *view.extent()), x.dtype)
    for n in range(len(x)):
        for block in blocks:
            padded = frame[: block.stop - block.start]
            padded[:, :, *outside] = grouped[n, block][:, :, *inside]
            yield n, block, padded


def _windows(frame: FloatArray, view: View) -> tuple[FloatArray, Pair]:
    """Return the windows (S, g, c, R, rows, row length) and the (rows, row length) of outputs.

    At column stride 1 all outputs of a channel are one long row: windows that wrap round the
    edge of the frame are computed too, and dropped later. Long rows are what makes it fast.
    """
    group, channel, row, column = frame.strides
    height, width = view.size
    if view.stride == (1, 1):
        shape: Pair = (1, (height - 1) * frame.shape[3] + width)
        steps = (0, column)
    else:
        shape = (height, width)
        steps = (row * view.stride[0], column * view.stride[1])
    taps = (column * view.dilation[1], group, channel, row * view.dilation[0])
    strides = (*taps, *steps)
    view_shape = (view.kernel[1], *frame.shape[:2], view.kernel[0], *shape)
    return as_strided(frame, view_shape, strides, writeable=False), shape


def _outputs(buffer: FloatArray, shape: Pair, view: View) -> tuple[FloatArray, FloatArray]:
    """Return a buffer (g, k, H', row length) as einsum wants it, and its valid (H', W') part."""
    flat = buffer.reshape(*buffer.shape[:2], -1)[:, :, : shape[0] * shape[1]]
    return flat.reshape(*buffer.shape[:2], *shape), buffer[:, :, :, : view.size[1]]


def _row_length(view: View) -> int:
    return view.extent()[1] if view.stride == (1, 1) else view.size[1]


def correlate(x: FloatArray, w: FloatArray, view: View, groups: int) -> FloatArray:
    """Compute y[g, k, i, j] = Σ_crs w[g, k, c, r, s] x[g, c, i + r, j + s], group by group."""
    taps = w.reshape(groups, len(w) // groups, *w.shape[1:])
    share = max(taps.shape[1:3])
    blocks = _blocks(groups, share, view, x.itemsize)
    y = np.empty((len(x), len(w), *view.size), x.dtype)
    grouped = y.reshape(len(x), groups, -1, *view.size)
    buffer = np.empty((blocks[0].stop, taps.shape[1], view.size[0], _row_length(view)), x.dtype)
    part = np.empty_like(buffer)
    for n, block, frame in _frames(x, view, groups, blocks):
        windows, shape = _windows(frame, view)
        flat, valid = _outputs(buffer[: len(frame)], shape, view)
        more, _ = _outputs(part[: len(frame)], shape, view)
        for s, seen in enumerate(windows):
            # one kernel column at a time: with all of them einsum's inner loop has S steps, not W'
            np.einsum("gcrhw,gkcr->gkhw", seen, taps[block, ..., s], out=more if s else flat)
            if s:
                flat += more
        grouped[n, block] = valid
    return y


def match(x: FloatArray, y: FloatArray, view: View, groups: int) -> FloatArray:
    """Compute w[g, k, c, r, s] = Σ_nij y[n, g, k, i, j] x[n, g, c, i + r, j + s]."""
    share = x.shape[1] // groups
    kernels = y.shape[1] // groups
    blocks = _blocks(groups, max(share, kernels), view, x.itemsize)
    w = np.zeros((groups, kernels, share, *view.kernel), x.dtype)
    grouped = y.reshape(len(y), groups, kernels, *view.size)
    # zero where windows wrap round the edge of the frame
    buffer = np.zeros((blocks[0].stop, kernels, view.size[0], _row_length(view)), x.dtype)
    for n, block, frame in _frames(x, view, groups, blocks):
        windows, shape = _windows(frame, view)
        flat, valid = _outputs(buffer[: len(frame)], shape, view)
        valid[...] = grouped[n, block]
        w[block] += np.einsum("sgcrhw,gkhw->gkcrs", windows, flat)
    return w.reshape(-1, share, *view.kernel)


def spread(y: FloatArray, w: FloatArray, view: View, size: Pair, groups: int) -> FloatArray:
    """Compute x[g, c, is + rd - p, …] += Σ_k w[g, k, c, r, s] y[g, k, i, j] at any stride."""
    taps = w.reshape(groups, len(w) // groups, *w.shape[1:])
    share = w.shape[1]
    blocks = _blocks(groups, max(taps.shape[1:3]), view, y.itemsize)
    inside, outside = overlap(size, view.extent(), view.offset)
    x = np.zeros((len(y), groups, share, *size), y.dtype)
    grouped = y.reshape(len(y), groups, -1, *view.size)
    frame = np.empty((blocks[0].stop, share, *view.extent()), y.dtype)
    for n in range(len(y)):
        for block in blocks:
            padded = frame[: block.stop - block.start]
            padded[...] = 0
            for r in range(view.kernel[0]):
                for s in range(view.kernel[1]):
                    top, left = r * view.dilation[0], s * view.dilation[1]
                    seen = padded[:, :, top :: view.stride[0], left :: view.stride[1]]
                    seen[:, :, : view.size[0], : view.size[1]] += np.einsum(
                        "gkhw,gkc->gchw", grouped[n, block], taps[block, :, :, r, s]
                    )
            x[n, block][:, :, *inside] = padded[:, :, *outside]
    return x.reshape(len(y), -1, *size)
