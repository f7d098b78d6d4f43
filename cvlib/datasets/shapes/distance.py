"""Signed distances to the outlines: negative inside, 0 on the edge, positive outside.

Every shape stands upright around the origin, about as large as the unit circle: its farthest points
lie at REACH, a little outside where it has corners. x points right, y up. Near an edge the value is
the distance; off a corner it may be smaller. Only +, -, ×, max, |·| and √ are used, which IEEE 754
rounds alike on every machine.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
Distance = Callable[[Plane, Plane], Plane]

HALF_SIDE = np.float32(0.8)
TRIANGLE_INNER = np.float32(0.57)
HALF_ROOT_3 = np.float32(math.sqrt(0.75))
BAR_LENGTH, BAR_WIDTH = np.float32(1.0), np.float32(0.34)
RING_MIDDLE, RING_WIDTH = np.float32(0.76), np.float32(0.24)
STAR_TIP, STAR_INNER = 1.12, 0.5


def circle(x: Plane, y: Plane) -> Plane:
    """√(x² + y²) - 1."""
    return np.sqrt(x * x + y * y) - np.float32(1)


def ring(x: Plane, y: Plane) -> Plane:
    """|√(x² + y²) - 0.76| - 0.24: a circle with a hole of radius 0.52."""
    return np.abs(np.sqrt(x * x + y * y) - RING_MIDDLE) - RING_WIDTH


def square(x: Plane, y: Plane) -> Plane:
    """max(|x|, |y|) - 0.8."""
    return np.maximum(np.abs(x), np.abs(y)) - HALF_SIDE


def triangle(x: Plane, y: Plane) -> Plane:
    """max(|x| √¾ + y/2, -y) - 0.57: three half-planes at one distance, one corner on top."""
    return np.maximum(np.abs(x) * HALF_ROOT_3 + y * np.float32(0.5), -y) - TRIANGLE_INNER


def cross(x: Plane, y: Plane) -> Plane:
    """max(a - 1, b - 0.34) with a the larger and b the smaller of |x| and |y|."""
    x, y = np.abs(x), np.abs(y)
    return np.maximum(np.maximum(x, y) - BAR_LENGTH, np.minimum(x, y) - BAR_WIDTH)


def star(x: Plane, y: Plane) -> Plane:
    """n · (p - tip) after p is mirrored into one tenth of the plane: five points, one on top."""
    x = np.abs(x)
    for mirror_x, mirror_y in STAR_MIRRORS:
        ahead = np.maximum(x * mirror_x + y * mirror_y, np.float32(0))
        ahead *= np.float32(2)
        x = x - ahead * mirror_x
        y = y - ahead * mirror_y
    return np.abs(x) * STAR_NORMAL[0] + (y - np.float32(STAR_TIP)) * STAR_NORMAL[1]


def _star_geometry() -> tuple[list[tuple[np.float32, np.float32]], tuple[np.float32, np.float32]]:
    """Return the mirrors between the points, and the normal of the edge right of the upper tip."""
    tenth = math.pi / 5
    # a point below the line through the inner corner at 36° (and then at 108°) from the top is
    # mirrored across it
    mirrors = [(math.cos(tenth), -math.sin(tenth)), (-math.cos(tenth), -math.sin(tenth))]
    inner = STAR_INNER * math.sin(tenth), STAR_INNER * math.cos(tenth)
    normal = STAR_TIP - inner[1], inner[0]
    length = math.hypot(*normal)
    pairs = [(np.float32(a), np.float32(b)) for a, b in mirrors]
    return pairs, (np.float32(normal[0] / length), np.float32(normal[1] / length))


STAR_MIRRORS, STAR_NORMAL = _star_geometry()

#: One distance a class, in the order of `vocabulary.CLASSES`.
DISTANCES: tuple[Distance, ...] = (circle, square, triangle, cross, ring, star)

#: How far each class reaches from its centre, in the same order.
REACH: NDArray[np.float64] = np.array(
    [1, 0.8 * math.sqrt(2), 2 * 0.57, math.hypot(1, 0.34), 1, STAR_TIP]
)
