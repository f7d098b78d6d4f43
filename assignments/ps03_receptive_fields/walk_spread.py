"""A random walk home: predict the width of the effective field of an untrained network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.receptive_field import spread

from .common import (
    DILATED,
    POOLING,
    Layer,
    Rng,
    convolutions,
    draw_layer,
    draw_stack,
    geometry,
)


def draw_walks(rng: Rng) -> Iterator[Case]:
    for _ in range(3):
        yield Case((draw_stack(rng, 4, kernels=(3, 5)),), part="stride 1")
        kernel, stride = rng.permutation([2, 3]).tolist()  # its stride is not its kernel
        pool: Layer = ("pool", kernel, stride, 1, 1)
        strided = [draw_layer(rng, strides=(2, 3)), pool, draw_layer(rng)]
        yield Case((strided,), part="strides and pooling")
        dilated = draw_stack(rng, 3, kernels=(2, 3), dilations=(2, 3, 4))
        yield Case((dilated,), part="dilation")


def walk_spread(layers: Sequence[Layer]) -> float:
    return spread(geometry(layers))[0]


variants = Variants()
EXERCISE = Exercise(
    id="walk_spread",
    title="A random walk home",
    objective="Predict the width of the effective field of an untrained network.",
    section="03_receptive_fields#rf-gaussian",
    reference=walk_spread,
    cases=draw_walks,
    hints={
        "stride 1": "Variances of independent steps add; standard deviations do not. A "
        "step over k taps has the variance (k² - 1)/12.",
        "strides and pooling": "A step of one unit on a map with stride j is a step of j "
        "pixels: its variance is j² times as large. Pooling steps, too.",
        "dilation": "Taps d apart: steps d times as long.",
    },
    variants=variants,
)


WALK = "See *A random walk with a bell at its end*."


def jumps(layers: Any) -> list[int]:
    """Pixels from one unit to the next on the map below each layer."""
    return [int(np.prod([layer[2] for layer in layers[:k]])) for k in range(len(layers))]


def variance(layers: Any) -> float:
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + (d * jump) ** 2 * (k * k - 1) / 12, jump * s
    return total


@variants.mutant(
    "You added standard deviations. Independent steps sometimes cancel: their variances add, and "
    f"the root comes last. {WALK}",
)
def adds_deviations(layers):
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + d * jump * ((k * k - 1) / 12) ** 0.5, jump * s
    return total


@variants.mutant(
    f"You gave the variance. The standard deviation, in pixels, is its root. {WALK}",
)
def gives_the_variance(layers):
    return variance(layers)


@variants.mutant(
    "You took the variance of a step to be k²/12, that of a continuous step. Over k separate taps "
    f"it is (k² − 1)/12: try k = 1. {WALK}",
)
def continuous_steps(layers):
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + (d * jump) ** 2 * k * k / 12, jump * s
    return total**0.5


@variants.mutant(
    "You left out strides and counted steps in units. A unit of a map with stride j is j pixels. "
    f"{WALK}",
)
def steps_in_units(layers):
    return variance([(kind, k, 1, p, d) for kind, k, _, p, d in layers]) ** 0.5


@variants.mutant(
    "You let each pooling stride by its own kernel. Many do, but not all: the layer says by how "
    f"much. {POOLING}",
)
def pools_stride_by_their_kernel(layers):
    return variance([(a, k, k if a == "pool" else s, p, d) for a, k, s, p, d in layers]) ** 0.5


@variants.mutant(
    "You let a layer's own stride lengthen its own step. Its taps lie on the map below; the stride "
    f"lengthens only the steps that come after. {WALK}",
)
def strides_too_early(layers):
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        jump *= s
        total += (d * jump) ** 2 * (k * k - 1) / 12
    return total**0.5


@variants.mutant(
    "Your walker ignores poolings. Any of the pooled units may be the winner, so a pooling is a "
    f"step, and its stride stretches the steps behind it. {POOLING}",
)
def walks_convolutions_only(layers):
    return variance(convolutions(layers)) ** 0.5


@variants.mutant(
    f"You left out the dilation: taps d apart make steps d times as long. {DILATED}",
)
def undilated_steps(layers):
    return variance([(kind, k, s, p, 1) for kind, k, s, p, _ in layers]) ** 0.5


@variants.mutant(
    "You multiplied the variance by the distance of the taps. Lengths d times as long have a "
    f"variance d² times as large. {WALK}",
)
def scales_once(layers):
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + d * jump * (k * k - 1) / 12, jump * s
    return total**0.5


@variants.mutant(
    "You used the stride of the layer before, and forgot the ones before that. A step is as long "
    f"as the product of all strides so far. {WALK}",
)
def remembers_one_stride_only(layers):
    total, jump = 0.0, 1
    for _, k, s, _, d in layers:
        total, jump = total + (d * jump) ** 2 * (k * k - 1) / 12, s
    return total**0.5


@variants.mutant(
    "You let the walker end anywhere in the field with equal chance. Many short steps rarely add "
    f"up to a long one: the end points pile up in the middle. {WALK}",
)
def anywhere_in_the_field(layers):
    size = 1 + sum(
        d * (k - 1) * j for (_, k, _, _, d), j in zip(layers, jumps(layers), strict=True)
    )
    return ((size**2 - 1) / 12) ** 0.5


@variants.mutant(
    "You divided by k − 1, as for a sample. The k taps are all there is, each with the chance 1/k: "
    f"divide by k. {WALK}",
)
def as_a_sample(layers):
    return (
        sum(
            (d * j) ** 2 * np.var(range(k), ddof=1)
            for (_, k, _, _, d), j in zip(layers, jumps(layers), strict=True)
        )
        ** 0.5
    )


@variants.alternative
def by_convolving_chances(layers):
    chance, jump = np.ones(1), 1
    for _, k, s, _, d in layers:
        step = np.zeros(d * jump * (k - 1) + 1)
        step[:: d * jump] = 1 / k
        chance, jump = np.convolve(chance, step), jump * s
    places = np.arange(len(chance))
    mean = chance @ places
    return np.sqrt(chance @ (places - mean) ** 2)


@variants.alternative
def from_the_unit_down(layers):
    total = 0.0
    for _, k, s, _, d in layers[::-1]:
        total = s * s * total + d * d * np.var(np.arange(k))
    return float(np.sqrt(total))


variants.equivalent(
    "chance, jump = (np.ones(1), 1) -> chance, jump = (1, 1)",
    "np.convolve takes a number for an array of one, and no network is without a layer.",
    where="by_convolving_chances",
)
