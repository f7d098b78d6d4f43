"""From a layout to pixels: how much of each an object covers, and in which colour."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets.shapes.distance import DISTANCES
from cvlib.datasets.shapes.layout import MOST, Draws, ObjectTable
from cvlib.datasets.shapes.vocabulary import PALETTE

Plane = NDArray[Any]

#: What a colour is multiplied by in the dark stripes and checks.
DARK = np.float32(0.45)
JITTER = {"easy": 0.0, "medium": 0.06, "hard": 0.08}
CONTRAST = {"easy": (1.0, 1.0), "medium": (1.0, 1.0), "hard": (0.5, 0.9)}
NOISE = {"easy": (0.0, 0.0), "medium": (0.01, 0.05), "hard": (0.04, 0.1)}


@dataclass(frozen=True, eq=False)
class Looks:
    """How each scene is painted: object colours (n, 3, 3), a veil (n,) and its colour, noise (n,).

    The veil is the share of the background's colour that is mixed into every object.
    """

    colors: NDArray[np.float32]
    veil: NDArray[np.float32]
    veil_color: NDArray[np.float32]
    noise: NDArray[np.float32]

    def take(self, chosen: Any) -> Looks:
        """Return the chosen scenes' looks."""
        return Looks(*(getattr(self, field.name)[chosen] for field in fields(self)))


def choose_looks(
    draws: Draws, table: ObjectTable, background: NDArray[np.float32], difficulty: str
) -> Looks:
    """Draw each object's shade of its colour, and each scene's contrast and noise."""
    jitter = draws.take(3 * MOST, -JITTER[difficulty], JITTER[difficulty])
    colors = PALETTE[table.color] + jitter.reshape(-1, MOST, 3)
    veil = 1 - draws.take(1, *CONTRAST[difficulty])[:, 0]
    noise = draws.take(1, *NOISE[difficulty])[:, 0]
    return Looks(*(a.astype(np.float32) for a in (colors, veil, background, noise)))


def cover(table: ObjectTable, j: int, size: int) -> tuple[Plane, Plane]:
    """Return the j-th objects' share of each pixel and the brightness there, both (n, size, size).

    All objects must be present. The share is ½ - distance in pixels, between 0 and 1: 1 inside, 0
    outside, and in between where the edge passes within half a pixel of the pixel's centre.
    """
    radius = (table.radius[:, j] * size).astype(np.float32)[:, None]
    angle = np.deg2rad(table.angle[:, j])
    cos, sin = np.cos(angle).astype(np.float32)[:, None], np.sin(angle).astype(np.float32)[:, None]
    centers = np.arange(size, dtype=np.float32) + np.float32(0.5)
    right = (centers - (table.x[:, j] * size).astype(np.float32)[:, None]) / radius
    up = ((table.y[:, j] * size).astype(np.float32)[:, None] - centers) / radius
    # turning the shape by the angle is turning the point back by it
    x = (cos * right)[:, None, :] + (sin * up)[:, :, None]
    y = (cos * up)[:, :, None] - (sin * right)[:, None, :]
    share = np.empty_like(x)
    for kind, distance in enumerate(DISTANCES):
        chosen = np.flatnonzero(table.shape[:, j] == kind)
        if chosen.size:
            share[chosen] = distance(x[chosen], y[chosen])
    share *= -radius[:, :, None]
    share += np.float32(0.5)
    np.clip(share, 0, 1, out=share)
    return share, _texture(table.texture[:, j], x, y, radius[:, :, None])


def _texture(kind: NDArray[np.int64], x: Plane, y: Plane, radius: Plane) -> Plane:
    """Return the brightness of each pixel: 1, or DARK in every second stripe or check."""
    brightness = np.ones_like(x)
    striped, checkered = np.flatnonzero(kind == 1), np.flatnonzero(kind == 2)
    if striped.size:
        brightness[striped] = _bands(x[striped], radius[striped], 0.0)
    if checkered.size:
        chosen = radius[checkered]
        a, b = _bands(x[checkered], chosen, 0.25), _bands(y[checkered], chosen, 0.25)
        # dark where exactly one of the two is: a + b - 2ab
        brightness[checkered] = a + b - 2 * a * b
    brightness *= 1 - DARK
    brightness += DARK
    return np.where((kind == 0)[:, None, None], np.float32(1), brightness)


def _bands(u: Plane, radius: Plane, shift: float) -> Plane:
    """Return 1 and 0 in bands half a radius wide, with soft edges one pixel wide."""
    u = u + np.float32(shift)
    u -= np.floor(u)
    u -= np.float32(0.5)
    np.abs(u, out=u)
    u -= np.float32(0.25)
    u *= radius
    u += np.float32(0.5)
    return np.clip(u, 0, 1, out=u)


def add_objects(
    image: NDArray[np.float32], table: ObjectTable, looks: Looks, size: int
) -> NDArray[np.bool_]:
    """Paint the objects over the backgrounds, each in front of those before it.

    Returns the pixels that each object would show if it stood alone, (n, 3, size, size): those
    whose centre it covers.
    """
    whole = np.zeros((len(table), MOST, size, size), np.bool_)
    for j in range(MOST):
        there = np.flatnonzero(table.present[:, j])
        share, brightness = cover(table.take(there), j, size)
        whole[there, j] = share >= 0.5
        veil = looks.veil[there, None, None]
        for channel in range(3):
            below = image[there, channel]
            color = brightness * looks.colors[there, j, channel, None, None]
            color += veil * (looks.veil_color[there, channel, None, None] - color)
            color -= below
            color *= share
            color += below
            image[there, channel] = color
    return whole


def add_noise(
    image: NDArray[np.float32], looks: Looks, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Add noise of the scene's standard deviation to every number, and clip to [0, 1].

    The noise is the sum of two uniform numbers, which needs no function that machines round
    differently: √6 (u + v - 1) has mean 0 and variance 1.
    """
    if looks.noise.any():
        noise = rng.random((*image.shape, 2), np.float32)
        total = noise[..., 0] + noise[..., 1]
        total -= np.float32(1)
        total *= (np.float32(np.sqrt(6)) * looks.noise)[:, None, None, None]
        image += total
    return np.clip(image, 0, 1, out=image)
