"""Where does it look? Find the pixel at which a unit looks, half pixels included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants

from .common import (
    CENTRE,
    Rng,
    draw_layer,
    half_padded,
    right_centre,
    right_size,
    unit_centre,
)


def draw_centres(rng: Rng) -> Iterator[Case]:
    odd: dict[str, Any] = {"kernels": (3, 5, 7)}
    for turn in range(3):
        # behind strides of 1 the half pixel of the pooling stays one
        before = (1,) if turn == 0 else (1, 2)
        for part, stack in {
            "odd kernels, half padding": [
                half_padded(draw_layer(rng, **odd, strides=(2, 3))) for _ in range(3)
            ],
            "no padding": [
                draw_layer(rng, **odd, strides=(1, 2), padded=False),
                draw_layer(rng, kernels=(3,), strides=(2, 3), padded=False, pool=True),
                draw_layer(rng, **odd, padded=False),
            ],
            "even kernels": [
                half_padded(draw_layer(rng, **odd, strides=before)),
                draw_layer(rng, kernels=(2,), strides=(2,), padded=False, pool=True),
                draw_layer(rng, kernels=(4, 6), strides=(1, 2), padded=False),
                half_padded(draw_layer(rng, **odd, strides=(1, 2))),
            ],
            "any padding": [
                draw_layer(rng, strides=(2, 3)),
                draw_layer(rng, kernels=(3, 5), dilations=(2, 3), strides=(2,)),
                draw_layer(rng, kernels=(3,), strides=(2,), pool=True),
                draw_layer(rng),
            ],
        }.items():
            yield Case((stack, int(rng.integers(3, 9))), part=part)


variants = Variants()
EXERCISE = Exercise(
    id="unit_centre",
    title="Where does it look?",
    objective="Find the pixel at which a unit looks, half pixels included.",
    section="03_receptive_fields#rf-centre",
    reference=unit_centre,
    cases=draw_centres,
    hints={
        "odd kernels, half padding": "Each window is centred on a unit of the map below. "
        "Where is unit 0, then, and where is the next one?",
        "no padding": "The first window begins at pixel 0. Where is its middle?",
        "even kernels": "Four taps at 0, 1, 2, 3: the middle lies between two pixels, and "
        "that is the answer.",
        "any padding": "Padding moves the first window by p units of the map below it, and "
        "these lie a whole stride apart in pixels.",
    },
    variants=variants,
)


@variants.mutant(
    "You rounded down to whole pixels. An even kernel has its middle between two taps, and that "
    f"half pixel is part of the answer. {CENTRE}",
)
def rounds_to_pixels(layers, unit):
    place = unit
    for _, k, s, p, d in reversed(layers):
        place = s * place - p + d * (k - 1) // 2
    return float(place)


@variants.mutant(
    "You rounded the result to a whole pixel. A window of an even number of pixels has its middle "
    f"between two of them, and that half pixel is part of the answer. {CENTRE}",
)
def rounds_at_the_end(layers, unit):
    return float(np.floor(right_centre(layers, unit)))


@variants.mutant(
    f"You left the padding out. It moves every window towards the upper left corner. {CENTRE}",
)
def forgets_the_padding(layers, unit):
    return right_centre([(kind, k, s, 0, d) for kind, k, s, _, d in layers], unit)


@variants.mutant(
    "Your padding moves the window the wrong way. Zeros in front let the first window begin before "
    f"pixel 0: subtract them. {CENTRE}",
)
def pads_the_wrong_way(layers, unit):
    return right_centre([(kind, k, s, -p, d) for kind, k, s, p, d in layers], unit)


@variants.mutant(
    "You gave the first pixel of the window. The unit looks at its middle, half the size minus one "
    f"further on. {CENTRE}",
)
def where_the_window_begins(layers, unit):
    return right_centre(layers, unit) - (right_size(layers) - 1) / 2


@variants.mutant(
    "You added the paddings up as they are. A padding of one unit on a map whose units lie j "
    f"pixels apart moves the window by j pixels. {CENTRE}",
)
def paddings_in_pixels(layers, unit):
    moved = sum(layer[3] for layer in layers)
    return forgets_the_padding(layers, unit) - moved


@variants.mutant(
    "You took unit times stride. That holds only if every kernel is odd and padded by half; here "
    f"the first window may begin elsewhere. {CENTRE}",
)
def stride_times_unit(layers, unit):
    return float(unit * np.prod([layer[2] for layer in layers]))


@variants.mutant(
    "You counted units from 1. The first unit is number 0, and its window begins at minus the "
    f"padding. {CENTRE}",
)
def counts_units_from_one(layers, unit):
    return right_centre(layers, unit - 1)


@variants.mutant(
    "You counted half a pixel more: that is right where pixel 0 reaches from 0 to 1, but here the "
    f"middle of pixel 0 is 0. {CENTRE}",
)
def measures_from_the_edge(layers, unit):
    return right_centre(layers, unit) + 0.5


@variants.mutant(
    "You took half the kernel for the middle of its taps. The taps are 0 … k − 1, and their middle "
    f"is (k − 1) / 2. {CENTRE}",
)
def half_the_kernel(layers, unit):
    place = float(unit)
    for _, k, s, p, d in reversed(layers):
        place = s * place - p + d * (k // 2)
    return place


@variants.mutant(
    "You left the dilation out: taps d apart reach d times as far, and so does their middle. "
    f"{CENTRE}",
)
def undilated_middle(layers, unit):
    return right_centre([(kind, k, s, p, 1) for kind, k, s, p, _ in layers], unit)


@variants.mutant(
    "You read the list from the wrong end. The unit belongs to the last layer: go down from there "
    f"to the picture. {CENTRE}",
)
def from_the_wrong_end(layers, unit):
    return right_centre(layers[::-1], unit)


@variants.mutant(
    f"You left the padding of poolings out. They are padded like convolutions. {CENTRE}",
)
def pools_without_padding(layers, unit):
    bare = [(kind, k, s, 0 if kind == "pool" else p, d) for kind, k, s, p, d in layers]
    return right_centre(bare, unit)


@variants.alternative
def forward_with_offsets(layers, unit):
    jump, offset = 1, 0.0
    for _, k, s, p, d in layers:
        offset += jump * (d * (k - 1) / 2 - p)
        jump *= s
    return offset + jump * unit


@variants.alternative
def mean_of_both_ends(layers, unit):
    low = high = unit
    for _, k, s, p, d in reversed(layers):
        low, high = s * low - p, s * high - p + d * (k - 1)
    return np.float64((low + high) / 2)
