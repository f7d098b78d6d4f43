"""What stands where in each scene, before a pixel is drawn."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets.shapes.distance import REACH
from cvlib.datasets.shapes.vocabulary import CLASSES, COLORS, RADII, TEXTURES

#: The most objects in a scene, and how many places each of the smaller ones tries.
MOST, TRIES = 3, 40

#: Centres of two objects are at least this share of the sum of their reaches apart, and the gap
#: added. Below 1 the circles around two objects may cut each other, and the smaller hides a part
#: of the larger, but never its centre.
SPACING = {"easy": 1.0, "medium": 1.0, "hard": 0.7}
GAP = {"easy": 0.0, "medium": 0.03, "hard": 0.0}

#: Nothing comes nearer to the border than this share of the side.
BORDER = 0.01


@dataclass(frozen=True, eq=False)
class ObjectTable:
    """The objects of n scenes, largest first: arrays (n, 3), where `present` says which are there.

    `shape`, `color` and `texture` index the vocabulary and `size` is 0 (small) or 1 (large); x from
    the left, y from the top and `radius` are shares of the image's side; `angle` is in degrees,
    counter-clockwise. An object that is not there has -1 in the former and 0 in the latter.
    """

    present: NDArray[np.bool_]
    shape: NDArray[np.int64]
    color: NDArray[np.int64]
    texture: NDArray[np.int64]
    size: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    radius: NDArray[np.float64]
    angle: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.present)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many objects each scene has, (n,)."""
        return self.present.sum(axis=1, dtype=np.int64)

    def take(self, chosen: Any) -> ObjectTable:
        """Return the chosen scenes."""
        return ObjectTable(*(getattr(self, field.name)[chosen] for field in fields(self)))


class Draws:
    """Uniform numbers, a row a scene, handed out column by column: a row never sees another."""

    def __init__(self, n: int, columns: int, rng: np.random.Generator) -> None:
        # filled row by row, so that the first rows are the same however many follow
        self.numbers = rng.random((n, columns))
        self.used = 0

    def take(self, count: int, low: float = 0.0, high: float = 1.0) -> NDArray[np.float64]:
        """Return the next `count` columns, stretched to [low, high)."""
        self.used += count
        assert self.used <= self.numbers.shape[1], "a scene needs more numbers than were drawn"
        return low + (high - low) * self.numbers[:, self.used - count : self.used]

    def choose(self, count: int, options: int) -> NDArray[np.int64]:
        """Return `count` columns of whole numbers below `options`."""
        return self.take(count, 0, options).astype(np.int64)


def lay_out(draws: Draws, difficulty: str) -> ObjectTable:
    """Choose the objects of each scene: one if easy, else one to three, as many as find room."""
    wanted = 1 + draws.choose(1, MOST)[:, 0]
    if difficulty == "easy":
        wanted[:] = 1
    choices = [draws.choose(MOST, len(words)) for words in (CLASSES, COLORS, TEXTURES)]
    angle = draws.take(MOST, 0, 360)
    if difficulty == "easy":
        choices[2][:] = 0
        angle[:] = 0
    size, radius = _radii(draws, wanted)
    reach = radius * REACH[choices[0]]
    x, y, present = _places(draws, wanted, reach, difficulty)
    # an object that found no room leaves a gap: close it
    order = np.argsort(~present, axis=1, kind="stable")
    present, *columns = (
        np.take_along_axis(column, order, axis=1)
        for column in (present, *choices, size, x, y, radius, angle)
    )
    # four columns of whole numbers, four of shares and degrees
    missing = (-1, -1, -1, -1, 0.0, 0.0, 0.0, 0.0)
    return ObjectTable(
        present,
        *(np.where(present, a, none) for a, none in zip(columns, missing, strict=True)),
    )


def _radii(draws: Draws, wanted: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Make the first object large and the rest small, in falling order; one alone may be either.

    In company the large one is of the lower half of its range, to leave room.
    """
    small = np.sort(draws.take(MOST, *RADII["small"]), axis=1)[:, ::-1].copy()
    least, most = RADII["large"]
    large = least + (most - least) * draws.take(1)[:, 0] * np.where(wanted > 1, 0.5, 1)
    coin = draws.take(1)[:, 0] < 0.5
    size = np.zeros(small.shape, np.int64)
    size[:, 0] = (wanted > 1) | coin
    small[:, 0] = np.where(size[:, 0] == 1, large, small[:, 0])
    return size, small


def _places(
    draws: Draws, wanted: NDArray[np.int64], reach: NDArray[np.float64], difficulty: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Place each object at the first of its tries that is far enough from those before it."""
    n = len(wanted)
    everyone = np.arange(n)
    x, y = np.zeros((n, MOST)), np.zeros((n, MOST))
    present = np.zeros((n, MOST), np.bool_)
    for j in range(MOST):
        tries = 1 if j == 0 else TRIES
        shares = draws.take(2 * tries).reshape(n, 2, tries)
        if j == 0:
            # company needs room: a polynomial that draws the first object towards the borders
            apart = shares * shares * (3 - 2 * shares)
            shares = np.where((wanted > 1)[:, None, None], apart, shares)
        margin = (reach[:, j] + BORDER)[:, None]
        xs = margin + (1 - 2 * margin) * shares[:, 0]
        ys = margin + (1 - 2 * margin) * shares[:, 1]
        free = np.repeat((wanted > j)[:, None], tries, axis=1)
        for other in range(j):
            apart = SPACING[difficulty] * (reach[:, other] + reach[:, j]) + GAP[difficulty]
            across, down = xs - x[:, other, None], ys - y[:, other, None]
            near = across * across + down * down < (apart * apart)[:, None]
            free &= ~(near & present[:, other, None])
        first = free.argmax(axis=1)
        present[:, j] = free[everyone, first]
        x[:, j], y[:, j] = xs[everyone, first], ys[everyone, first]
    return x, y, present
