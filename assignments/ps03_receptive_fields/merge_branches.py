"""Branches: merge the intervals of branches, and notice when they do not line up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants
from cvlib.receptive_field import INPUT, Graph, receptive_field

from .common import CENTRE, Layer, Rng, draw_layer, geometry, half_padded, right_size


def draw_branches(rng: Rng) -> Iterator[Case]:
    def centred(kernel: int, stride: int) -> Layer:
        return half_padded(("conv", kernel, stride, 0, 1))

    for _ in range(2):
        s = int(rng.integers(2, 4))
        stem = draw_layer(rng, kernels=(3, 5), strides=(2,))
        one = [stem, draw_layer(rng, dilations=(2,)), draw_layer(rng, strides=(2,))]
        yield Case(([one],), part="one branch")
        frame: Layer = ("conv", 1, 1, 3, 1)  # unit 0 sees nothing but padding
        yield Case(([[stem, frame]],), part="one branch")
        a, b = (int(k) for k in rng.permutation([3, 5, 7])[:2])
        # they look at the same place, and not at pixel 0
        stem = ("conv", 5, 2, int(rng.choice([1, 3])), 1)
        aligned = [[stem, centred(1, s)], [stem, centred(a, 1), centred(b, s)]]
        yield Case(([*aligned, [stem, centred(3, s)]],), part="branches that line up")
        a, b = sorted((a, b))  # so that the smaller branch reaches further at the end
        crooked = [[stem, ("conv", b, s, 0, 1)], [stem, centred(a, 1), centred(b, s)]]
        yield Case((crooked,), part="branches that do not")
        shifted = [[stem, centred(3, 2)], [stem, ("pool", 2, 2, 0, 1)], [stem, centred(1, 2)]]
        for turned in (shifted, [shifted[0], shifted[2], shifted[1]]):  # any two of three
            yield Case((turned,), part="branches that do not")
        half: list[list[Layer]] = [[("pool", 2, s, 0, 1)], [centred(1, s)]]  # half a pixel apart
        yield Case((half,), part="branches that do not")
        yield Case(([[stem, centred(3, s)], [stem, centred(a, 1)]],), part="unequal strides")
        fine = [[centred(3, 2), stem], [stem, centred(a, 2)]]
        yield Case((fine,), part="unequal strides")
        # neither the last stride nor the sum of strides tells: it is the product
        yield Case(
            ([[centred(3, s), centred(a, 1)], [centred(a, 1), centred(3, s)]],),
            part="branches that line up",
        )
        same_end = [[centred(3, 2), centred(3, s)], [centred(3, 1), centred(3, s)]]
        yield Case((same_end,), part="unequal strides")
        same_sum = [[centred(3, 2), centred(3, 2)], [centred(3, 3), centred(3, 1)]]
        yield Case((same_sum,), part="unequal strides")


def merge_branches(branches: Sequence[Sequence[Layer]]) -> tuple[int, int, int, bool]:
    graph = Graph(1)
    graph.merge(*(graph.chain(INPUT, *geometry(branch)) for branch in branches))
    field = receptive_field(graph)
    axis = field.axes[0]
    return int(axis.stride), int(axis.first), int(axis.last), field.aligned


def interval_or_error(target, branches):
    try:
        return [target(branches)]
    except ValueError:
        return "ValueError"  # no function can return this, for what it returns is in a list


variants = Variants()
EXERCISE = Exercise(
    id="merge_branches",
    title="Branches",
    objective="Merge the intervals of branches, and notice when they do not line up.",
    section="03_receptive_fields#rf-branches",
    reference=merge_branches,
    cases=draw_branches,
    driver=interval_or_error,
    tolerance=EXACT,
    builds_on=("field_size", "unit_centre"),
    hints={
        "one branch": "Unit 0 sees the pixels first … last: its centre, and half its size "
        "to either side.",
        "branches that line up": "Whoever reads the sum sees what any branch sees.",
        "branches that do not": "Compare the centres. The interval is the hull all the "
        "same: least first, greatest last.",
        "unequal strides": "Then their units drift apart, and no single interval is right: "
        "raise ValueError. Do not raise it for branches of equal stride.",
    },
    variants=variants,
)


BRANCHES = "See *Branches: intervals that merge*."


def ends(branch: Any) -> tuple[int, int, int]:
    """Stride, first and last pixel of unit 0."""
    jump, low, high = 1, 0, 0
    for _, k, s, p, d in branch:
        low, high, jump = low - p * jump, high + (d * (k - 1) - p) * jump, jump * s
    return jump, low, high


def merged(branches: Any, *, check: bool = True) -> tuple[int, int, int, bool]:
    strides, lows, highs = zip(*map(ends, branches), strict=True)
    if check and len(set(strides)) > 1:
        raise ValueError("strides differ")
    centres = {a + b for a, b in zip(lows, highs, strict=True)}
    return strides[0], min(lows), max(highs), len(centres) == 1


@variants.mutant(
    "You kept the largest branch. If the branches do not line up, another one can reach further on "
    f"one side: take the least first pixel and the greatest last one. {BRANCHES}",
)
def keeps_the_largest(branches):
    stride, _, _, aligned = merged(branches)
    largest = max(branches, key=right_size)
    return stride, *ends(largest)[1:], aligned


@variants.mutant(
    "You took what all branches see, the intersection. The merged unit sees what any of them sees: "
    f"the union. {BRANCHES}",
)
def takes_the_intersection(branches):
    stride, _, _, aligned = merged(branches)
    return stride, max(ends(b)[1] for b in branches), min(ends(b)[2] for b in branches), aligned


@variants.mutant(
    "You called branches aligned when their windows are equal. They are aligned when their centres "
    f"agree, whatever their sizes. {BRANCHES}",
)
def aligned_means_equal(branches):
    return *merged(branches)[:3], len({ends(b) for b in branches}) == 1


@variants.mutant(
    "You called everything aligned. A convolution without padding next to one with padding looks "
    f"at another place: compare the centres. {BRANCHES}",
)
def always_aligned(branches):
    return *merged(branches)[:3], True


@variants.mutant(
    "You merged branches of unequal strides. Unit 5 of one then looks elsewhere than unit 5 of the "
    f"other, and no interval holds for all units: raise ValueError. {BRANCHES}",
)
def merges_any_strides(branches):
    return merged(branches, check=False)


@variants.mutant(
    "You left the padding out, so every window begins at pixel 0. Padding moves a branch, and "
    f"deeper padding by more. {CENTRE}",
)
def branches_without_padding(branches):
    return merged([[(kind, k, s, 0, d) for kind, k, s, _, d in b] for b in branches])


@variants.mutant(
    "You compared the strides of the branches' last layers. Neighbours on the merged map lie as "
    f"far apart as the product of all strides of a branch. {BRANCHES}",
)
def compares_the_last_strides(branches):
    if len({branch[-1][2] for branch in branches}) > 1:
        raise ValueError("strides differ")
    return merged(branches, check=False)


@variants.mutant(
    "You called branches aligned when each is padded by half. They may all look at another place, "
    f"if it is the same one: compare the centres with each other. {BRANCHES}",
)
def aligned_means_half_padded(branches):
    halves = all(2 * p == d * (k - 1) for branch in branches for _, k, _, p, d in branch)
    return *merged(branches)[:3], halves


@variants.mutant(
    "You compared the centres as whole pixels. An even window next to an odd one looks half a "
    f"pixel beside it, and is not aligned. {BRANCHES}",
)
def aligned_to_whole_pixels(branches):
    centres = {(low + high) // 2 for _, low, high in map(ends, branches)}
    return *merged(branches)[:3], len(centres) == 1


@variants.mutant(
    "You rounded towards 0. A unit that sees nothing but padding ends before pixel 0; with numbers "
    f"below 0 a half is to be added or taken off exactly. {CENTRE}",
)
def rounds_towards_zero(branches):
    stride, low, high, aligned = merged(branches)
    return stride, int(low - 0.5), int(high + 0.5), aligned


@variants.mutant(
    "You added the branches' sizes up, as if one stood behind the other. They stand side by side "
    f"and look at the same map. {BRANCHES}",
)
def one_behind_the_other(branches):
    stride, low, _, aligned = merged(branches)
    return stride, low, low + sum(right_size(b) - 1 for b in branches), aligned


@variants.alternative
def a_running_hull(branches):
    stride, low, high = ends(branches[0])
    aligned = True
    for branch in branches[1:]:
        other, first, last = ends(branch)
        if other != stride:
            raise ValueError(f"stride {other} after {stride}")
        aligned = aligned and first + last == ends(branches[0])[1] + ends(branches[0])[2]
        low, high = min(low, first), max(high, last)
    return [stride, low, high, aligned]


@variants.alternative
def with_numpy(branches):
    table = np.array([ends(branch) for branch in branches])
    if np.ptp(table[:, 0]):
        raise ValueError("unequal strides")
    return (
        table[0, 0],
        table[:, 1].min(),
        table[:, 2].max(),
        np.ptp(table[:, 1] + table[:, 2]) == 0,
    )
