"""One warp for every move.

Move a picture by any affine map, about its centre, between the pixels.
"""

# The sources below are data, sent and compared: they stand, and what mypy minds is told here.
# mypy: disable-error-code="call-overload"

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import warp_forward

from .common import MOVES, Rng, places


def draw_moves(rng: Rng) -> Iterator[Case]:
    still = np.eye(2)

    def image() -> np.ndarray:
        rows, columns = rng.permutation(np.arange(5, 9))[:2]
        return rng.uniform(0.2, 1.0, (int(rows), int(columns)))

    def signed(low: float, high: float) -> float:
        return float(rng.choice([-1, 1]) * rng.uniform(low, high))

    sides = rng.choice([-1.0, 1.0], 2)  # to one side, and then to the other
    for shift in (sides * [1, 4], -sides * [1, 2], sides * [2, 1], -sides * [2, 3]):
        yield Case((image(), still, shift), part="whole pixels")
    for side in (sides, -sides):
        shift = side * (rng.uniform(0.2, 0.45, 2) + np.arange(2))
        yield Case((image(), still, shift), part="parts of a pixel")
    for degrees in (180.0, signed(20, 70)):
        angle = np.deg2rad(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        yield Case((image(), turn, np.zeros(2)), part="turns about the centre")
    for matrix in (
        np.diag([rng.uniform(1.4, 1.9), rng.uniform(0.5, 0.7)]),
        np.array([[1.0, 0.0], [signed(0.4, 0.9), 1.0]]),
    ):
        yield Case((image(), matrix, np.zeros(2)), part="stretch and shear")
    angle = np.deg2rad(signed(20, 70))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    move = (image(), turn * rng.uniform(0.7, 0.9), rng.uniform(0.5, 1.5, 2))
    yield Case(move, part="all at once")


def warp(image: np.ndarray, matrix: np.ndarray, shift: np.ndarray) -> np.ndarray:
    move = np.eye(3)
    move[:2, :2], move[:2, 2] = matrix, shift
    return warp_forward(image[None, None], move)[0][0, 0]


variants = Variants()
EXERCISE = Exercise(
    id="warp",
    title="One warp for every move",
    objective="Move a picture by any affine map, about its centre, between the pixels.",
    section="05_regularization#reg-augmentation",
    reference=warp,
    cases=draw_moves,
    hints={
        "whole pixels": "Ask each output pixel where it comes from. For a shift by +1 row, "
        "output row 3 shows input row 2. What comes from outside is 0.",
        "parts of a pixel": "Between four pixels, weigh each by how near it is: "
        "(1 − distance down) · (1 − distance right).",
        "turns about the centre": "The centre of n pixels is at (n − 1)/2. Half a turn "
        "must give image[::-1, ::-1] exactly.",
        "stretch and shear": "Does your output pixel go forward through the matrix, or "
        "back? Compare *Augmentation: the same picture, seen differently*.",
        "all at once": "p goes to matrix @ p + shift. Solve for p: first take the shift "
        "off, then undo the matrix.",
    },
    variants=variants,
)


def look_up(image: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Bilinear, with zeros outside; y and x are (H, W)."""
    rows, columns = np.arange(image.shape[0]), np.arange(image.shape[1])
    down = np.maximum(1 - np.abs(y[..., None] - rows), 0)
    right = np.maximum(1 - np.abs(x[..., None] - columns), 0)
    return np.einsum("ijr,rc,ijc->ij", down, image, right)


def middle(image: np.ndarray) -> np.ndarray:
    return (np.array(image.shape) - 1) / 2


@variants.mutant(
    "You looked each output pixel up where the move sends it. It shows what the move brings: "
    f"solve matrix @ p + shift for p. See {MOVES}.",
)
def goes_forward(image, matrix, shift):
    grid = np.stack(np.indices(image.shape).astype(float))
    centre = middle(image)[:, None, None]
    y, x = np.tensordot(matrix, grid - centre, 1) + shift[:, None, None] + centre
    return look_up(image, y, x)


@variants.mutant(
    "Your picture turns and grows about its upper left corner. Measure points from the centre. "
    f"See {MOVES}.",
)
def about_the_corner(image, matrix, shift):
    return look_up(image, *places(image, np.linalg.inv(matrix), shift, (0, 0)))


@variants.mutant(
    "Your centre is n/2, half a pixel too far down and to the right: pixel 0 is at 0 and the "
    f"last at n − 1, so the middle is (n − 1)/2. See {MOVES}.",
)
def centre_half_a_pixel_off(image, matrix, shift):
    centre = np.array(image.shape) / 2
    return look_up(image, *places(image, np.linalg.inv(matrix), shift, centre))


@variants.mutant(
    "You took the nearest pixel. Between pixels, mix the four around by how near they are: that is "
    f"the bilinear rule of the exercise. See {MOVES}.",
)
def takes_the_nearest(image, matrix, shift):
    y, x = places(image, np.linalg.inv(matrix), shift, middle(image))
    return look_up(image, np.round(y), np.round(x))


@variants.mutant(
    "You took points as (x, y). Here they are (row, column), as in the index of an array, both "
    f"in the matrix and in the shift. See {MOVES}.",
)
def columns_first(image, matrix, shift):
    turned = places(image.T, np.linalg.inv(matrix), shift, middle(image.T))
    return look_up(image.T, *turned).T


@variants.mutant(
    "You filled what comes from outside with the pixels of the border. Outside the picture is 0. "
    f"See {MOVES}.",
)
def repeats_the_border(image, matrix, shift):
    y, x = places(image, np.linalg.inv(matrix), shift, middle(image))
    height, width = image.shape
    return look_up(image, np.clip(y, 0, height - 1), np.clip(x, 0, width - 1))


@variants.mutant(
    "You undid the matrix first and took the shift off then. The move turns first and shifts "
    f"after; backwards the order is the other one. See {MOVES}.",
)
def undoes_in_the_wrong_order(image, matrix, shift):
    back = np.linalg.inv(matrix)
    return look_up(image, *places(image, back, matrix @ shift, middle(image)))


@variants.mutant(
    "You let a pixel be 0 as soon as its place is outside, or one of its four neighbours is. Only "
    "those neighbours are 0: half a pixel beyond the border, half of the border is still seen. See "
    f"{MOVES}.",
)
def cuts_at_the_border(image, matrix, shift):
    y, x = places(image, np.linalg.inv(matrix), shift, middle(image))
    last_row, last_column = (n - 1 for n in image.shape)
    inside = (y >= 0) & (y <= last_row) & (x >= 0) & (x <= last_column)
    return np.where(inside, look_up(image, y, x), 0.0)


@variants.mutant(
    "You went back by the transposed matrix. That undoes a turn; a stretch or a shear is undone by "
    f"the inverse alone. See {MOVES}.",
)
def goes_back_by_the_transpose(image, matrix, shift):
    return look_up(image, *places(image, matrix.T, shift, middle(image)))


@variants.mutant(
    "What leaves the picture comes in again from the other side: an index below 0 counts from the "
    f"end in Python, and the remainder wraps. Outside the picture is 0. See {MOVES}.",
)
def wraps_around(image, matrix, shift):
    y, x = places(image, np.linalg.inv(matrix), shift, middle(image))
    tiled, (height, width) = np.tile(image, (5, 5)), image.shape
    return look_up(tiled, y + 2 * height, x + 2 * width)


@variants.alternative
def with_tents(image, matrix, shift):
    return look_up(image, *places(image, np.linalg.inv(matrix), shift, middle(image)))


@variants.alternative
def with_a_padded_picture(image, matrix, shift):
    height, width = image.shape
    padded = np.pad(image, 2)
    out = []
    for i, j in itertools.product(range(height), range(width)):
        point = np.linalg.solve(matrix, np.array([i, j]) - middle(image) - shift)
        y, x = np.clip(point + middle(image), -1.5, [height + 0.5, width + 0.5])
        top, left = int(np.floor(y)), int(np.floor(x))
        u, v = y - top, x - left
        (a, b), (c, d) = padded[top + 2 : top + 4, left + 2 : left + 4]
        out.append((1 - u) * ((1 - v) * a + v * b) + u * ((1 - v) * c + v * d))
    return np.reshape(out, (height, width))
