"""Histograms of oriented gradients: which edges an image has, and in HOG roughly where."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cvlib.arrays import Array, check_arrays
from cvlib.shallow.validation import check_cells, check_count, check_image_shape

#: Added under every root of a normalization, so that flat parts stay 0 instead of becoming noise.
EPS = 1e-6


def image_gradients(images: Array) -> tuple[Array, Array]:
    """Return strength and angle in [0, π) of the gradient (x_{i+1} - x_{i-1}, x_{j+1} - x_{j-1}).

    The border is repeated. Of several channels each pixel takes the one that changes most. An edge
    and its negative have the same angle; angle 0 is a change from left to right.

    Shapes: images (N, C, H, W) -> (N, H, W) twice. Raises TypeError or ValueError for another
    dtype or rank. Source: Dalal and Triggs, "Histograms of oriented gradients for human detection"
    (CVPR 2005), section 6.2.
    """
    check_arrays(images=images)
    check_image_shape(images.shape)
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), mode="edge")
    gy = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    gx = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    strongest = (gx * gx + gy * gy).argmax(axis=1)[:, None]
    gx, gy = (np.take_along_axis(g, strongest, axis=1)[:, 0] for g in (gx, gy))
    angle = np.arctan2(gy, gx) % images.dtype.type(np.pi)
    # a tiny negative angle modulo π may round up to π itself
    return np.sqrt(gx * gx + gy * gy), np.where(angle >= np.pi, images.dtype.type(0), angle)


def edge_histogram(images: Array, bins: int = 8) -> Array:
    """Return the share of edge in each direction: h_k = Σ votes_k / Σ_k Σ votes_k.

    A gradient votes with its strength, shared between the two directions kπ/bins next to its angle.

    Shapes: images (N, C, H, W) -> (N, bins), each row adding up to 1, or to 0 without any edge.
    Raises TypeError or ValueError for another dtype or rank, or bins < 1.
    """
    bins = check_count("bins", bins)
    votes = _votes(*image_gradients(images), bins).sum(axis=(2, 3))
    return votes / (votes.sum(axis=1, keepdims=True) + votes.dtype.type(EPS))


def hog(images: Array, *, cell: int = 8, bins: int = 9, block: int = 2, clip: float = 0.2) -> Array:
    """Return histograms of oriented gradients: one a cell, normalized over blocks of cells.

    A block is the vector v of block × block neighbouring cells' histograms; blocks overlap, one
    step a cell. v is divided by √(‖v‖² + ε), cut at `clip`, and divided again ("L2-Hys").

    Shapes: images (N, C, H, W) -> (N, blocks·block²·bins).
    Raises TypeError or ValueError for another dtype or rank, cells that do not tile the image, or
    blocks larger than it. Source: Dalal and Triggs (CVPR 2005), sections 6.3 and 6.4; they share
    votes between neighbouring cells as well.
    """
    check_arrays(images=images)
    size, width = check_cells(images.shape, cell, block)
    bins = check_count("bins", bins)
    if not clip > 0:
        raise ValueError(f"clip must be positive, got {clip}")
    cells = cell_histograms(images, cell=size, bins=bins)
    blocks = sliding_window_view(cells, (width, width), axis=(2, 3))  # type: ignore[call-overload]
    v = blocks.transpose(0, 2, 3, 4, 5, 1).reshape(len(images), *blocks.shape[2:4], -1)
    return _unit(np.minimum(_unit(v), v.dtype.type(clip))).reshape(len(images), -1)


def cell_histograms(images: Array, *, cell: int = 8, bins: int = 9) -> Array:
    """Return HOG before its normalization: how much edge each cell has in each direction.

    Shapes: images (N, C, H, W) -> (N, bins, H/cell, W/cell). Errors as in `hog`.
    """
    check_arrays(images=images)
    size, _ = check_cells(images.shape, cell, 1)
    votes = _votes(*image_gradients(images), check_count("bins", bins))
    rows, columns = votes.shape[2] // size, votes.shape[3] // size
    return votes.reshape(*votes.shape[:2], rows, size, columns, size).sum(axis=(3, 5))


def _votes(strength: Array, angle: Array, bins: int) -> Array:
    """Let each pixel vote for the two directions next to its angle: -> (N, bins, H, W)."""
    place = angle * strength.dtype.type(bins / np.pi)
    low = np.floor(place)
    share = place - low
    first = (low.astype(np.intp) % bins)[:, None]
    second = (first + 1) % bins
    direction = np.arange(bins)[:, None, None]
    votes = np.where(first == direction, (strength * (1 - share))[:, None], 0)
    votes += np.where(second == direction, (strength * share)[:, None], 0)
    return votes


def _unit(v: Array) -> Array:
    return v / np.sqrt((v * v).sum(axis=-1, keepdims=True) + v.dtype.type(EPS))
