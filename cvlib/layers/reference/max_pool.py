"""Max pooling: of every window, its largest pixel."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.convolution.geometry import IntOrPair
from cvlib.convolution.reference.frames import View
from cvlib.layers.reference.windows import Index, check_pool, taps

BLOCK_BYTES = 2**19


class Cache(NamedTuple):
    """The winner of every window, as its place in the window counted row by row; one byte each."""

    winner: NDArray[Any]
    view: View
    x_shape: tuple[int, ...]
    dtype: np.dtype[Any]


def max_pool2d_forward(
    x: Array, kernel: IntOrPair, *, stride: IntOrPair | None = None, padding: IntOrPair = 0
) -> tuple[Array, Cache]:
    """Keep the largest pixel of every window.

    out[n, c, i, j] = max_rs x[n, c, i·stride + r - padding, j·stride + s - padding]

    Padding counts as -∞, so it never wins. `stride` defaults to `kernel`: windows side by side;
    with a smaller one they overlap. NaN wins over every number.

    Shapes: x (N, C, H, W) -> out (N, C, H', W') with H' = ⌊(H + 2p - R) / stride⌋ + 1, cache.
    Raises TypeError for a dtype that is not float32 or float64, ValueError for windows that do not
    fit the image or padding above half of the kernel.
    Source: Riesenhuber and Poggio, Hierarchical models of object recognition in cortex, 1999.
    """
    check_arrays(x=x)
    view = check_pool(x.shape, kernel, stride, padding)
    out = np.full((*x.shape[:2], *view.size), -np.inf, x.dtype)
    places = view.kernel[0] * view.kernel[1]
    winner: NDArray[Any] = np.zeros(out.shape, np.uint8 if places <= 256 else np.intp)
    # a few channels at a time, which stay in the processor's cache over all places of the window
    every = list(taps(view, (x.shape[2], x.shape[3])))
    channels = [array.reshape(-1, *array.shape[2:]) for array in (x, out, winner)]
    count = max(1, BLOCK_BYTES // (x.shape[2] * x.shape[3] * x.itemsize))
    for first in range(0, len(channels[0]), count):
        some = slice(first, first + count)
        _compete(channels[0][some], channels[1][some], channels[2][some], every)
    return out, Cache(winner, view, x.shape, x.dtype)


def _compete(x: Array, out: Array, winner: NDArray[Any], places: list[tuple[Index, Index]]) -> None:
    """Fill in the maxima of (n, H, W) and which place of its window each came from."""
    for windows, pixels in places:
        np.maximum(out[windows], x[pixels], out=out[windows])
    # the winner is the number of places that lie before the first one that is not below the maximum
    beaten = np.ones(out.shape, bool)
    for windows, pixels in places[:-1]:
        # not !=: where the maximum is NaN, a pixel of the image must win, not the padding
        beaten[windows] &= x[pixels] < out[windows]
        winner += beaten


def max_pool2d_backward(dout: Array, cache: Cache) -> Array:
    """Send each gradient to the pixel that won its window; the others moved nothing.

    dx[n, c, h, w] = Σ dout[n, c, i, j] over the windows (i, j) that pixel (h, w) won.

    Of several equal largest pixels the first one, row by row, takes all of the gradient, as in
    PyTorch. A pixel that wins several overlapping windows adds up what they send.

    Shapes: dout (N, C, H', W') -> dx (N, C, H, W).
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    check_upstream(dout, cache.winner.shape, cache.dtype)
    dx = np.zeros(cache.x_shape, cache.dtype)
    np.add.at(dx.reshape(-1), winning_pixels(cache).reshape(-1), dout.reshape(-1))
    return dx


def winning_pixels(cache: Cache) -> NDArray[np.intp]:
    """Return where in x.reshape(-1) each output came from, (N, C, H', W')."""
    winner, view, x_shape, _ = cache
    height, width = x_shape[2:]
    # pixel (i·stride - padding + r, j·stride - padding + s) of channel k is number
    # k·HW + (i·stride - padding)·W + (j·stride - padding)  +  r·W + s
    places = (np.arange(view.kernel[0])[:, None] * width + np.arange(view.kernel[1])).reshape(-1)
    rows, columns = (
        np.arange(view.size[axis]) * view.stride[axis] - view.offset[axis] for axis in (0, 1)
    )
    channels = np.arange(x_shape[0] * x_shape[1]).reshape(*x_shape[:2], 1, 1)
    index = places[winner]
    index += channels * (height * width)
    index += rows[:, None] * width + columns
    return index
