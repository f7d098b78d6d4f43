"""What stands behind the objects: plain, shaded, or cluttered with strokes and patches."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets.shapes.layout import Draws

#: How many strokes and how many patches a side clutter a hard background.
STROKES, PATCHES = 3, 8

#: Brightness of the background; how far its colour may be from grey; shading across the image.
LEVELS = {"easy": (0.0, 0.12), "medium": (0.0, 1.0), "hard": (0.1, 0.9)}
TINT = {"easy": 0.0, "medium": 0.06, "hard": 0.08}
SHADE = {"easy": 0.0, "medium": 0.25, "hard": 0.3}


@dataclass(frozen=True, eq=False)
class Backgrounds:
    """The backgrounds of n scenes: a colour (n, 3), a slope (n, 2) and, if hard, what clutters it.

    `strokes` (n, strokes, 6) holds centre x and y, direction cos and sin, half length and grey
    level; `patches` (n, 3, 8, 8) is added to the colours.
    """

    color: NDArray[np.float32]
    slope: NDArray[np.float32]
    strokes: NDArray[np.float32]
    patches: NDArray[np.float32]

    def take(self, chosen: Any) -> Backgrounds:
        """Return the chosen scenes' backgrounds."""
        return Backgrounds(*(getattr(self, field.name)[chosen] for field in fields(self)))


def choose_backgrounds(draws: Draws, difficulty: str) -> Backgrounds:
    """Draw the background of each scene."""
    n = len(draws.numbers)
    color = draws.take(1, *LEVELS[difficulty]) + draws.take(3, -TINT[difficulty], TINT[difficulty])
    slope = draws.take(2, -SHADE[difficulty], SHADE[difficulty])
    strokes, patches = np.zeros((n, 0, 6)), np.zeros((n, 0, 0, 0))
    if difficulty == "hard":
        center = draws.take(2 * STROKES).reshape(n, STROKES, 2)
        turn = draws.take(STROKES, 0, np.pi)
        length, level = draws.take(STROKES, 0.15, 0.5), draws.take(STROKES)
        strokes = np.concatenate(
            [center, np.stack([np.cos(turn), np.sin(turn), length, level], axis=2)], axis=2
        )
        patches = draws.take(3 * PATCHES * PATCHES, -0.06, 0.06).reshape(n, 3, PATCHES, PATCHES)
    return Backgrounds(*(a.astype(np.float32) for a in (color, slope, strokes, patches)))


def paint_backgrounds(backgrounds: Backgrounds, size: int) -> NDArray[np.float32]:
    """Paint the backgrounds: (n, 3, size, size), not yet clipped to [0, 1]."""
    n = len(backgrounds.color)
    centers = (np.arange(size, dtype=np.float32) + np.float32(0.5)) / np.float32(size)
    ramp = centers - np.float32(0.5)
    plane = backgrounds.slope[:, :1, None] * ramp + backgrounds.slope[:, 1:, None] * ramp[:, None]
    image = backgrounds.color[:, :, None, None] + plane[:, None]
    if backgrounds.patches.shape[-1]:
        cell = np.arange(size) * PATCHES // size
        image += backgrounds.patches[:, :, cell[:, None], cell]
    for stroke in np.moveaxis(backgrounds.strokes, 1, 0):
        alpha = _stroke(stroke, centers, size)
        for channel in range(3):
            image[:, channel] += alpha * (stroke[:, 5, None, None] - image[:, channel])
    assert image.shape == (n, 3, size, size)
    return image


def _stroke(
    stroke: NDArray[np.float32], centers: NDArray[np.float32], size: int
) -> NDArray[np.float32]:
    """Return how much of each pixel one stroke a scene covers, by its distance to a segment."""
    x, y, cos, sin, length = (stroke[:, k, None, None] for k in range(5))
    across, down = centers - x, centers[:, None] - y
    along = across * cos + down * sin
    np.clip(along, -length, length, out=along)
    dx, dy = across - along * cos, down - along * sin
    dx *= dx
    dy *= dy
    dx += dy
    distance = np.sqrt(dx, out=dx)
    # 0.7 of a 32-pixel image's pixel to either side
    distance -= np.float32(0.7 / 32)
    distance *= np.float32(-size)
    distance += np.float32(0.5)
    return np.clip(distance, 0, 1, out=distance)
