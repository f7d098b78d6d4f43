"""How big is what comes back? Give the output size of a transposed convolution."""

from __future__ import annotations

from collections.abc import Iterator

from cvlib.grading.spec import EXACT, Case, Exercise, Variants

from .common import (
    TRANSPOSED,
    Rng,
    along_each_axis,
    draw_transposed,
    transposed_output_size,
    unequal,
)


def draw_transposed_sizes(rng: Rng) -> Iterator[Case]:
    for _ in range(3):
        for part in TRANSPOSED:
            yield Case(draw_transposed(rng, part, outputs=(4, 30)), part=part)
    p, q = unequal(rng, 1, 4)
    one_pixel = ((1, 1), (2 * p + 1, 2 * q + 1), (1, 1), (p, q), (0, 0))
    yield Case(one_pixel, part="padding")
    # more padding than half the kernel, and stamps that leave gaps
    n, m = unequal(rng, 7, 30)
    yield Case(((n, m), (3, 4), (1, 1), (2, 3), (0, 0)), part="padding")
    yield Case(((n, m), (2, 3), (3, 5), (0, 0), (0, 0)), part="stride")


variants = Variants()
EXERCISE = Exercise(
    id="transposed_output_size",
    title="How big is what comes back?",
    objective="Give the output size of a transposed convolution.",
    section="02_convolution#conv-transposed-size",
    reference=transposed_output_size,
    cases=draw_transposed_sizes,
    tolerance=EXACT,
    hints={
        "stride 1, no padding": "Each input pixel stamps one kernel. Where does the last "
        "stamp end?",
        "padding": "What a convolution pads, its transpose cuts off again, on both sides.",
        "stride": "Consecutive stamps stand one stride apart: how many strides lie "
        "between the first and the last?",
        "output padding": "Output padding lengthens one side only, the lower and right.",
    },
    variants=variants,
)


@variants.mutant(
    "You used the formula of the convolution. The transposed convolution goes the other way: from "
    "the small map to the large one. See *How big is what comes back?*",
)
@along_each_axis
def the_formula_forward(n, k, s, p, e):
    return (n + 2 * p - k) // s + 1 + e


@variants.mutant(
    "You multiplied the size by the stride. That is what people say, and it is right only when "
    "kernel − 2 · padding + output padding happens to equal the stride. See "
    "*How big is what comes back?*",
)
@along_each_axis
def size_times_stride(n, k, s, p, e):
    return n * s


@variants.mutant(
    "You added the padding. What the convolution pads on, its transpose cuts off: the result gets "
    "smaller by 2p. See *How big is what comes back?*",
)
@along_each_axis
def padding_makes_it_larger(n, k, s, p, e):
    return (n - 1) * s + k + 2 * p + e


@variants.mutant(
    "You cut the padding from one side only; it comes off both. See *How big is what comes back?*",
)
@along_each_axis
def cuts_one_side(n, k, s, p, e):
    return (n - 1) * s + k - p + e


@variants.mutant(
    "You left n strides between n stamps; there are n − 1. See *How big is what comes back?*",
)
@along_each_axis
def one_stride_too_many(n, k, s, p, e):
    return n * s + k - 2 * p + e


@variants.mutant(
    "All is right but for the output padding: it lengthens the result, on one side, by as much as "
    "it says. See *How big is what comes back?*",
)
@along_each_axis
def ignores_output_padding(n, k, s, p, e):
    return (n - 1) * s + k - 2 * p


@variants.mutant(
    "You counted the output padding twice, like padding. It is added at the far side only. See "
    "*How big is what comes back?*",
)
@along_each_axis
def output_padding_on_both_sides(n, k, s, p, e):
    return (n - 1) * s + k - 2 * p + 2 * e


@variants.mutant(
    "You always added stride − 1, the most that output padding can be. Add what the argument says. "
    "See *How big is what comes back?*",
)
@along_each_axis
def always_the_most(n, k, s, p, e):
    return (n - 1) * s + k - 2 * p + s - 1


@variants.mutant(
    "You took the stride of the rows for both axes; each axis has its own. See "
    "*How big is what comes back?*",
)
def one_stride_for_both(small, kernel, stride, padding, output_padding):
    return transposed_output_size(small, kernel, (stride[0],) * 2, padding, output_padding)


@variants.alternative
def where_the_last_stamp_ends(small, kernel, stride, padding, output_padding):
    sizes = []
    for axis in range(2):
        ends = [i * stride[axis] + kernel[axis] for i in range(small[axis])]
        sizes.append(max(ends) - 2 * padding[axis] + output_padding[axis])
    return sizes


@variants.alternative
def by_searching_the_convolution(small, kernel, stride, padding, output_padding):
    sizes = []
    for n, k, s, p, e in zip(small, kernel, stride, padding, output_padding, strict=True):
        smallest = next(m for m in range(1, 10_000) if (m + 2 * p - k) // s + 1 == n)
        sizes.append(float(smallest + e))
    return tuple(sizes)
