"""Sum and average pooling: linear maps, so their backward is their transpose."""

from typing import Any, NamedTuple

import numpy as np

from cvlib.arrays import Array, check_arrays, check_rank, check_upstream
from cvlib.convolution.geometry import IntOrPair
from cvlib.convolution.reference.frames import View, seen_by_tap
from cvlib.layers.reference.windows import check_pool, taps


class Cache(NamedTuple):
    """The windows, the image that they stand on, and what each sum was divided by."""

    view: View
    x_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    divisor: Array | None


def sum_pool2d_forward(
    x: Array, kernel: IntOrPair, *, stride: IntOrPair | None = None, padding: IntOrPair = 0
) -> tuple[Array, Cache]:
    """Add up the pixels of every window.

    out[n, c, i, j] = Σ_rs x[n, c, i·stride + r - padding, j·stride + s - padding], zero outside.

    Shapes: x (N, C, H, W) -> out (N, C, H', W') with H' = ⌊(H + 2p - R) / stride⌋ + 1, cache.
    Raises as `max_pool2d_forward`.
    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998, §II.B.
    """
    check_arrays(x=x)
    view = check_pool(x.shape, kernel, stride, padding)
    out = np.zeros((*x.shape[:2], *view.size), x.dtype)
    for windows, pixels in taps(view, (x.shape[2], x.shape[3])):
        out[windows] += x[pixels]
    return out, Cache(view, x.shape, x.dtype, None)


def sum_pool2d_backward(dout: Array, cache: Cache) -> Array:
    """Give every pixel of a window the window's gradient.

    dx[n, c, h, w] = Σ dout[n, c, i, j] over the windows (i, j) that contain pixel (h, w).

    Shapes: dout (N, C, H', W') -> dx (N, C, H, W).
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    view, x_shape, dtype, divisor = cache
    check_upstream(dout, (*x_shape[:2], *view.size), dtype)
    if divisor is not None:
        dout = dout / divisor
    dx = np.zeros(x_shape, dtype)
    for windows, pixels in taps(view, (x_shape[2], x_shape[3])):
        dx[pixels] += dout[windows]
    return dx


def avg_pool2d_forward(
    x: Array,
    kernel: IntOrPair,
    *,
    stride: IntOrPair | None = None,
    padding: IntOrPair = 0,
    count_include_pad: bool = True,
) -> tuple[Array, Cache]:
    """Average the pixels of every window: the sum divided by R·S.

    At the border that counts the padding as zeros and makes the output darker there. With
    `count_include_pad=False` the sum is divided by the number of real pixels instead.

    Shapes: x (N, C, H, W) -> out (N, C, H', W') with H' = ⌊(H + 2p - R) / stride⌋ + 1, cache.
    Raises as `max_pool2d_forward`.
    """
    out, cache = sum_pool2d_forward(x, kernel, stride=stride, padding=padding)
    view = cache.view
    divisor = np.array(view.kernel[0] * view.kernel[1], x.dtype)
    if not count_include_pad:
        rows, columns = (_real_pixels(view, axis, x.shape[2 + axis]) for axis in (0, 1))
        divisor = np.outer(rows, columns).astype(x.dtype)
    out /= divisor
    return out, cache._replace(divisor=divisor)


def _real_pixels(view: View, axis: int, pixels: int) -> Array:
    """Count, for every output along an axis, the places of its window that lie in the image."""
    count = np.zeros(view.size[axis])
    for tap in range(view.kernel[axis]):
        count[seen_by_tap(view, axis, tap, 0, view.size[axis], pixels)[0]] += 1
    return count


def avg_pool2d_backward(dout: Array, cache: Cache) -> Array:
    """Share each window's gradient equally among the pixels that it averaged.

    Shapes: dout (N, C, H', W') -> dx (N, C, H, W).
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    return sum_pool2d_backward(dout, cache)


def global_avg_pool2d_forward(x: Array) -> tuple[Array, tuple[Any, ...]]:
    """Average every channel over the whole image, of any size: out[n, c] = mean_hw x[n, c, h, w].

    Shapes: x (N, C, H, W) -> out (N, C), cache.
    Raises TypeError for a dtype that is not float32 or float64, ValueError for a wrong shape.
    Source: Lin, Chen and Yan, Network in network, 2014, §3.2.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    return x.mean(axis=(2, 3)), (x.shape, x.dtype)


def global_avg_pool2d_backward(dout: Array, cache: tuple[Any, ...]) -> Array:
    """Share each channel's gradient equally among its pixels: dx[n, c, h, w] = dout[n, c] / HW.

    Shapes: dout (N, C) -> dx (N, C, H, W).
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    x_shape, dtype = cache
    check_upstream(dout, x_shape[:2], dtype)
    share = dout / dtype.type(x_shape[2] * x_shape[3])
    return np.broadcast_to(share[:, :, None, None], x_shape).copy()
