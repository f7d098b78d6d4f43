"""Small digits made ready for LeNet-5: enlarged, standardized, jittered."""

from __future__ import annotations

import numpy as np

from cvlib.arrays import Array, check_arrays, check_rank
from cvlib.convolution.geometry import as_count


def interpolation_matrix(pixels: int, wanted: int) -> Array:
    """Build the matrix (wanted, pixels) that resizes a row of pixels linearly.

    Pixel i covers [i, i + 1]; the value between two centres is their weighted mean, beyond the
    outermost centre it stays constant.
    """
    pixels, wanted = as_count(pixels, "pixels"), as_count(wanted, "wanted")
    centres = (np.arange(wanted) + 0.5) * pixels / wanted - 0.5
    # a hat of width 2 around each pixel: linear interpolation
    distance = np.abs(np.clip(centres, 0, pixels - 1)[:, None] - np.arange(pixels))
    return np.maximum(1 - distance, 0)


def enlarge(images: Array, *, size: int = 32, inner: int = 24) -> Array:
    """Resize images bilinearly to `inner` × `inner` and frame them with zeros to `size` × `size`.

    LeNet-5 wants its digits well inside of 32 × 32, so that a stroke's end can lie in the middle
    of a receptive field: 8 × 8 digits become 24 × 24 with a margin of 4.

    Shapes: (N, C, H, W) -> (N, C, size, size). Raises ValueError for inner > size.
    """
    check_arrays(images=images)
    check_rank("images", images.shape, "N C H W")
    if as_count(inner, "inner") > as_count(size, "size"):
        raise ValueError(f"inner must be at most size {size}, got {inner}")
    rows, columns = (interpolation_matrix(n, inner).astype(images.dtype) for n in images.shape[2:])
    first = (size - inner) // 2
    framed = np.zeros((*images.shape[:2], size, size), images.dtype)
    framed[:, :, first : first + inner, first : first + inner] = rows @ images @ columns.T
    return framed


def jitter(images: Array, rng: np.random.Generator, *, reach: int = 2) -> Array:
    """Move each image by up to `reach` pixels along both axes, its border pixels repeated.

    Shapes: (N, C, H, W) -> the same. Raises ValueError for a negative reach.
    """
    if reach < 0:
        raise ValueError(f"reach must be at least 0, got {reach}")
    check_rank("images", images.shape, "N C H W")
    moves = rng.integers(-reach, reach + 1, (2, len(images), 1))
    rows, columns = (
        np.clip(np.arange(n) + move, 0, n - 1)
        for n, move in zip(images.shape[2:], moves, strict=True)
    )
    chosen = np.arange(len(images))[:, None, None, None]
    channels = np.arange(images.shape[1])[:, None, None]
    return images[chosen, channels, rows[:, None, :, None], columns[:, None, None, :]]
