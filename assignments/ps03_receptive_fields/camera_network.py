"""A network's eyes: read field, stride and centres off a layer table, and see that they shift."""

from __future__ import annotations

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants
from cvlib.receptive_field import receptive_field

from .common import CENTRE, POOLING, Layer, field_size, geometry, unit_centre

CAMERA: list[Layer] = [
    ("conv", 7, 2, 3, 1), ("pool", 3, 2, 1, 1), ("conv", 3, 1, 1, 1), ("conv", 3, 2, 1, 1),
    ("conv", 3, 1, 1, 1), ("conv", 3, 2, 1, 1), ("conv", 3, 1, 1, 1),
]  # fmt: skip


CAMERA_PIXELS = 96


def camera_numbers() -> dict[str, float]:
    units = 6
    first, last = unit_centre(CAMERA, 0), unit_centre(CAMERA, units - 1)
    return {
        "field": field_size(CAMERA),
        "stride": int(receptive_field(geometry(CAMERA)).stride[0]),
        "last centre": last,
        "shift": (CAMERA_PIXELS - 1) / 2 - (first + last) / 2,
    }


CAMERA_PARTS = {
    "field and stride": ("field", "stride"),
    "last centre": ("last centre",),
    "shift": ("shift",),
}


def read_numbers(target, keys):
    return {key: target.get(key) for key in keys}


variants = Variants()
EXERCISE = Exercise(
    id="camera_network",
    title="A network's eyes",
    objective="Read field, stride and centres off a layer table, and see that they shift.",
    section="03_receptive_fields#rf-centre",
    kind="answer",
    reference=camera_numbers(),
    cases=lambda rng: [Case((keys,), part=part) for part, keys in CAMERA_PARTS.items()],
    driver=read_numbers,
    tolerance=EXACT,
    builds_on=("field_size", "unit_centre", "units_inside"),
    hints={
        "field and stride": "Your field_size gives the field; the stride is the distance "
        "of the centres of two neighbours.",
        "last centre": "How many units are there on 96 pixels? The last one has the number "
        "of units minus one.",
        "shift": "The middle of the picture is pixel 47.5. Where is the middle between the "
        "first and the last centre?",
    },
    variants=variants,
)


CAMERA_ANSWERS = {"field": 91, "stride": 16, "last centre": 80.0, "shift": 7.5}


def camera(name: str, misconception: str, **wrong: float) -> None:
    wrong = {key.replace("_", " "): value for key, value in wrong.items()}
    variants.mutant_value(name, {**CAMERA_ANSWERS, **wrong}, misconception)


camera(
    "without_the_pooling",
    "You counted convolutions only. The pooling has a window and a stride of its own: without it "
    f"everything behind it looks half as far. {POOLING}",
    field=47,
    stride=8,
    last_centre=88.0,
    shift=3.5,
)


camera(
    "one_unit_too_far",
    "There are six units, numbers 0 to 5; the last centre belongs to number 5, and 96 is no pixel "
    f"of the picture any more. {CENTRE}",
    last_centre=96.0,
    shift=-0.5,
)


camera(
    "centres_of_tiles",
    "You divided the picture into six tiles and took the middle of the last one. Windows are not "
    f"tiles: here they are centred on 0, 16, 32, … {CENTRE}",
    last_centre=87.5,
    shift=0.0,
)


camera(
    "shift_of_the_other_sign",
    "The middle of the centres lies before the middle of the picture, so it misses it by a "
    f"positive number of pixels, 47.5 minus it. {CENTRE}",
    shift=-7.5,
)


camera(
    "last_pixel_of_the_window",
    "You gave the last pixel that the last unit can see, far outside the picture. Its centre is "
    f"the middle of its window. {CENTRE}",
    last_centre=125.0,
    shift=-15.0,
)


camera(
    "middle_of_96",
    "All right but for half a pixel: pixels 0 to 95 have their middle at 47.5, not at 48. "
    f"{CENTRE}",
    shift=8.0,
)


variants.alternative_value(
    "numpy_numbers", {key: np.float64(value) for key, value in CAMERA_ANSWERS.items()}
)


variants.alternative_value(
    "computed",
    {
        "shift": 95 / 2 - 40,
        "last centre": 5 * 16,
        "stride": np.int64(2**4),
        "field": 7 + 2 * 2 + 2 * 4 * 2 + 2 * 8 * 2 + 2 * 16,
    },
)
