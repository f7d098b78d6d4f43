"""The 1 × 1 detour: count multiplications with and without a 1 × 1 bottleneck."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cvlib.convolution import count_macs
from cvlib.grading.spec import EXACT, Exercise, Variants, keys, read_own_key

KERNEL = (5, 5)
#: The narrow layer is always narrower than the widest that pays.
NUMBERS = {
    "side": [*range(12, 29)],
    "wide": [*range(192, 833, 32)],
    "narrow": [16, 24, 32, 48],
    "maps": [*range(32, 129, 16)],
}


def cost(side: int, wide: int, narrow: int, maps: int) -> int:
    """What the detour costs with so narrow a middle."""
    size = (side, side)
    return count_macs(size, wide, narrow, (1, 1)) + count_macs(size, narrow, maps, KERNEL)


def one_by_one_macs(side: int, wide: int, narrow: int, maps: int) -> dict[str, int]:
    direct = count_macs((side, side), wide, maps, KERNEL)
    each = cost(side, wide, 1, maps)  # what a middle costs for each channel that it has
    return {
        "direct": direct,
        "detour": cost(side, wide, narrow, maps),
        "widest": (direct - 1) // each,
    }


variants = Variants()
EXERCISE = Exercise(
    id="one_by_one_macs",
    title="The 1 × 1 detour",
    objective="Count multiplications with and without a 1 × 1 bottleneck.",
    section="02_convolution#conv-one-by-one",
    kind="answer",
    reference=one_by_one_macs,
    numbers=NUMBERS,
    cases=keys(dict.fromkeys(("direct", "detour", "widest"))),
    driver=read_own_key,
    tolerance=EXACT,
    hints={
        "direct": "Each output number of each map costs one multiplication per weight of "
        "its kernel.",
        "detour": "Two layers do the work: what each costs has to be paid.",
        "widest": "Write the cost of the detour as a function of its width b. It is a "
        "straight line.",
    },
    variants=variants,
)


def one_by_one(name: str, misconception: str, **wrong: Callable[..., float]) -> None:
    """Register a function of the numbers that answers wrongly to some of the questions."""

    def answer(side: int, wide: int, narrow: int, maps: int) -> dict[str, float]:
        numbers = (side, wide, narrow, maps)
        right = one_by_one_macs(*numbers)
        return {**right, **{key: formula(*numbers) for key, formula in wrong.items()}}

    text = f"{misconception} See *1 × 1: a matrix for every pixel*."
    variants.mutant_value(name, answer, text)


one_by_one(
    "second_stage_only",
    "Your detour counts its 5 × 5 layer only. The 1 × 1 layer in front has to be paid, too; the "
    "cost is the sum of both.",
    detour=lambda side, wide, narrow, maps: side**2 * 25 * narrow * maps,
)
one_by_one(
    "first_stage_only",
    "Your detour counts its 1 × 1 layer only. The 5 × 5 layer behind it has to be paid, too; the "
    "cost is the sum of both.",
    detour=lambda side, wide, narrow, maps: side**2 * wide * narrow,
)
one_by_one(
    "parameters",
    "You counted weights. Each weight multiplies once at every place of the map.",
    direct=lambda side, wide, narrow, maps: 25 * wide * maps,
    detour=lambda side, wide, narrow, maps: narrow * (wide + 25 * maps),
)
one_by_one(
    "no_padding",
    "You let the 5 × 5 layer shrink the map by four rows and columns. Its padding keeps "
    "all places.",
    direct=lambda side, wide, narrow, maps: (side - 4) ** 2 * 25 * wide * maps,
    detour=lambda side, wide, narrow, maps: (
        side**2 * wide * narrow + (side - 4) ** 2 * 25 * narrow * maps
    ),
)
one_by_one(
    "one_side_of_the_kernel",
    "You counted five weights a channel for the 5 × 5 kernel. It has 25.",
    direct=lambda side, wide, narrow, maps: side**2 * 5 * wide * maps,
    detour=lambda side, wide, narrow, maps: side**2 * narrow * (wide + 5 * maps),
)
one_by_one(
    "breaks_even_rounded_up",
    "Counts right. At the width that you gave, the detour costs as much as the direct way or a "
    "little more: round down.",
    widest=lambda *numbers: one_by_one_macs(*numbers)["widest"] + 1,
)
one_by_one(
    "ignores_the_first_stage",
    "Counts right. For the widest detour you compared the 5 × 5 layers only: with one map less "
    "that layer is cheaper, but the 1 × 1 layer in front eats up the gain and more.",
    widest=lambda side, wide, narrow, maps: wide - 1,
)
one_by_one(
    "additions_too",
    "You counted additions as well: twice the multiplications. Asked are the multiplications.",
    direct=lambda side, wide, narrow, maps: side**2 * 50 * wide * maps,
    detour=lambda side, wide, narrow, maps: side**2 * 2 * narrow * (wide + 25 * maps),
)


@variants.alternative
def as_floats(side, wide, narrow, maps):
    right = one_by_one_macs(side, wide, narrow, maps)
    return {key: float(value) for key, value in right.items()}


@variants.alternative
def with_a_formula(side, wide, narrow, maps):
    return {
        "widest": np.int64((25 * maps * wide - 1) // (wide + 25 * maps)),
        "detour": side**2 * np.prod([narrow, wide + 25 * maps]),
        "direct": np.prod([side, side, 5, 5, wide, maps]),
    }
