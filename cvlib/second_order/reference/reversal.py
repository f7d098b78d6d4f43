"""Features that do not change when the image is mirrored, and maps that are mirrored with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array, check_arrays
from cvlib.second_order.reference.fusion import fuse_forward
from cvlib.second_order.validation import (
    ANGLES,
    COLUMNS,
    DESCRIPTOR,
    ROWS,
    check_descriptors,
    check_fusion,
    check_maps,
    check_patches,
)


def mirror_permutation() -> npt.NDArray[np.intp]:
    """Return the permutation P with descriptor(mirrored patch) = descriptor(patch)[P], (128,).

    Number (4 · row + column) · 8 + angle takes what stands at column 3 - c and angle
    (4 - o) mod 8: left and right change places, and a gradient at θ points to 180° - θ.
    (8 - o would be upside down.) P is its own inverse.
    Source: after Xie et al., Towards reversal-invariant image representation, 2017.
    """
    row, column, angle = np.indices((ROWS, COLUMNS, ANGLES))
    seen = (row * COLUMNS + (COLUMNS - 1 - column)) * ANGLES + (ANGLES // 2 - angle) % ANGLES
    return seen.reshape(-1)


def mirror_descriptor(descriptors: Array) -> Array:
    """Return d^R, the descriptors that the mirrored patches have: d[P] along the last axis.

    Shapes: descriptors (…, 128) -> the same. Raises TypeError for a dtype that is not float32 or
    float64, ValueError for another length.
    """
    check_arrays(descriptors=descriptors)
    check_descriptors(descriptors.shape)
    return np.take(descriptors, mirror_permutation(), axis=-1)


def max_sift(descriptors: Array, *, fusion: str = "max") -> Array:
    """Forget which way round a patch was: max(d, d^R) or, by `fusion`, d + d^R, number by number.

    It is the same for d and d^R, to the last bit: max and + do not look at the order.

    Shapes: descriptors (…, 128) -> the same. Raises as `mirror_descriptor`, and ValueError for
    another fusion than "max" and "sum".
    Source: Xie et al., Towards reversal-invariant image representation, 2017 (Max-SIFT).
    """
    return _fused(descriptors, mirror_descriptor(descriptors), fusion)


def upright_descriptor(patches: Array) -> Array:
    """Describe grey patches by 4 × 4 cells of 8 angles, as an upright SIFT does.

    A pixel votes with the strength of its gradient, shared between the two of the angles
    0°, 45°, … 315° next to it; the 128 sums are divided by their length. Left out of Lowe's
    descriptor are the window's Gaussian, the sharing between cells and the clipping.

    Shapes: patches (N, H, W) with H and W multiples of 4 -> (N, 128). Raises TypeError or
    ValueError for another dtype or shape.
    Source: Lowe, Distinctive image features from scale-invariant keypoints, 2004, §6.1.
    """
    check_arrays(patches=patches)
    check_patches(patches.shape)
    padded = np.pad(patches, ((0, 0), (1, 1), (1, 1)), mode="edge")
    down = padded[:, 2:, 1:-1] - padded[:, :-2, 1:-1]
    right = padded[:, 1:-1, 2:] - padded[:, 1:-1, :-2]
    strength = np.sqrt(down * down + right * right)
    # the share of each angle falls from 1 to 0 over one step: a tent around it, modulo a turn
    place = np.arctan2(down, right) * patches.dtype.type(ANGLES / (2 * np.pi))
    away = (place[..., None] - np.arange(ANGLES, dtype=patches.dtype)) % ANGLES
    share = np.maximum(1 - np.minimum(away, ANGLES - away), 0)
    count, height, width = patches.shape
    cells = (count, ROWS, height // ROWS, COLUMNS, width // COLUMNS, ANGLES)
    votes = (strength[..., None] * share).reshape(cells).sum(axis=(2, 4)).reshape(-1, DESCRIPTOR)
    length = np.sqrt((votes * votes).sum(axis=1, keepdims=True))
    return np.divide(votes, length, out=np.zeros_like(votes), where=length > 0)


def reversal_invariant_features(
    x: Array, extract: Callable[[Array], Array], *, fusion: str = "max"
) -> Array:
    """Make any feature invariant to mirroring: max, or sum, of g(x) and g(mirrored x).

    out = max(g(x), g(flip x)), the same for x and flip x to the last bit

    Shapes: x (N, C, H, W), g(x) of any one shape -> out of that shape. Raises TypeError or
    ValueError for another dtype or rank, or a fusion that is not "max" or "sum".
    Source: after Xie et al., Towards reversal-invariant image representation, 2017.
    """
    check_arrays(x=x)
    check_maps(x.shape, "x")
    check_fusion(fusion)
    return _fused(extract(np.ascontiguousarray(x)), extract(_flipped(x)), fusion)


def reversal_equivariant_maps(
    x: Array, extract: Callable[[Array], Array], *, fusion: str = "max"
) -> Array:
    """Make maps that are mirrored with the image: the mirrored image's maps, flipped back, join in.

    out = max(g(x), flip(g(flip x))): for flip x it is flip(out); its mean over the pixels is
    invariant. Without the flip back the two maps would not be about the same places.

    Shapes: x (N, C, H, W), g(x) (N, C', H', W') -> out like g(x). Raises as
    `reversal_invariant_features`, and ValueError where g(x) are no maps.
    """
    check_arrays(x=x)
    check_maps(x.shape, "x")
    check_fusion(fusion)
    straight, mirrored = extract(np.ascontiguousarray(x)), extract(_flipped(x))
    check_maps(straight.shape, "extract(x)")
    return _fused(straight, _flipped(mirrored), fusion)


def _flipped(x: Array) -> Array:
    """Mirror the columns, in memory too: equal images must not be summed up in another order."""
    return np.ascontiguousarray(x[..., ::-1])


def _fused(straight: Array, mirrored: Array, fusion: str) -> Array:
    return fuse_forward(straight, mirrored, terms=(check_fusion(fusion),))[0]
