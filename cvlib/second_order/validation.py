"""Checks of draws, descriptors and shares at the public edge, shared by both backends."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cvlib.second_order.terms import check_terms

#: What makes one number of a feature and its mirror image's: whichever, the order is forgotten.
SYMMETRIC = ("max", "sum")
#: Rows, columns and angles of the descriptor that is mirrored.
ROWS, COLUMNS, ANGLES = 4, 4, 8
DESCRIPTOR = ROWS * COLUMNS * ANGLES


def check_probability(name: str, value: float) -> None:
    """Demand a probability that a block may have: in (0, 1]."""
    if not 0 < value <= 1:
        raise ValueError(f"{name} must be above 0 and at most 1, got {value}")


def check_survives(shape: Sequence[int], x_shape: Sequence[int]) -> None:
    """Demand one draw for the mini-batch, (), or one an image, (N,)."""
    if tuple(shape) not in ((), tuple(x_shape[:1])):
        raise ValueError(
            f"survives must be one bool, or one an image of x, ({x_shape[0]},), "
            f"got shape {tuple(shape)}"
        )


def check_fusion(fusion: str) -> str:
    """Return the name of a fusion of a feature with its mirror image's, max or sum."""
    if fusion not in SYMMETRIC:
        raise ValueError(f"fusion must be one of {', '.join(SYMMETRIC)}, got {fusion!r}")
    return check_terms(fusion)[0]


def check_descriptors(shape: Sequence[int]) -> None:
    """Demand descriptors of 4 × 4 cells with 8 angles each along the last axis."""
    if not shape or shape[-1] != DESCRIPTOR:
        raise ValueError(
            f"descriptors must have {DESCRIPTOR} numbers along their last axis, "
            f"{ROWS} × {COLUMNS} cells of {ANGLES} angles, got shape {tuple(shape)}"
        )


def check_patches(shape: Sequence[int]) -> None:
    """Demand grey patches (N, H, W) whose sides are multiples of 4."""
    if len(shape) != 3 or 0 in shape[1:] or shape[1] % ROWS or shape[2] % COLUMNS:
        raise ValueError(
            f"patches must be (N, H, W) with H and W multiples of {ROWS}, got {tuple(shape)}"
        )


def check_maps(shape: Sequence[int], what: str) -> None:
    """Demand maps (N, C, H, W)."""
    if len(shape) != 4:
        raise ValueError(f"{what} must be maps (N, C, H, W), got shape {tuple(shape)}")


def check_sigma(sigma: float) -> None:
    """Demand a finite weight of at least 0 for the neighbours."""
    if not (math.isfinite(sigma) and sigma >= 0):
        raise ValueError(f"sigma must be at least 0 and finite, got {sigma}")
