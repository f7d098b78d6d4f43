"""The way back is not unique.

See that several sizes have one convolved size, and choose between them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import EXACT, Case, Exercise, Variants

from .common import Rng, along_each_axis, draw_geometry, output_padding, size_before, unequal


def draw_output_paddings(rng: Rng) -> Iterator[Case]:
    for part, options in {
        "no padding": {"strides": (2, 5)},
        "padding": {"strides": (3, 5), "paddings": (1, 2)},  # so that s never divides all 2p
    }.items():
        for _ in range(4):
            geometry = draw_geometry(rng, kernels=(2, 7), outputs=(4, 30), **options)
            yield Case(geometry, part=part)
    for low, high in ((2, 5), (5, 2)):  # along one axis more is left than the other's whole stride
        stride, kernel, output = (low, high), unequal(rng, 2, 7), unequal(rng, 4, 30)
        large = size_before(output, kernel, stride, (0, 0), (low - 1, high - 1))
        yield Case((large, kernel, stride, (0, 0)), part="no padding")


variants = Variants()
EXERCISE = Exercise(
    id="output_padding",
    title="The way back is not unique",
    objective="See that several sizes have one convolved size, and choose between them.",
    section="02_convolution#conv-transposed-size",
    reference=output_padding,
    cases=draw_output_paddings,
    tolerance=EXACT,
    hints={
        "no padding": "How many pixels at the far edge does no window reach? Those are the "
        "pixels that the way back forgets.",
        "padding": "The windows slide over the padded image: count there.",
    },
    variants=variants,
)


@variants.mutant(
    "You always answer 0. With a stride, up to s sizes have the same convolved size, and without "
    "output padding only the smallest of them comes back. See *How big is what comes back?*",
)
def never_any(large, kernel, stride, padding):
    return 0, 0


@variants.mutant(
    "You asked how much of the image is left over when it is cut into strides. Count from the last "
    "window's end: the kernel and the padding decide, too. See *How big is what comes back?*",
)
@along_each_axis
def remainder_of_the_size(n, k, s, p):
    return n % s


@variants.mutant(
    "Right without padding. The windows slide over the padded image, so the pixels left over are "
    "left over there. See *How big is what comes back?*",
)
@along_each_axis
def forgets_the_padding(n, k, s, p):
    return (n - k) % s


@variants.mutant(
    "You counted the padding once an axis; it stands on both sides. See "
    "*How big is what comes back?*",
)
@along_each_axis
def padding_once(n, k, s, p):
    return (n + p - k) % s


@variants.mutant(
    "You answered how many pixels are missing for one more window. Wanted are the pixels that are "
    "left over after the last one. See *How big is what comes back?*",
)
@along_each_axis
def missing_for_one_more(n, k, s, p):
    return -(n + 2 * p - k) % s


@variants.mutant(
    "Your two numbers are right and swapped: rows first, then columns. See "
    "*How big is what comes back?*",
)
def columns_first(large, kernel, stride, padding):
    return there_and_back(large, kernel, stride, padding)[::-1]


@variants.mutant(
    "You always answer stride − 1. That is the most that can be left over; how much it is depends "
    "on the size. See *How big is what comes back?*",
)
@along_each_axis
def always_the_most(n, k, s, p):
    return s - 1


@variants.mutant(
    "You answered whether pixels are left over, 1 or 0. Wanted is how many. See "
    "*How big is what comes back?*",
)
@along_each_axis
def at_most_one(n, k, s, p):
    return min((n + 2 * p - k) % s, 1)


@variants.alternative
def there_and_back(large, kernel, stride, padding):
    extra = []
    for n, k, s, p in zip(large, kernel, stride, padding, strict=True):
        small = (n + 2 * p - k) // s + 1
        extra.append(n - ((small - 1) * s + k - 2 * p))
    return extra


@variants.alternative
def try_them_all(large, kernel, stride, padding):
    found = []
    for axis in range(2):
        free = large[axis] + 2 * padding[axis] - kernel[axis]
        found.append(min(e for e in range(stride[axis]) if (free - e) % stride[axis] == 0))
    return np.array(found)
