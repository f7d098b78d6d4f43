"""One scale and one shift a channel: the second half of every normalization but layer norm."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array
from cvlib.normalization.reference.panel import Moments, panels, short_buffers


def affine(
    x: Array,
    slope: npt.NDArray[np.floating],
    shift: npt.NDArray[np.floating] | None,
    centre: npt.NDArray[np.floating] | None = None,
) -> Array:
    """Return slope_c · (x - centre_c) + shift_c; a large centre is taken away before scaling.

    Shapes: x (N, C, P), all others (C,); no shift or centre means 0 -> (N, C, P).
    """
    out = np.empty(x.shape, x.dtype)
    with short_buffers():
        for part, panel in panels(x.shape, x.dtype):
            flat, y = panel.flat(x[:, part]), panel.flat(out[:, part])
            slopes = panel.spread(slope[part])[0]
            if centre is None:
                np.multiply(flat, slopes, out=y)
            else:
                np.subtract(flat, panel.spread(centre[part])[0], out=y)
                y *= slopes
            if shift is not None:
                y += panel.spread(shift[part])[0]
    return out


def affine_backward(
    dout: Array,
    x: Array,
    slope: npt.NDArray[np.floating],
    centre: npt.NDArray[np.floating] | None = None,
) -> tuple[Array, Moments, Moments]:
    """Return dx = slope_c · dout, Σ dout · (x - centre_c) and Σ dout, sums over all but C.

    Shapes: dout, x (N, C, P), slope and centre (C,) -> (N, C, P), (C,), (C,).
    """
    dx = np.empty(x.shape, x.dtype)
    products, sums = np.empty(x.shape[1]), np.empty(x.shape[1])
    with short_buffers():
        for part, panel in panels(x.shape, x.dtype):
            g, flat, d = (panel.flat(a[:, part]) for a in (dout, x, dx))
            if centre is not None:
                flat = flat - panel.spread(centre[part])[0]
            products[part], sums[part] = panel.dot(g, flat), panel.sum(g)
            np.multiply(g, panel.spread(slope[part])[0], out=d)
    return dx, products, sums


def by_channel(x: Array) -> Array:
    """See a batch (N, C, …) as (N, C, everything else)."""
    length = 1
    for size in x.shape[2:]:
        length *= size
    return x.reshape(x.shape[0], x.shape[1], length)
