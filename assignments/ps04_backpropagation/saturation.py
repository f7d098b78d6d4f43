"""Where the light goes out: work out where activations saturate, and what depth makes of it."""

from __future__ import annotations

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.grading.spec import Exercise, Variants, keys, read_key

FLAT = 0.01  # the slope at the edge


SATURATION = {
    "sigmoid_peak": 0.25,
    "ten_sigmoids": 0.25**10,
    "sigmoid_edge": float(np.arccosh(1 / (2 * FLAT) - 1)),  # σ′ = 1 / (2 + 2 cosh x)
    "tanh_edge": float(np.arccosh(FLAT**-0.5)),  # tanh′ = 1 / cosh²
    "elu_edge": float(np.log(FLAT)),
}


variants = Variants()
EXERCISE = Exercise(
    id="saturation",
    title="Where the light goes out",
    objective="Work out where activations saturate, and what depth makes of it.",
    section="04_backpropagation#bp-saturation",
    kind="answer",
    reference=SATURATION,
    cases=keys(SATURATION),
    driver=read_key,
    tolerance=Tolerance(rtol=2e-3, atol=0.0),  # three digits, but tanh_edge is not 3
    hints={
        "sigmoid_peak": "σ(1 − σ), with σ anywhere between 0 and 1.",
        "ten_sigmoids": "Ten factors, each as large as it can be.",
        "sigmoid_edge": "Solve σ(1 − σ) = 0.01 for σ first, then find x.",
        "tanh_edge": "1 − tanh² = 0.01 gives tanh, and then x.",
        "elu_edge": "On the left its slope is a single exponential.",
    },
    variants=variants,
)


SATURATED = {
    "sigmoid_peak": 0.25,
    "ten_sigmoids": 9.5367e-7,
    "sigmoid_edge": 4.5951,
    "tanh_edge": 2.9932,
    "elu_edge": -4.6052,
}


def saturated(name: str, misconception: str, **wrong: float) -> None:
    variants.mutant_value(
        name, {**SATURATED, **wrong}, f"{misconception} See *Saturated and dead*."
    )


saturated(
    "peak_of_the_value",
    "You gave the largest value of σ, or of tanh′. Asked is the largest slope of σ, at 0.",
    sigmoid_peak=1.0,
)


saturated(
    "ten_times_a_quarter",
    "You multiplied a quarter by ten, or added ten of them up. Each layer multiplies what the one "
    "above has left.",
    ten_sigmoids=2.5,
)


saturated(
    "one_layer_too_few",
    "Ten sigmoids in a row are ten factors of a quarter; you have nine.",
    ten_sigmoids=0.25**9,
)


saturated(
    "edge_of_the_value",
    "You solved 1 − σ(x) = 0.01: there the value is 0.99. Asked is where the slope σ(1 − σ) is "
    "0.01. They are close, because σ is nearly 1, but not equal. The same goes for tanh.",
    sigmoid_edge=4.5951 * 1.012,
    tanh_edge=2.6467,
)


saturated(
    "tanh_as_a_stretched_sigmoid",
    "tanh x is 2σ(2x) − 1, so its slope is 4σ′(2x): four times as steep, besides being twice as "
    "narrow. You halved the edge of σ only.",
    tanh_edge=2.2976,
)


saturated(
    "elu_on_the_right",
    "On the right ELU has slope 1 and never saturates. Its flat side is the left: a negative x.",
    elu_edge=4.6052,
)


variants.alternative_value(
    "rounded", {"sigmoid_peak": 0.25, "ten_sigmoids": 9.54e-7,
                              "sigmoid_edge": 4.58, "tanh_edge": 2.99, "elu_edge": -4.61},
)  # fmt: skip


variants.alternative_value(
    "computed",
    {
        "elu_edge": np.log(0.01),
        "tanh_edge": np.arccosh(10.0),
        "sigmoid_edge": np.arccosh(49.0),
        "ten_sigmoids": np.float64(2.0) ** -20,
        "sigmoid_peak": 1 / 4,
    },
)
