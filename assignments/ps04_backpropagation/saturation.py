"""Where the light goes out: work out where activations saturate, and what depth makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.grading.spec import Exercise, Variants, keys, read_own_key

PARTS = ("sigmoid_peak", "deep_sigmoids", "sigmoid_edge", "tanh_edge", "elu_edge")


def saturation(flat: float, layers: int, a: float) -> dict[str, float]:
    return {
        "sigmoid_peak": 0.25,
        "deep_sigmoids": 0.25**layers,
        "sigmoid_edge": float(np.arccosh(1 / (2 * flat) - 1)),  # σ′ = 1 / (2 + 2 cosh x)
        "tanh_edge": float(np.arccosh(flat**-0.5)),  # tanh′ = 1 / cosh²
        "elu_edge": float(np.log(flat / a)),
    }


variants = Variants()
EXERCISE = Exercise(
    id="saturation",
    title="Where the light goes out",
    objective="Work out where activations saturate, and what depth makes of it.",
    section="04_backpropagation#bp-saturation",
    kind="answer",
    reference=saturation,
    cases=keys(dict.fromkeys(PARTS)),
    driver=read_own_key,
    # below 0.02, the x where σ is 1 − flat would pass for the one where σ′ is flat
    numbers={
        "flat": [k / 1000 for k in range(20, 61)],
        "layers": range(6, 16),
        "a": [0.4, 0.5, 0.6, 0.7, 0.8, 1.2, 1.3, 1.4, 1.5, 1.6],
    },
    tolerance=Tolerance(rtol=1e-3, atol=0.0),  # four digits
    hints={
        "sigmoid_peak": "σ(1 − σ), with σ anywhere between 0 and 1.",
        "deep_sigmoids": "A factor for each layer, as large as it can be.",
        "sigmoid_edge": "Solve σ(1 − σ) = `flat` for σ first, then find x.",
        "tanh_edge": "1 − tanh² = `flat` gives tanh, and then x.",
        "elu_edge": "On the left its slope is a single exponential, times a.",
    },
    variants=variants,
)


def saturated(name: str, misconception: str, **wrong: Any) -> None:
    """A wrong answer: some entries, as functions of the numbers, in place of the right ones."""

    def answer(**numbers: Any) -> dict[str, float]:
        return {**saturation(**numbers), **{k: float(f(**numbers)) for k, f in wrong.items()}}

    variants.mutant_value(name, answer, f"{misconception} See *Saturated and dead*.")


saturated(
    "peak_of_the_value",
    "You gave the largest value of σ, or of tanh′. Asked is the largest slope of σ, at 0.",
    sigmoid_peak=lambda flat, layers, a: 1,
)


saturated(
    "as_many_times_a_quarter",
    "You multiplied a quarter by the number of layers, or added so many of them up. Each layer "
    "multiplies what the one above has left.",
    deep_sigmoids=lambda flat, layers, a: layers / 4,
)


saturated(
    "one_layer_too_few",
    "So many sigmoids in a row are as many factors of a quarter; you have one less.",
    deep_sigmoids=lambda flat, layers, a: 0.25 ** (layers - 1),
)


saturated(
    "edge_of_the_value",
    "You solved σ(x) = 1 − flat, for the value. Asked is where the slope σ(1 − σ) is as small as "
    "`flat`. They are close, because σ is nearly 1, but not equal.",
    sigmoid_edge=lambda flat, layers, a: np.log((1 - flat) / flat),
)


saturated(
    "tanh_edge_of_the_value",
    "You solved tanh x = 1 − flat, for the value. Its slope is 1 − tanh² x: there it is still "
    "nearly twice as large as `flat`.",
    tanh_edge=lambda flat, layers, a: np.arctanh(1 - flat),
)


saturated(
    "both_edges_of_the_value",
    "You solved for where the values, σ and tanh, are 1 − flat. Asked is where their slopes, "
    "σ(1 − σ) and 1 − tanh², are `flat`.",
    sigmoid_edge=lambda flat, layers, a: np.log((1 - flat) / flat),
    tanh_edge=lambda flat, layers, a: np.arctanh(1 - flat),
)


saturated(
    "tanh_as_a_narrow_sigmoid",
    "tanh x is 2σ(2x) − 1, so its slope is 4σ′(2x): four times as steep, besides being twice as "
    "narrow. You halved the edge of σ only.",
    tanh_edge=lambda flat, layers, a: np.arccosh(1 / (2 * flat) - 1) / 2,
)


saturated(
    "elu_on_the_right",
    "On the right ELU has slope 1 and never saturates. Its flat side is the left: a negative x.",
    elu_edge=lambda flat, layers, a: -np.log(flat / a),
)


saturated(
    "elu_without_a",
    "Your ELU has a = 1. On the left its slope is a eˣ, and `a` is one of your numbers.",
    elu_edge=lambda flat, layers, a: np.log(flat),
)


saturated(
    "elu_by_its_value",
    "You solved a(eˣ − 1) = −flat, for the value. Asked is where the slope of ELU, a eˣ, is as "
    "small as `flat`.",
    elu_edge=lambda flat, layers, a: np.log(1 - flat / a),
)


def to_four_digits(**numbers: Any) -> dict[str, float]:
    return {name: float(f"{value:.3e}") for name, value in saturation(**numbers).items()}


def by_the_roots(flat: float, layers: int, a: float) -> dict[str, Any]:
    larger = (1 + np.sqrt(1 - 4 * flat)) / 2  # σ(1 − σ) = flat
    return {
        "elu_edge": np.log(flat) - np.log(a),
        "tanh_edge": np.arctanh(np.sqrt(1 - flat)),
        "sigmoid_edge": -np.log(1 / larger - 1),
        "deep_sigmoids": np.float64(2.0) ** (-2 * layers),
        "sigmoid_peak": 1 / 4,
    }


variants.alternative_value("to_four_digits", to_four_digits)
variants.alternative_value("by_the_roots", by_the_roots)
