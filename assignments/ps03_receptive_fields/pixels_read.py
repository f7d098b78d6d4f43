"""Wide, and full of holes: list the pixels a unit reads, and see the holes that dilation leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants
from cvlib.receptive_field import LayerGeometry, path_counts

from .common import DILATED, POOLING, Layer, Rng, field_size, right_size


def draw_holes(rng: Rng) -> Iterator[Case]:
    def conv(kernel: int, dilation: int, stride: int = 1) -> Layer:
        return "conv", kernel, stride, int(rng.integers(0, 3)), dilation

    for _ in range(2):
        a, b = (int(k) for k in rng.permutation([2, 3, 4])[:2])
        yield Case(([conv(a, 1), conv(b, 1)],), part="no dilation")
        d = int(rng.integers(2, 5))
        yield Case(([conv(3, d), conv(a, d), conv(2, d)],), part="equal dilations")
        yield Case(([conv(3, 1), conv(b, 3), conv(3, 3 * b)],), part="growing dilations")
        yield Case(([conv(2, 1), conv(3, 4 + int(rng.integers(3)))],), part="growing dilations")
        # so far apart that a Python set, which looks sorted for small numbers, is not
        near, far = int(rng.integers(3, 7)), int(rng.integers(9, 11))
        yield Case(([conv(2, near), conv(2, far)],), part="growing dilations")
        yield Case(([conv(2, 1, 3), ("pool", 2, 2, 0, 1), conv(2, d)],), part="strides")
        yield Case(([conv(3, 1, 2), conv(3, d, 2), conv(2, 1)],), part="strides")


def pixels_read(layers: Sequence[Layer]) -> list[int]:
    bare = [LayerGeometry((k,), (s,), (0,), (d,)) for _, k, s, _, d in layers]
    counts = path_counts(bare, (field_size(layers),), unit=(0,))
    return [int(i) for i in np.flatnonzero(counts)]


variants = Variants()
EXERCISE = Exercise(
    id="pixels_read",
    title="Wide, and full of holes",
    objective="List the pixels a unit reads, and see the holes that dilation leaves.",
    section="03_receptive_fields#rf-dilation",
    reference=pixels_read,
    cases=draw_holes,
    tolerance=EXACT,
    hints={
        "no dilation": "Start from one unit and go down: each offset becomes k of them.",
        "equal dilations": "Sums of multiples of 2 are even. Compare *Dilated: wide, with "
        "or without holes*.",
        "growing dilations": "Do it on paper for kernels 2 and 3, dilations 1 and 4: 0, 1, "
        "then both moved by 4 and by 8.",
        "strides": "Offset a on a map becomes stride · a on the map below, plus the taps.",
    },
    variants=variants,
)


def offsets(layers: Any) -> list[int]:
    read = {0}
    for _, k, s, _, d in reversed(layers):
        read = {s * unit + d * tap for unit in read for tap in range(k)}
    return sorted(read)


@variants.mutant(
    "You listed the whole span. Dilation leaves pixels between the taps unread, and no later layer "
    f"need read them. {DILATED}",
)
def the_whole_span(layers):
    return list(range(right_size(layers)))


@variants.mutant(
    "You dilated the first layer only and took the rest as solid. Each layer's taps are d units of "
    f"its own map apart. {DILATED}",
)
def dilates_one_layer(layers):
    first, *rest = layers
    return offsets([first, *((kind, k, s, p, 1) for kind, k, s, p, _ in rest)])


@variants.mutant(
    "You listed the pixels under the first layer's window only. Its unit is one of several that "
    f"the next layer reads: add up the taps of all layers. {DILATED}",
)
def one_layer_only(layers):
    return offsets(layers[:1])


@variants.mutant(
    "You left out the strides. Behind a stride of s, a tap one unit further on is s pixels further "
    f"on. {POOLING}",
)
def taps_without_strides(layers):
    return offsets([(kind, k, 1, p, d) for kind, k, _, p, d in layers])


@variants.mutant(
    "You listed each pixel once for each path that leads to it. Asked is which pixels are read, "
    f"not how often. {DILATED}",
)
def with_repetitions(layers):
    read = [0]
    for _, k, s, _, d in reversed(layers):
        read = [s * unit + d * tap for unit in read for tap in range(k)]
    return sorted(read)


@variants.mutant(
    "You put d pixels between the taps, so that they are d + 1 apart. Dilation d means a distance "
    f"of d; 1 is no dilation. {DILATED}",
)
def one_step_too_far(layers):
    return offsets([(kind, k, s, p, d + 1) for kind, k, s, p, d in layers])


@variants.mutant(
    "You listed the right pixels as a set keeps them. A set of small numbers often looks sorted "
    f"and is not: sort it. {DILATED}",
)
def in_the_order_of_a_set(layers):
    return list(set(offsets(layers)))


@variants.mutant(
    "You counted places from the first layer's window on, or from 1. The first pixel that is read "
    f"has the offset 0. {DILATED}",
)
def counts_from_one(layers):
    return [offset + 1 for offset in offsets(layers)]


@variants.mutant(
    "You went through the layers from the picture up and multiplied by the stride each time. Go "
    f"down from the unit, or carry the product of strides along. {POOLING}",
)
def from_the_wrong_end(layers):
    return offsets(layers[::-1])


@variants.mutant(
    "You took the paddings off. They move all pixels together; asked are offsets from the first "
    f"one that is read. {DILATED}",
)
def with_the_padding(layers):
    read = {0}
    for _, k, s, p, d in reversed(layers):
        read = {s * unit - p + d * tap for unit in read for tap in range(k)}
    return sorted(read)


@variants.mutant(
    "You multiplied a unit's place by the dilation, too. Dilation is the distance of taps within a "
    f"window; from window to window it is the stride. {DILATED}",
)
def dilates_the_units(layers):
    read = {0}
    for _, k, s, _, d in reversed(layers):
        read = {s * d * unit + d * tap for unit in read for tap in range(k)}
    return sorted(read)


@variants.alternative
def by_marking_a_line(layers):
    seen = np.ones(1, dtype=bool)
    for _, k, s, _, d in reversed(layers):
        below = np.zeros(s * (len(seen) - 1) + d * (k - 1) + 1, dtype=bool)
        for tap in range(k):
            below[d * tap : d * tap + s * (len(seen) - 1) + 1 : s] |= seen
        seen = below
    return np.flatnonzero(seen)


@variants.alternative
def from_the_picture_up(layers):
    read, jump = {0}, 1
    for _, k, s, _, d in layers:
        read = {pixel + jump * d * tap for pixel in read for tap in range(k)}
        jump *= s
    return tuple(sorted(read))
