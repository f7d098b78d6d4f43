"""Moves of the plane as 3 × 3 matrices: they compose by multiplication, about the image's centre.

A point is (row, column, 1), measured from the centre of the image, rows downwards. Every amount is
one number, or one an image, which gives matrices (N, 3, 3).
"""

import numpy as np
from numpy.typing import ArrayLike

from cvlib.arrays import Array


def _matrix(*rows: tuple[ArrayLike, ArrayLike, ArrayLike]) -> Array:
    entries = np.broadcast_arrays(*(np.asarray(e, float) for row in rows for e in row))
    last = [np.zeros_like(entries[0])] * 2 + [np.ones_like(entries[0])]
    flat = np.stack([*entries, *last], axis=-1)
    return flat.reshape(*flat.shape[:-1], 3, 3)


def translation(rows: ArrayLike, columns: ArrayLike) -> Array:
    """Move down by `rows` and to the right by `columns` pixels."""
    return _matrix((1, 0, rows), (0, 1, columns))


def rotation(degrees: ArrayLike) -> Array:
    """Turn about the centre, counter-clockwise as you look at the screen."""
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return _matrix((cos, -sin, 0), (sin, cos, 0))


def stretching(rows: ArrayLike, columns: ArrayLike) -> Array:
    """Make the picture `rows` times as high and `columns` times as wide, about the centre."""
    return _matrix((rows, 0, 0), (0, columns, 0))


def shearing(columns: ArrayLike) -> Array:
    """Slant: every row moves to the right by `columns` times its distance below the centre."""
    return _matrix((1, 0, 0), (columns, 1, 0))
