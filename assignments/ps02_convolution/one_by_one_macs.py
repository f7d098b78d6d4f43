"""The 1 × 1 detour: count multiplications with and without a 1 × 1 bottleneck."""

from __future__ import annotations

import numpy as np

from cvlib.convolution import count_macs
from cvlib.grading.spec import EXACT, Case, Exercise, Variants

SIZE, WIDE, NARROW, MAPS, KERNEL = (14, 14), 480, 16, 48, (5, 5)


DIRECT = count_macs(SIZE, WIDE, MAPS, KERNEL)


DETOUR = count_macs(SIZE, WIDE, NARROW, (1, 1)) + count_macs(SIZE, NARROW, MAPS, KERNEL)


WIDEST = max(
    b
    for b in range(1, WIDE)
    if count_macs(SIZE, WIDE, b, (1, 1)) + count_macs(SIZE, b, MAPS, KERNEL) < DIRECT
)


def read_count(target, key):
    return target.get(key)


variants = Variants()
EXERCISE = Exercise(
    id="one_by_one_macs",
    title="The 1 × 1 detour",
    objective="Count multiplications with and without a 1 × 1 bottleneck.",
    section="02_convolution#conv-one-by-one",
    kind="answer",
    reference={"direct": DIRECT, "detour": DETOUR, "widest": WIDEST},
    cases=lambda rng: [Case((key,), part=key) for key in ("direct", "detour", "widest")],
    driver=read_count,
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


ONE_BY_ONE = {"direct": 112_896_000, "detour": 5_268_480, "widest": 342}


def one_by_one(name: str, misconception: str, **wrong: float) -> None:
    variants.mutant_value(
        name,
        {**ONE_BY_ONE, **wrong},
        f"{misconception} See *1 × 1: a matrix for every pixel*.",
    )


one_by_one(
    "second_stage_only",
    "Your detour counts its 5 × 5 layer only. The 1 × 1 layer in front has to be paid, too; the "
    "cost is the sum of both.",
    detour=3_763_200,
)


one_by_one(
    "first_stage_only",
    "Your detour counts its 1 × 1 layer only. The 5 × 5 layer behind it costs more than twice as "
    "much; the cost is the sum of both.",
    detour=1_505_280,
)


one_by_one(
    "parameters",
    "You counted weights. Each weight multiplies once at every place of the 14 × 14 map.",
    direct=576_000,
    detour=26_880,
)


one_by_one(
    "no_padding",
    "You let the 5 × 5 layer shrink the map to 10 × 10. Its padding keeps all 14 × 14 places.",
    direct=57_600_000,
    detour=3_425_280,
)


one_by_one(
    "breaks_even_rounded_up",
    "Counts right. At a width of 343 the detour costs a little more than the direct way: round "
    "down.",
    widest=343,
)


one_by_one(
    "ignores_the_first_stage",
    "Counts right. For the widest detour you compared the 5 × 5 layers only: with 479 maps that "
    "layer is cheaper, but the 1 × 1 layer in front eats up the gain and more.",
    widest=479,
)


one_by_one(
    "additions_too",
    "You counted additions as well: twice the multiplications. Asked are the multiplications.",
    direct=225_792_000,
    detour=10_536_960,
)


variants.alternative_value("floats", {key: float(value) for key, value in ONE_BY_ONE.items()})


variants.alternative_value(
    "computed",
    {
        "widest": np.int64((5 * 5 * 48 * 480 - 1) // (480 + 5 * 5 * 48)),
        "detour": 14**2 * np.prod([16, 480 + 25 * 48]),
        "direct": np.prod([14, 14, 5, 5, 480, 48]),
    },
)
