"""Another lamp: tint a picture and bend its scale of brightness."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import color_cast, gamma

from .common import MOVES, Rng


def draw_light(rng: Rng) -> Iterator[Case]:
    def pixels() -> np.ndarray:
        return rng.uniform(0.05, 0.65, (3, 4, 5))

    def gains() -> np.ndarray:
        return rng.permutation([rng.uniform(0.6, 0.8), rng.uniform(0.9, 1.1), 1.4])

    for exponent in (rng.uniform(0.4, 0.7), rng.uniform(1.5, 2.5)):
        yield Case((pixels(), np.ones(3), float(exponent)), part="gamma")
    yield Case((pixels(), gains(), 1.0), part="colour cast")
    burnt = pixels() + 0.35
    yield Case((burnt, gains() + 0.2, 1.0), part="burnt out")
    yield Case((burnt, gains() + 0.2, float(rng.uniform(1.5, 2.5))), part="both")


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
    "You cut at 1 after the power. The order of the exercise is gains, cut, power; above 1 the "
    f"power and the cut do commute, but 0 … 1 must be cut before you rescale. See {MOVES}.",
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


@variants.alternative
def channel_by_channel(x, gains, exponent):
    return np.stack([np.clip(g * c, 0, 1) ** exponent for g, c in zip(gains, x, strict=True)])


@variants.alternative
def by_logarithms(x, gains, exponent):
    logs = np.log(x) + np.log(gains).reshape(-1, 1, 1)
    return np.exp(exponent * np.minimum(logs, 0))
