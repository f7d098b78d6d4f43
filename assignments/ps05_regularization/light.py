"""Another lamp: tint a picture and bend its scale of brightness."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import color_cast, gamma

from .common import MOVES, Rng


def draw_light(rng: Rng) -> Iterator[Case]:
    def pixels(channels: int, height: int, width: int) -> np.ndarray:
        x = rng.uniform(0.05, 0.65, (channels, height, width))
        x.flat[rng.integers(x.size)] = 0
        return x

    def gains(channels: int, more: float = 0.0) -> np.ndarray:
        several = [0.6, 1.4, 0.9, 1.2][:channels]
        return rng.permutation(several) * rng.uniform(0.95, 1.05, channels) + more

    def burnt(*shape: int) -> np.ndarray:
        x = pixels(*shape) + 0.35
        x.flat[rng.integers(x.size)] = 1
        return x

    for exponent in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5)):
        yield Case((pixels(3, 4, 5), np.ones(3), float(exponent)), part="gamma")
    for shape in ((3, 4, 5), (3, 3, 3), (2, 4, 3), (4, 3, 5)):
        yield Case((pixels(*shape), gains(shape[0]), 1.0), part="colour cast")
    for shape in ((3, 4, 5), (3, 3, 3)):
        yield Case((burnt(*shape), gains(3, 0.2), 1.0), part="burnt out")
    for exponent in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5)):
        yield Case((burnt(3, 4, 5), gains(3, 0.2), float(exponent)), part="both")


def light(x: np.ndarray, gains: np.ndarray, exponent: float) -> np.ndarray:
    return gamma(color_cast(x[None], gains), exponent)[0]


variants = Variants()
EXERCISE = Exercise(
    id="light",
    title="Another lamp",
    objective="Tint a picture and bend its scale of brightness.",
    section="05_regularization#reg-augmentation",
    reference=light,
    cases=draw_light,
    hints={
        "gamma": "A power of the pixel. An exponent below 1 makes the picture lighter.",
        "colour cast": "x is (C, H, W) and gains is (C,): which axis does it belong to?",
        "burnt out": "A sensor cannot say more than 1.",
        "both": "First the lamp and the sensor, then the curve.",
    },
    variants=variants,
)


@variants.mutant(
    "You bent the curve the other way: the power is the exponent itself, not one over it. See "
    f"{MOVES}.",
)
def inverse_power(x, gains, exponent):
    return np.minimum(gains[:, None, None] * x, 1) ** (1 / exponent)


@variants.mutant(
    "You let pixels pass 1. The sensor is full there, and what is above is lost before the curve. "
    f"See {MOVES}.",
)
def never_full(x, gains, exponent):
    return (gains[:, None, None] * x) ** exponent


@variants.mutant(
    "You bent first and tinted then. The lamp comes before the camera: gains, cut at 1, then the "
    f"power. See {MOVES}.",
)
def bends_first(x, gains, exponent):
    return np.minimum(gains[:, None, None] * x**exponent, 1)


@variants.mutant(
    "You divided by the brightest value to come back to 0 … 1. A full sensor does not make the "
    f"rest of the picture darker: what is above 1 is 1, and all else stays. See {MOVES}.",
)
def rescales_to_white(x, gains, exponent):
    tinted = gains[:, None, None] * x
    return (tinted / max(tinted.max(), 1.0)) ** exponent


@variants.mutant(
    "You added the gains (less one). A lamp multiplies: black stays black in any light. See "
    f"{MOVES}.",
)
def adds_the_cast(x, gains, exponent):
    return np.clip(x + gains[:, None, None] - 1, 0, 1) ** exponent


@variants.mutant(
    "Your gains lie along the columns of the picture. A lamp has one gain for each channel, axis "
    f"0: gains[:, None, None]. See {MOVES}.",
)
def tints_the_columns(x, gains, exponent):
    return np.minimum(gains * x, 1) ** exponent


@variants.mutant(
    "Your lamp has exactly three channels. The picture is (C, H, W), with as many as there are "
    f"gains. See {MOVES}.",
)
def tints_three_channels(x, gains, exponent):
    tinted = [np.minimum(g * c, 1) for g, c in zip(gains[:3], x[:3], strict=True)]
    return np.concatenate([tinted, x[3:]]) ** exponent


@variants.alternative
def channel_by_channel(x, gains, exponent):
    return np.stack([np.clip(g * c, 0, 1) ** exponent for g, c in zip(gains, x, strict=True)])


@variants.alternative
def by_logarithms(x, gains, exponent):
    with np.errstate(divide="ignore"):  # black: minus infinity, and black again
        logs = np.log(x) + np.log(gains).reshape(-1, 1, 1)
    return np.exp(exponent * np.minimum(logs, 0))
