"""A network's eyes: read field, stride and centres off a layer table, and see that they shift."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants
from cvlib.receptive_field import receptive_field, units_inside

from .common import (
    CENTRE,
    DILATED,
    POOLING,
    Layer,
    convolutions,
    geometry,
    right_centre,
    right_size,
)

#: What a student is asked about: pictures whose middle no middle of the centres hits.
NUMBERS = {
    "pixels": [n for n in range(81, 161) if n % 16 != 1],
    "first": [5, 7, 9, 11],
    "dilation": [2, 3, 4],
}

PARTS = {
    "field and stride": ("field", "stride"),
    "last centre": ("last centre",),
    "shift": ("shift",),
}


def layers_of(first: int, dilation: int) -> list[Layer]:
    return [
        ("conv", first, 2, first // 2, 1), ("pool", 3, 2, 1, 1), ("conv", 3, 1, 1, 1),
        ("conv", 3, 2, 1, 1), ("conv", 3, 1, 1, 1), ("conv", 3, 2, 1, 1),
        ("conv", 3, 1, dilation, dilation),
    ]  # fmt: skip


def camera_network(pixels: int, first: int, dilation: int) -> dict[str, float]:
    layers = geometry(layers_of(first, dilation))
    field = receptive_field(layers)
    _, (units,) = units_inside(layers, (pixels,))
    centres = [field.centre((unit,))[0] for unit in (0, units - 1)]
    return {
        "field": int(field.size[0]),
        "stride": int(field.stride[0]),
        "last centre": centres[1],
        "shift": (pixels - 1) / 2 - sum(centres) / 2,
    }


def read_numbers(target, keys, **numbers):
    answer = target(**numbers) if callable(target) else target
    return {key: answer.get(key) for key in keys}


variants = Variants()
EXERCISE = Exercise(
    id="camera_network",
    title="A network's eyes",
    objective="Read field, stride and centres off a layer table, and see that they shift.",
    section="03_receptive_fields#rf-centre",
    kind="answer",
    reference=camera_network,
    numbers=NUMBERS,
    cases=lambda rng: [Case((keys,), part=part) for part, keys in PARTS.items()],
    driver=read_numbers,
    tolerance=EXACT,
    builds_on=("field_size", "unit_centre", "units_inside"),
    hints={
        "field and stride": "Your field_size gives the field; the stride is the distance "
        "of the centres of two neighbours.",
        "last centre": "How many units are there on so many pixels? The last one has the number "
        "of units minus one.",
        "shift": "The middle of the picture lies between pixel 0 and the last pixel. Where is the "
        "middle between the first and the last centre?",
    },
    variants=variants,
)


def instead(name: str, misconception: str, change: Callable[..., dict[str, float]]) -> None:
    """Register a function of the numbers that answers wrongly to some of the questions."""

    def answer(pixels: int, first: int, dilation: int) -> dict[str, float]:
        right = camera_network(pixels, first, dilation)
        return right | change(right, pixels, layers_of(first, dilation))

    variants.mutant_value(name, answer, misconception)


def without_pooling(right: Any, pixels: int, layers: list[Layer]) -> dict[str, float]:
    rest = convolutions(layers)
    _, (units,) = units_inside(geometry(rest), (pixels,))
    last = right_centre(rest, units - 1)
    return {
        "field": right_size(rest),
        "stride": right["stride"] // 2,
        "last centre": last,
        "shift": (pixels - 1) / 2 - last / 2,
    }


instead(
    "without_the_pooling",
    "You counted convolutions only. The pooling has a window and a stride of its own: without it "
    f"everything behind it looks half as far. {POOLING}",
    without_pooling,
)
instead(
    "one_unit_too_far",
    "Units are numbered from 0: the last centre belongs to the number of units minus one, and "
    f"yours is a stride further on. {CENTRE}",
    lambda right, pixels, layers: {
        "last centre": right["last centre"] + right["stride"],
        "shift": right["shift"] - right["stride"] / 2,
    },
)
instead(
    "centres_of_tiles",
    "You divided the picture into tiles and took the middle of the last one. Windows are not "
    f"tiles: their centres are a stride apart, and the first lies on pixel 0. {CENTRE}",
    lambda right, pixels, layers: {
        "last centre": pixels - 0.5 - pixels / (right["last centre"] / right["stride"] + 1) / 2,
        "shift": 0.0,
    },
)
instead(
    "shift_of_the_other_sign",
    "The middle of the centres lies before the middle of the picture, or behind it, on the other "
    f"side than you say: subtract it from the middle of the picture. {CENTRE}",
    lambda right, pixels, layers: {"shift": -right["shift"]},
)
instead(
    "last_pixel_of_the_window",
    "You gave the last pixel that the last unit can see, far outside the picture. Its centre is "
    f"the middle of its window. {CENTRE}",
    lambda right, pixels, layers: {
        "last centre": right["last centre"] + (right["field"] - 1) / 2,
        "shift": right["shift"] - (right["field"] - 1) / 4,
    },
)
instead(
    "middle_of_the_edges",
    "All right but for half a pixel: pixels count from 0 to pixels − 1, and their middle is half "
    f"of that, not of pixels. {CENTRE}",
    lambda right, pixels, layers: {"shift": right["shift"] + 0.5},
)
instead(
    "undilated",
    "You left out the dilation of the last layer: it makes the field wider, and with the padding "
    f"that goes with it nothing else. {DILATED}",
    lambda right, pixels, layers: {"field": right_size([*layers[:-1], ("conv", 3, 1, 1, 1)])},
)


@variants.alternative
def as_numpy_numbers(pixels, first, dilation):
    right = camera_network(pixels, first, dilation)
    return {key: np.float64(value) for key, value in right.items()}


@variants.alternative
def by_halving(pixels, first, dilation):
    units = pixels
    for _ in range(4):  # half padding: every stride of 2 halves, and rounds up
        units = -(-units // 2)
    last = 16 * (units - 1)
    return {
        "shift": (pixels - 1 - last) / 2,
        "last centre": last,
        "stride": 2**4,
        "field": first + 2 * 2 + 2 * 4 * 2 + 2 * 8 * 2 + 2 * 16 * dilation,
    }
