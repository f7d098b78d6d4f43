"""Who sees the frame? Count the units whose field lies inside the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants
from cvlib.receptive_field import units_inside as count_units_inside

from .common import (
    Layer,
    Rng,
    draw_layer,
    draw_stack,
    field_size,
    geometry,
    half_padded,
    right_centre,
    right_size,
)


def draw_frames(rng: Rng) -> Iterator[Case]:
    for _ in range(3):
        bare = draw_stack(rng, 3, strides=(1, 2), padded=False)
        yield Case((bare, int(rng.integers(50, 90))), part="no padding")
        same = [half_padded(draw_layer(rng, kernels=(3, 5))) for _ in range(4)]
        yield Case((same, int(rng.integers(40, 60))), part="padding")
        strided = [
            draw_layer(rng, kernels=(3, 5), strides=(2,)),
            half_padded(draw_layer(rng, kernels=(3, 5), dilations=(1, 2))),
            draw_layer(rng, kernels=(3,), strides=(2,), pool=True),
            half_padded(draw_layer(rng, kernels=(3,))),
        ]
        _, kernel, stride, padding, _ = strided[0]
        pixels = 2 * int(rng.integers(60, 90))  # so many that a pixel is left over at once
        pixels += (pixels + 2 * padding - kernel) % stride == 0
        yield Case((strided, pixels), part="strides")
        # 0 … 2 is no unit's window here, as it would be without padding
        alone = [("conv", 3, 2, 1, 1)]
        yield Case((alone, 2 * int(rng.integers(20, 60)) + 1), part="strides")
        deep = [half_padded(draw_layer(rng, kernels=(3, 5), dilations=(2, 3))) for _ in range(4)]
        size = field_size(deep)
        yield Case((deep, size - 1), part="a field as large as the picture")
        yield Case((deep, size), part="a field as large as the picture")
        yield Case((deep, size + int(rng.integers(2, 6))), part="a field as large as the picture")


def units_inside(layers: Sequence[Layer], pixels: int) -> tuple[int, int]:
    (inside,), (every,) = count_units_inside(geometry(layers), (pixels,))
    return inside, every


variants = Variants()
EXERCISE = Exercise(
    id="units_inside",
    title="Who sees the frame?",
    objective="Count the units whose field lies inside the picture.",
    section="03_receptive_fields#rf-frame",
    reference=units_inside,
    cases=draw_frames,
    tolerance=EXACT,
    builds_on=("field_size", "unit_centre"),
    hints={
        "no padding": "Without padding there is nothing else to see. Count all units with "
        "the size formula of chapter 2, layer by layer.",
        "padding": "A unit's window reaches (size - 1)/2 to either side of its centre. "
        "Test both ends against the picture.",
        "strides": "Go from unit to unit, not from pixel to pixel.",
        "a field as large as the picture": "A window that just fits is inside; one pixel "
        "more and it is not.",
    },
    variants=variants,
)


FRAME = "See *When the field is larger than the picture*."


def right_count(layers: Any, pixels: int) -> int:
    for _, k, s, p, d in layers:
        pixels = (pixels + 2 * p - d * (k - 1) - 1) // s + 1
    return pixels


def inside(layers: Any, pixels: int, low: float = 0.0, high: float = 0.0, half: Any = None) -> int:
    """Count units between the ends, moved by ``low`` and ``high``."""
    half = (right_size(layers) - 1) / 2 if half is None else half
    centres = [right_centre(layers, unit) for unit in range(right_count(layers, pixels))]
    return sum(half + low <= c <= pixels - 1 - half + high for c in centres)


@variants.mutant(
    "You tested whether the centre lies in the picture. A window reaches half its size to either "
    f"side of it, and that must fit, too. {FRAME}",
)
def centres_inside(layers, pixels):
    return inside(layers, pixels, half=0.0), right_count(layers, pixels)


@variants.mutant(
    "You tested the first pixel of the window only. At the other end of the picture windows hang "
    f"over the edge as well. {FRAME}",
)
def tests_one_end(layers, pixels):
    return inside(layers, pixels, high=np.inf), right_count(layers, pixels)


@variants.mutant(
    "Your picture is a pixel too long: it ends with pixel number pixels − 1, and a window that "
    f"ends at number pixels sees the frame. {FRAME}",
)
def one_pixel_too_many(layers, pixels):
    counted = inside([*layers], pixels, low=-1.0, high=1.0)
    return counted, right_count(layers, pixels)


@variants.mutant(
    "You counted places of the window, one for each pixel. Units are a stride apart, so there are "
    f"fewer, and with padding some places belong to no unit inside. {FRAME}",
)
def counts_places(layers, pixels):
    return max(pixels - right_size(layers) + 1, 0), right_count(layers, pixels)


@variants.mutant(
    "You left the padding out when you counted the units. It is there, and it makes more of them; "
    f"the ones that it adds are those that see the frame. {FRAME}",
)
def units_without_padding(layers, pixels):
    bare = [(kind, k, s, 0, d) for kind, k, s, _, d in layers]
    units = max(right_count(bare, pixels), 0)
    return min(inside(layers, pixels), units), units


@variants.mutant(
    "You counted windows that hang over the edge: they are not taken, so the division rounds down. "
    f"Pixels that are left over belong to no unit. {FRAME}",
)
def counts_hanging_windows(layers, pixels):
    units = pixels
    for _, k, s, p, d in layers:
        units = -((units + 2 * p - d * (k - 1) - 1) // -s) + 1
    half = (right_size(layers) - 1) / 2
    centres = [right_centre(layers, unit) for unit in range(units)]
    return sum(half <= c <= pixels - 1 - half for c in centres), units


@variants.mutant(
    "You wanted a pixel to spare at both ends. A window that begins at pixel 0, or ends at the "
    f"last one, lies inside. {FRAME}",
)
def wants_a_pixel_to_spare(layers, pixels):
    return inside(layers, pixels, low=0.5, high=-0.5), right_count(layers, pixels)


@variants.mutant(
    "You counted the units of the same network without padding. With padding, windows begin at "
    f"other pixels, and another number of them may fit. {FRAME}",
)
def units_of_the_bare_network(layers, pixels):
    bare = [(kind, k, s, 0, d) for kind, k, s, _, d in layers]
    return max(right_count(bare, pixels), 0), right_count(layers, pixels)


@variants.mutant(
    "You gave the numbers in the wrong order: first the units inside the picture, then all units. "
    f"{FRAME}",
)
def all_units_first(layers, pixels):
    return right_count(layers, pixels), inside(layers, pixels)


@variants.mutant(
    "You counted the units that see the frame. Asked are the others first, those that see the "
    f"picture alone. {FRAME}",
)
def those_that_see_the_frame(layers, pixels):
    units = right_count(layers, pixels)
    return units - inside(layers, pixels), units


@variants.mutant(
    "You left the dilation out when you counted the units: taps d apart span d · (k − 1) + 1, and "
    f"fewer windows fit. {FRAME}",
)
def counts_without_dilation(layers, pixels):
    units = right_count([(kind, k, s, p, 1) for kind, k, s, p, _ in layers], pixels)
    half = (right_size(layers) - 1) / 2
    centres = [right_centre(layers, unit) for unit in range(units)]
    return sum(half <= c <= pixels - 1 - half for c in centres), units


@variants.alternative
def window_by_window(layers, pixels):
    counted = 0
    for unit in range(right_count(layers, pixels)):
        low = high = unit
        for _, k, s, p, d in reversed(layers):
            low, high = s * low - p, s * high - p + d * (k - 1)
        counted += low >= 0 and high < pixels
    return counted, right_count(layers, pixels)


@variants.alternative
def by_watching_the_padding(layers, pixels):
    """Send ones through windows that add: units that miss some saw padding."""
    ones = np.ones(pixels)
    free = 1.0
    for _, k, s, p, d in layers:
        padded = np.pad(ones, p)
        units = (len(padded) - d * (k - 1) - 1) // s + 1
        ones = np.array([padded[s * i : s * i + d * (k - 1) + 1 : d].sum() for i in range(units)])
        free *= k
    return [int((ones == free).sum()), len(ones)]
