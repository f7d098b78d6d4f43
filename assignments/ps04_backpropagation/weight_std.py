"""How large is small? Choose the spread of the first weights so that signals keep their size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.layers.reference.initialization import gain, spread_of

from .common import Rng, fans, sizes, spread


def draw_shapes(rng: Rng) -> Iterator[Case]:
    for part, scheme in (
        ("xavier", "xavier"),
        ("xavier for a convolution", "xavier"),
        ("he for a ReLU", "he"),
        ("he for a convolution", "he"),
        ("he for a leaky ReLU", "he"),
    ):
        for which in range(3):
            outputs, inputs = sizes(rng, 2, 5, 300)
            leaky = "leaky" in part or (part == "xavier" and which == 2)
            slope = float(np.round(rng.uniform(0.2, 0.9), 2)) if leaky else 0.0
            window = sizes(rng, 2, 2, 7) if "convolution" in part or (leaky and which == 1) else ()
            yield Case(((outputs, inputs, *window), scheme, slope), part=part)


def weight_std(shape: tuple[int, ...], scheme: str, slope: float) -> float:
    return spread_of(shape, scheme, gain("leaky_relu", slope) if scheme == "he" else None)


variants = Variants()
EXERCISE = Exercise(
    id="weight_std",
    title="How large is small?",
    objective="Choose the spread of the first weights so that signals keep their size.",
    section="04_backpropagation#bp-init",
    reference=weight_std,
    cases=draw_shapes,
    hints={
        "xavier": "A standard deviation is wanted, and the formula gives its square.",
        "xavier for a convolution": "One pixel goes into K maps, at R · S places of each.",
        "he for a ReLU": "fan_in · s² / 2 = 1: half of the signal is cut off.",
        "he for a convolution": "A sum of a convolution has C · R · S terms.",
        "he for a leaky ReLU": "The half that is negative keeps slope² of its square. "
        "Compare *How large should the first weights be?*",
    },
    variants=variants,
)


@variants.mutant(
    "You returned the variance, s². The standard deviation is its root. See *How large should the "
    "first weights be?*",
)
def the_variance(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope) ** 2


@variants.mutant(
    "You counted the channels of a convolution and forgot its window: a sum has C · R · S terms, "
    "and an input goes into K · R · S of them. See *How large should the first weights be?*",
)
def forgets_the_window(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope, fan=(shape[1], shape[0]))


@variants.mutant(
    "You exchanged fan_in and fan_out: the weight is (outputs, inputs), so fan_in comes from "
    "shape[1]. See *How large should the first weights be?*",
)
def exchanges_the_fans(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope, fan=fans(shape)[::-1])


@variants.mutant(
    "Your He numbers are those without a bend, 1/√fan_in. Half of the signal's square is lost at "
    "the ReLU, and the factor 2 brings it back. See *How large should the first weights be?*",
)
def forgets_the_bend(shape, scheme, slope=0.0):
    return spread(shape, scheme, 1.0 if scheme == "he" else slope)


@variants.mutant(
    "You ignored the slope. A leaky ReLU keeps some of the negative half, slope² of its square, so "
    "the weights may be smaller. See *How large should the first weights be?*",
)
def ignores_the_slope(shape, scheme, slope=0.0):
    return spread(shape, scheme)


@variants.mutant(
    "The negative half keeps slope² of its square, not slope of it: variances go with the square. "
    "See *How large should the first weights be?*",
)
def slope_without_square(shape, scheme, slope=0.0):
    return spread(shape, scheme, np.sqrt(slope))


@variants.mutant(
    "Your Xavier numbers are √(6/(fan_in + fan_out)): the bound of a uniform distribution. Its "
    "standard deviation is smaller by √3. See *How large should the first weights be?*",
)
def the_uniform_bound(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope) * (np.sqrt(3) if scheme == "xavier" else 1)


@variants.mutant(
    "Your Xavier numbers look at fan_in alone. They are a compromise between the way forward and "
    "the way back, so both fans are in it. See *How large should the first weights be?*",
)
def xavier_by_fan_in(shape, scheme, slope=0.0):
    if scheme == "xavier":
        return float(1 / np.sqrt(fans(shape)[0]))
    return spread(shape, scheme, slope)


@variants.mutant(
    'Your Xavier numbers change with the slope. It belongs to "he"; Xavier reckons without a '
    "bend. See *How large should the first weights be?*",
)
def xavier_with_the_slope(shape, scheme, slope=0.0):
    return spread(shape, scheme, slope) / (np.hypot(1, slope) if scheme == "xavier" else 1)


@variants.mutant(
    "You squared one side of the window. A kernel may be wider than high: R · S. See *How large "
    "should the first weights be?*",
)
def square_windows(shape, scheme, slope=0.0):
    return spread((*shape[:2], *shape[2:3] * 2), scheme, slope)


@variants.alternative
def by_the_number_of_weights(shape, scheme, slope=0.0):
    weights = np.prod(shape)
    inputs, outputs = weights / shape[0], weights / shape[1]
    terms = (inputs + outputs) / 2 if scheme == "xavier" else inputs * (1 + slope**2) / 2
    return terms**-0.5


@variants.alternative
def in_loops(shape, scheme, slope=0.0):
    fan_in, fan_out = shape[1], shape[0]
    for side in shape[2:]:
        fan_in, fan_out = fan_in * side, fan_out * side
    kept = {"xavier": (fan_in + fan_out) / 2, "he": fan_in * (0.5 + 0.5 * slope * slope)}
    return np.float64(1) / np.sqrt(kept[scheme])
