"""Whole-pixel changes of the frame: mirror and crop, for each image of a batch on its own."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array, check_arrays, check_rank
from cvlib.convolution.geometry import IntOrPair, as_pair
from cvlib.regularization.validation import check_corners

Direction = Literal["left-right", "up-down"]
AXES: dict[str, int] = {"up-down": 2, "left-right": 3}


def check_flip(chosen_shape: tuple[int, ...], count: int, direction: str) -> int:
    """Return the axis to mirror, or raise ValueError for a direction or choice that is none."""
    if direction not in AXES:
        raise ValueError(f"direction must be one of {sorted(AXES)}, got {direction!r}")
    if chosen_shape not in ((), (count,)):
        raise ValueError(
            f"chosen must be one bool or one an image, ({count},), got {chosen_shape} "
            "(chosen.shape)"
        )
    return AXES[direction]


def flip(x: Array, chosen: npt.ArrayLike, *, direction: Direction = "left-right") -> Array:
    """Mirror the images where `chosen` is true: out[…, j] = x[…, W − 1 − j].

    Done twice, it is undone, so it is its own inverse, its own transpose and its own backward.

    Shapes: x (N, C, H, W), chosen () or (N,) -> like x. Raises TypeError or ValueError for arrays
    that do not fit.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    picked = np.asarray(chosen, bool)
    axis = check_flip(picked.shape, len(x), direction)
    where = np.broadcast_to(picked, len(x))[:, None, None, None]
    return np.where(where, np.flip(x, axis), x)


def crop(x: Array, corners: npt.ArrayLike, size: IntOrPair, *, padding: IntOrPair = 0) -> Array:
    """Cut a window out of each image, after a frame of zeros was put around it.

    out[n, c, i, j] = padded x[n, c, corners[n, 0] + i, corners[n, 1] + j]

    With size (H, W), padding 4 and corners drawn from 0 … 8 this is the random crop that
    training on CIFAR-10 uses.

    Shapes: x (N, C, H, W), corners (N, 2) ints -> (N, C, *size). Raises TypeError or ValueError
    for arrays that do not fit and for corners from which the window would hang over.
    Source: He et al., Deep residual learning for image recognition, 2016, §4.2.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    (high, wide), (ph, pw) = as_pair(size, "size", 1), as_pair(padding, "padding", 0)
    places: npt.NDArray[Any] = np.asarray(corners)
    n = len(x)
    room = x.shape[2] + 2 * ph - high, x.shape[3] + 2 * pw - wide
    ends = [(0, 0), (0, 0)]
    if places.shape == (n, 2) and n:
        ends = [tuple(map(int, f(axis=0))) for f in (places.min, places.max)]  # type: ignore[misc]
    check_corners(places.shape, ends[0], ends[1], n, room)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    rows = places[:, 0, None, None] + np.arange(high)[:, None]
    columns = places[:, 1, None, None] + np.arange(wide)
    return np.moveaxis(padded[np.arange(n)[:, None, None], :, rows, columns], 3, 1)
