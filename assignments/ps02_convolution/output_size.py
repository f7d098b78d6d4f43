"""How big is what comes out? Predict the size of a convolution's output for any geometry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.convolution import conv2d_output_size
from cvlib.grading.spec import EXACT, Case, Exercise, Variants

from .common import Pair, Rng, along_each_axis, draw_geometry, size_before, unequal


def draw_sizes(rng: Rng) -> Iterator[Case]:
    plain: dict[str, Any] = {"kernels": (2, 7), "outputs": (5, 40)}
    for k in range(3):
        for part, options in {
            "stride 1, no padding": {},
            "padding": {"paddings": (0, 3)},
            "stride": {"strides": (2, 5), "paddings": (0, 2)},
            "dilation": {"strides": (1, 3), "paddings": (0, 3)} if k else {},  # alone, too
        }.items():
            image, kernel, stride, padding = draw_geometry(rng, **plain, **options)
            dilation = unequal(rng, 2, 4) if part == "dilation" else (1, 1)
            reach = [(d - 1) * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
            image = (image[0] + reach[0], image[1] + reach[1])
            yield Case((image, kernel, stride, padding, dilation), part=part)
    stride, kernel, output = unequal(rng, 3, 5), unequal(rng, 2, 7), unequal(rng, 5, 40)
    nearly = (stride[0] - 1, stride[1] - 1)  # one pixel more, and there were one more window
    image = size_before(output, kernel, stride, (0, 0), nearly)
    yield Case((image, kernel, stride, (0, 0), (1, 1)), part="stride")


def output_size(image: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> Pair:
    return conv2d_output_size(image, kernel, stride=stride, padding=padding, dilation=dilation)


variants = Variants()
EXERCISE = Exercise(
    id="output_size",
    title="How big is what comes out?",
    objective="Predict the size of a convolution's output for any geometry.",
    section="02_convolution#conv-output-size",
    reference=output_size,
    cases=draw_sizes,
    tolerance=EXACT,
    hints={
        "stride 1, no padding": "Write down the places where the window's first row may "
        "stand, for 5 rows and a kernel of 3, and count them.",
        "padding": "The padding stands on both sides of the image.",
        "stride": "A window that would hang over the edge is not taken. Count the first "
        "window, then the whole strides that still fit after it.",
        "dilation": "How far apart are the first and the last tap of a dilated kernel? "
        "Draw 3 taps with dilation 2.",
    },
    variants=variants,
)


@variants.mutant(
    "You added the padding once an axis. It stands on both sides of the image, so each axis grows "
    "by 2p. See *How big is what comes out?*",
)
@along_each_axis
def pads_one_side(n, k, s, p, d):
    return (n + p - d * (k - 1) - 1) // s + 1


@variants.mutant(
    "You rounded up. A last window that hangs over the edge is not taken, so the division rounds "
    "down. (Some pooling layers do round up, on request.) See *How big is what comes out?*",
)
@along_each_axis
def rounds_up(n, k, s, p, d):
    return -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1


@variants.mutant(
    "You rounded to the nearest whole number. A window that hangs over the edge by a pixel is not "
    "taken either: round down. See *How big is what comes out?*",
)
@along_each_axis
def rounds_to_nearest(n, k, s, p, d):
    return round((n + 2 * p - d * (k - 1) - 1) / s) + 1


@variants.mutant(
    "You counted the steps of the window, and there is one more window than there are steps: the "
    "one it started from. See *How big is what comes out?*",
)
@along_each_axis
def counts_steps(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1) - 1) // s


@variants.mutant(
    "You added the 1 before dividing by the stride. The first window is there whatever the stride "
    "is: divide first, then add it. See *How big is what comes out?*",
)
@along_each_axis
def adds_one_first(n, k, s, p, d):
    return (n + 2 * p - d * (k - 1)) // s


@variants.mutant(
    "All is right but for the dilation, which you left out: a dilated kernel reaches further than "
    "it has taps. See *Dilated: the same nine weights, further apart*.",
)
@along_each_axis
def ignores_dilation(n, k, s, p, d):
    return (n + 2 * p - k) // s + 1


@variants.mutant(
    "You took a dilated kernel to reach over d · k pixels. Between k taps there are k − 1 gaps: "
    "draw 3 taps with dilation 2 and count. See *Dilated: the same nine weights, further apart*.",
)
@along_each_axis
def dilates_every_tap(n, k, s, p, d):
    return (n + 2 * p - d * k) // s + 1


@variants.mutant(
    "Your numbers are right and in the wrong order: a size is (rows, columns), as in the shape of "
    "an array, not (width, height), as on a camera's box. See *How big is what comes out?*",
)
def width_first(image, kernel, stride, padding, dilation):
    return with_arrays(image, kernel, stride, padding, dilation)[::-1]


@variants.mutant(
    "You let dilation lengthen the kernel by d − 1 once. It lies between any two taps, k − 1 "
    "times. See *Dilated: the same nine weights, further apart*.",
)
@along_each_axis
def dilates_once(n, k, s, p, d):
    return (n + 2 * p - (k + d - 1)) // s + 1


@variants.mutant(
    "You took the dilation of the rows for both axes. Each axis has its own: dilation = (rows, "
    "columns). See *Dilated: the same nine weights, further apart*.",
)
def one_dilation_for_both(image, kernel, stride, padding, dilation):
    return with_arrays(image, kernel, stride, padding, (dilation[0], dilation[0]))


@variants.mutant(
    "You divided the padded image by the stride and rounded up, whatever the kernel is. A window "
    "that hangs over is not taken. See *How big is what comes out?*",
)
@along_each_axis
def pixels_over_strides(n, k, s, p, d):
    return -(-(n + 2 * p) // s)


@variants.alternative
def counts_windows(image, kernel, stride, padding, dilation):
    sizes = []
    for axis in range(2):
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        last = image[axis] + 2 * padding[axis] - reach
        sizes.append(len(range(0, last + 1, stride[axis])))
    return sizes


@variants.alternative
def with_arrays(image, kernel, stride, padding, dilation):
    n, k, s, p, d = map(np.array, (image, kernel, stride, padding, dilation))
    return np.floor((n + 2 * p - d * (k - 1) - 1) / s).astype(int) + 1
