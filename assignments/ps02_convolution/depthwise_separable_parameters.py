"""What a separable layer weighs: count the parameters of a depthwise-separable convolution."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.convolution import count_parameters
from cvlib.grading.spec import EXACT, Case, Exercise, Variants

from .common import Pair, Rng, unequal


def draw_separable_sizes(rng: Rng) -> Iterator[Case]:
    for _ in range(2):
        for part in ("one filter a channel", "several filters a channel", "with biases"):
            channels = unequal(rng, 8, 200)
            multiplier = 1 if part == "one filter a channel" else int(rng.integers(2, 5))
            bias = part == "with biases"
            yield Case((*channels, unequal(rng, 2, 7), multiplier, bias), part=part)


def depthwise_separable_parameters(
    channels_in: int, channels_out: int, kernel: Pair, multiplier: int, bias: bool
) -> int:
    between = multiplier * channels_in
    depthwise = count_parameters(channels_in, between, kernel, groups=channels_in, bias=bias)
    return depthwise + count_parameters(between, channels_out, (1, 1), bias=bias)


variants = Variants()
EXERCISE = Exercise(
    id="depthwise_separable_parameters",
    title="What a separable layer weighs",
    objective="Count the parameters of a depthwise-separable convolution.",
    section="02_convolution#conv-grouped",
    reference=depthwise_separable_parameters,
    cases=draw_separable_sizes,
    tolerance=EXACT,
    hints={
        "one filter a channel": "Two layers, one after the other. How many input channels "
        "does one depthwise filter read?",
        "several filters a channel": "How many maps lie between the two layers?",
        "with biases": "Every map that a layer makes has a bias; both layers make maps.",
    },
    variants=variants,
)


@variants.mutant(
    "You counted an ordinary convolution. Here a filter reads one channel, and a 1 × 1 convolution "
    "mixes the channels afterwards. See *Grouped, depthwise, depthwise-separable*.",
)
def an_ordinary_layer(channels_in, channels_out, kernel, multiplier, bias):
    return channels_in * channels_out * kernel[0] * kernel[1] + bias * channels_out


@variants.mutant(
    "You counted the depthwise layer and left out the 1 × 1 layer that mixes its maps; most of the "
    "weights are there. See *Grouped, depthwise, depthwise-separable*.",
)
def the_depthwise_half(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    return between * kernel[0] * kernel[1] + bias * between


@variants.mutant(
    "You took a depthwise filter to read all channels. It reads one: it has R · S weights, not "
    "C · R · S. See *Grouped, depthwise, depthwise-separable*.",
)
def filters_that_read_all_channels(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    weights = between * channels_in * kernel[0] * kernel[1] + between * channels_out
    return weights + bias * (between + channels_out)


@variants.mutant(
    "The weights are right. With biases, both layers have them, the depthwise layer too: one a "
    "map. See *Grouped, depthwise, depthwise-separable*.",
)
def bias_of_the_last_layer_only(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    return between * kernel[0] * kernel[1] + between * channels_out + bias * channels_out


@variants.mutant(
    "With several filters a channel there are multiplier · C maps between the layers, and the "
    "1 × 1 layer reads all of them. See *Grouped, depthwise, depthwise-separable*.",
)
def pointwise_reads_c_maps(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    weights = between * kernel[0] * kernel[1] + channels_in * channels_out
    return weights + bias * (between + channels_out)


@variants.mutant(
    "You squared one side of the kernel. It has R · S taps, and the sides differ. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def a_square_kernel(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    return between * kernel[0] ** 2 + between * channels_out + bias * (between + channels_out)


@variants.mutant(
    "You counted biases whether there are any or not. They are there where bias is true. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def always_with_biases(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    return between * (kernel[0] * kernel[1] + 1) + (between + 1) * channels_out


@variants.mutant(
    "The weights are right. A depthwise layer has a bias for each map that it makes, multiplier · "
    "C of them, not for each channel that it reads. See *Grouped, depthwise, depthwise-separable*.",
)
def a_bias_a_channel(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    weights = between * kernel[0] * kernel[1] + between * channels_out
    return weights + bias * (channels_in + channels_out)


@variants.mutant(
    "The weights are right. You counted one bias a layer; there is one for each map. See "
    "*Grouped, depthwise, depthwise-separable*.",
)
def a_bias_a_layer(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    return between * kernel[0] * kernel[1] + between * channels_out + 2 * bias


@variants.alternative
def one_filter_after_the_other(channels_in, channels_out, kernel, multiplier, bias):
    total = 0
    for _ in range(channels_in * multiplier):
        total += kernel[0] * kernel[1] + int(bias)
    for _ in range(channels_out):
        total += channels_in * multiplier + int(bias)
    return total


@variants.alternative
def by_the_shapes(channels_in, channels_out, kernel, multiplier, bias):
    between = channels_in * multiplier
    shapes = [(between, 1, *kernel), (channels_out, between, 1, 1)]
    if bias:
        shapes += [(between,), (channels_out,)]
    return sum(np.prod(shape) for shape in shapes)
