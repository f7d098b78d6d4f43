"""Checks at the public edge, on shapes and options only, so that both backends share them."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

from cvlib.arrays import check_rank


def check_count(name: str, value: object, least: int = 1) -> int:
    """Return a whole number of at least `least`, or raise what is wrong with it."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, got {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return int(value)


def check_image_shape(shape: Sequence[int]) -> None:
    """Demand images (N, C, H, W), none but N of length 0."""
    check_rank("images", shape, "N C H W")


def check_range(low: float, high: float) -> None:
    """Demand values in [0, 1]; written so that a NaN is wrong too."""
    if not (low >= 0 and high <= 1):
        raise ValueError(f"images must lie in [0, 1], got {low:g} … {high:g}")


def check_cells(shape: Sequence[int], cell: object, block: object) -> tuple[int, int]:
    """Return cell and block as ints: cells tile images (N, C, H, W), a block of them fits in."""
    check_image_shape(shape)
    size, width = check_count("cell", cell), check_count("block", block)
    for axis, letter in ((2, "H"), (3, "W")):
        if shape[axis] % size:
            raise ValueError(
                f"cells of {size} pixels must tile the image, got {letter} = {shape[axis]} "
                f"(images.shape[{axis}])"
            )
        if shape[axis] // size < width:
            raise ValueError(
                f"a block of {width} cells does not fit into {shape[axis] // size} cells along "
                f"{letter} (images.shape[{axis}])"
            )
    return size, width
