"""Checks of plain numbers at the public edge, shared by both backends."""

import math
from collections.abc import Sequence

import numpy as np


def check_not_negative(**values: float) -> None:
    """Demand finite numbers of at least 0; the error names the argument."""
    for name, value in values.items():
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be at least 0 and finite, got {value}")


def check_rate(rate: float) -> None:
    """Demand a dropout rate: a share in [0, 1)."""
    if not 0 <= rate < 1:
        raise ValueError(f"rate must be at least 0 and less than 1, got {rate}")


def check_share(name: str, value: float) -> None:
    """Demand a share in [0, 1]."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie between 0 and 1, got {value}")


def check_count(name: str, value: int, minimum: int) -> None:
    """Demand a whole number of at least `minimum`."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be an int, got {value!r}")
    if value < minimum:
        raise ValueError(f"{name} must be at least {minimum}, got {value}")


def check_mask(mask_shape: Sequence[int], shape: Sequence[int]) -> None:
    """Demand a mask of as many axes as x, each of x's length or of length 1."""
    fits = len(mask_shape) == len(shape) and all(
        m in (1, n) for m, n in zip(mask_shape, shape, strict=True)
    )
    if not fits:
        raise ValueError(
            f"mask must have the shape of x, {tuple(shape)}, or 1 along an axis that it shares, "
            f"got {tuple(mask_shape)} (mask.shape)"
        )


def check_per_image(name: str, shape: Sequence[int], count: int) -> None:
    """Demand one number for all images, or one an image."""
    if tuple(shape) not in ((), (count,)):
        raise ValueError(
            f"{name} must be one number or one an image, ({count},), got {tuple(shape)} "
            f"({name}.shape)"
        )


def check_corners(
    corners_shape: Sequence[int],
    low: tuple[int, int],
    high: tuple[int, int],
    count: int,
    room: tuple[int, int],
) -> None:
    """Demand one (row, column) an image, between (0, 0) and the last place where a crop fits."""
    if tuple(corners_shape) != (count, 2):
        raise ValueError(
            f"corners must be ({count}, 2), a (row, column) an image, got {tuple(corners_shape)} "
            "(corners.shape)"
        )
    if min(room) < 0:
        raise ValueError(
            f"size is larger than the padded image by {max(-room[0], 0)} rows and "
            f"{max(-room[1], 0)} columns"
        )
    for axis, what in enumerate(("rows", "columns")):
        if count and not (low[axis] >= 0 and high[axis] <= room[axis]):
            raise ValueError(
                f"corners must lie between 0 and {room[axis]} along the {what}, got "
                f"{low[axis]} to {high[axis]} (corners[:, {axis}])"
            )
