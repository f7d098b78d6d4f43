"""Five bends: implement the derivatives of five activations, without overflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.activations.layers import passes
from cvlib.grading.spec import Case, Exercise, Variants

from .common import Array, Rng, sizes

NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")
EACH = tuple((name, 2) for name in NAMES)


def draw_activations(rng: Rng) -> Iterator[Case]:
    for part in (*NAMES, "far out", "float32 stays float32"):
        for name, axes in [(part, 1), (part, 2), (part, 4)] if part in NAMES else EACH:
            shape = sizes(rng, axes, 2, 5)
            x = rng.choice([-1, 1], shape) * rng.uniform(0.05, 3.0, shape)
            x.flat[:2] = rng.uniform(0.05, 3.0, 2) * (-1, 1)  # no draw has one side alone
            if part == "far out":
                x = np.sign(x) * rng.uniform(100, 800, shape)
                x.flat[:2] = -800, 800
            dout, slope = rng.normal(size=shape), float(np.round(rng.uniform(0.05, 0.4), 3))
            slope = slope + 0.6 if name == "elu" else slope
            if (
                part == "float32 stays float32"
            ):  # where each slope is 0, 1/4 or 1, to the last digit
                dout, x, slope = np.round(4 * dout).clip(-4, 4), 25 * np.sign(x), 0.25
                dout, x = dout.astype(np.float32), x.astype(np.float32)
            yield Case((name, dout, x, slope), part=part)


def activation_gradient(name: str, dout: Any, x: Any, slope: float) -> Any:
    forward, backward = passes(name)
    options = {"leaky_relu": {"slope": slope}, "elu": {"alpha": slope}}.get(name, {})
    return backward(dout, forward(x, **options)[1])


def gradient_and_dtype(target, name, dout, x, slope):
    import numpy as np

    dx = target(name, dout, x, slope)
    return (dx, str(np.asarray(dx).dtype)) if x.dtype == "float32" else dx


variants = Variants()
EXERCISE = Exercise(
    id="activation_backward",
    title="Five bends",
    objective="Implement the derivatives of five activations, without overflow.",
    section="04_backpropagation#bp-activations",
    reference=activation_gradient,
    cases=draw_activations,
    driver=gradient_and_dtype,
    hints={
        "sigmoid": "σ′ = σ(1 − σ), and it multiplies dout. x is the input of the layer.",
        "tanh": "tanh′ = 1 − tanh², of the input x.",
        "relu": "Whether a gradient passes depends on the sign of x, not on that of dout.",
        "leaky_relu": "Two slopes, 1 on the right and the small one on the left.",
        "elu": "Differentiate a(eˣ − 1): the −1 is gone, and a eˣ is left.",
        "far out": "Which of your terms is larger than 10³⁰⁸ for x = 800 or x = −800? "
        "Write it with e to the power −|x| instead.",
        "float32 stays float32": "np.where(x > 0, 1.0, 0.0) makes float64; "
        "np.where(x > 0, dout, 0) does not.",
    },
    variants=variants,
)


def right_bends(name: str, dout: Array, x: Array, slope: float) -> Array:
    small = np.exp(-np.abs(x))
    derivative = {
        "sigmoid": small / (1 + small) ** 2,
        "tanh": 1 - np.tanh(x) ** 2,
        "relu": np.heaviside(x, 0),
        "leaky_relu": np.where(x > 0, 1, slope),
        "elu": np.where(x > 0, 1, slope * small),
    }
    return (dout * derivative[name]).astype(x.dtype)


@variants.mutant(
    "You used x(1 − x) and 1 − x². These formulas want the output, σ(x) or tanh(x); x is what went "
    "in. See *Activations*.",
)
def takes_x_for_the_output(name, dout, x, slope=0.01):
    if name == "sigmoid":
        return dout * x * (1 - x)
    return dout * (1 - x**2) if name == "tanh" else right_bends(name, dout, x, slope)


@variants.mutant(
    "You left dout out: what you return is the slope of the activation. The chain rule multiplies "
    "it by what arrives. See *The chain rule, walked backwards*.",
)
def forgets_dout(name, dout, x, slope=0.01):
    return right_bends(name, np.ones_like(dout), x, slope)


@variants.mutant(
    "Your ReLUs decide by the sign of dout. Forward they looked at x, so that is what decides "
    "backward, too; a negative gradient passes like any other. See *Activations*.",
)
def looks_at_the_sign_of_dout(name, dout, x, slope=0.01):
    by = dout if name in ("relu", "leaky_relu") else x
    return right_bends(name, dout, by, slope)


@variants.mutant(
    "The two slopes of your leaky ReLU are exchanged: 1 on the right, the small one on the left. "
    "See *Activations*.",
)
def exchanges_the_slopes(name, dout, x, slope=0.01):
    return right_bends(name, dout, -x if name == "leaky_relu" else x, slope)


@variants.mutant(
    "Your leaky ReLU has a slope of its own. Take the one that is passed, `slope`; 0.01 is only "
    "what it is when nobody says. See *Activations*.",
)
def always_the_same_slope(name, dout, x, slope=0.01):
    return right_bends(name, dout, x, 0.01 if name == "leaky_relu" else slope)


@variants.mutant(
    "Your ELU forgets its a: on the left the slope is a eˣ. See *Activations*.",
)
def elu_without_a(name, dout, x, slope=0.01):
    return right_bends(name, dout, x, 1.0 if name == "elu" else slope)


@variants.mutant(
    "On the left your ELU multiplies by its value, a(eˣ − 1). Differentiate it: the −1 is a "
    "constant and goes, a eˣ is left. See *Activations*.",
)
def elu_by_its_value(name, dout, x, slope=0.01):
    if name == "elu":
        return np.where(x > 0, dout, dout * x.dtype.type(slope) * np.expm1(np.minimum(x, 0)))
    return right_bends(name, dout, x, slope)


@variants.mutant(
    "Your slope of tanh is 1 − tanh. It is 1 − tanh²: even, and 1 at the origin. See "
    "*Activations*.",
)
def forgets_the_square(name, dout, x, slope=0.01):
    return dout * (1 - np.tanh(x)) if name == "tanh" else right_bends(name, dout, x, slope)


@variants.mutant(
    "The numbers are right, but float32 came in and float64 went out. np.where(x > 0, 1.0, slope) "
    "makes float64; multiply dout inside of it. See *Activations*.",
)
def makes_float64(name, dout, x, slope=0.01):
    return right_bends(name, dout, x, slope).astype(np.float64)


@variants.alternative
def by_the_outputs(name, dout, x, slope=0.01):
    if name == "sigmoid":
        s = 0.5 * (1 + np.tanh(0.5 * x))  # cannot overflow
        return dout * s * (1 - s)
    if name == "tanh":
        t = np.tanh(x)
        return dout * (1 - t) * (1 + t)
    dx = dout.copy()
    left = x <= 0
    dx[left] *= {"relu": 0, "leaky_relu": slope, "elu": slope * np.exp(x[left])}[name]
    return dx


@variants.alternative
def number_by_number(name, dout, x, slope=0.01):
    import math

    def derivative(v: float) -> float:
        if name == "sigmoid":
            return 1 / (2 + 2 * math.cosh(v)) if abs(v) < 300 else 0.0
        if name == "tanh":
            return 1 - math.tanh(v) ** 2
        if v > 0:
            return 1.0
        return {"relu": 0.0, "leaky_relu": slope, "elu": slope * math.exp(v)}[name]

    dx = [g * derivative(v) for g, v in zip(dout.ravel().tolist(), x.ravel().tolist(), strict=True)]
    return np.array(dx, dtype=x.dtype).reshape(x.shape)


AT_A_CORNER = "the text does not ask at 0, where three of the five have a corner"
variants.equivalent(
    "return np.where(x > 0, dout, left[name] * dout) -> "
    "return np.where(x >= 0, dout, left[name] * dout)",
    AT_A_CORNER,
)
variants.equivalent("left = x <= 0 -> left = x < 0", AT_A_CORNER)
variants.equivalent("if v > 0: -> if v >= 0:", AT_A_CORNER)
