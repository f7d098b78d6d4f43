"""Weights that are exactly 0: take a proximal step for the elastic net."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import elastic_net_proximal

from .common import Rng


def draw_steps(rng: Rng) -> Iterator[Case]:
    for part, l1, l2 in (
        ("L1", 0.2, 0.0),
        ("weights that arrive at 0", 1.0, 0.0),
        ("L2", 0.0, 0.6),
        ("both", 0.5, 0.8),
    ):
        for size in (5, 8):
            sign = rng.choice([-1.0, 1.0], size)
            sign[-2:] = -1, 1
            w = sign * rng.uniform(0.5, 2.0, size)
            slope = rng.uniform(-0.3, 0.3, size)
            lr = rng.uniform(0.3, 0.5)
            if part == "weights that arrive at 0":
                w[: size // 2] /= 10
                w[-1] = 2 * sign[-1]
                w[0], slope[0] = 0.0, 0.0
                w[1], slope[1] = sign[1], 0.95 * sign[1] / lr  # from far away, by the loss
            else:  # the loss takes one from near 0 across it, and far: v decides, not w
                w[0], slope[0] = 0.02 * sign[0], 1.5 * sign[0] / lr
            order = rng.permutation(size)
            args = (w[order], slope[order], lr, l1 * rng.uniform(0.8, 1.2), l2)
            yield Case(args, part=part)


def proximal_step(w: np.ndarray, slope: np.ndarray, lr: float, l1: float, l2: float) -> np.ndarray:
    return elastic_net_proximal(w - lr * slope, lr=lr, l1=l1, l2=l2)


variants = Variants()
EXERCISE = Exercise(
    id="proximal_step",
    title="Weights that are exactly 0",
    objective="Take a proximal step for the elastic net.",
    section="05_regularization#reg-elastic",
    reference=proximal_step,
    cases=draw_steps,
    hints={
        "L1": "First the gradient step of the loss alone, to v. Then move every number by "
        "lr · l1 towards 0.",
        "weights that arrive at 0": "A number nearer to 0 than lr · l1 stops there. It "
        "does not come out on the other side.",
        "L2": "Set the derivative of (w − v)² / 2lr + l2/2 · w² to zero and solve for w.",
        "both": "Solve it for a positive v by hand, with both prices: in which order do "
        "the subtraction and the division come?",
    },
    variants=variants,
)


@variants.mutant(
    "You took a step along the gradient of the penalty. It pushes small weights past 0, so none "
    "ever stays there: that is what the proximal step is for. See *Elastic net: both prices at "
    "once*.",
)
def steps_along_the_slope(w, slope, lr, l1, l2):
    return w - lr * (slope + l1 * np.sign(w) + l2 * w)


@variants.mutant(
    "You moved every weight by l1, whatever the learning rate. The compromise is with a step of "
    "length lr: the threshold is lr · l1. See *Elastic net: both prices at once*.",
)
def forgets_the_rate(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.sign(v) * np.maximum(np.abs(v) - l1, 0) / (1 + l2)


@variants.mutant(
    "You set small weights to 0 and left the large ones alone (a hard threshold). L1 makes the "
    "large ones pay as well: all move by lr · l1. See *Elastic net: both prices at once*.",
)
def hard_threshold(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.where(np.abs(v) > lr * l1, v, 0.0) / (1 + lr * l2)


@variants.mutant(
    "You divided for L2 first and subtracted for L1 then. Set the derivative to zero for v > 0: "
    "(w − v)/lr + l1 + l2 w = 0 gives w = (v − lr l1)/(1 + lr l2). See *Elastic net: both prices "
    "at once*.",
)
def divides_first(w, slope, lr, l1, l2):
    v = (w - lr * slope) / (1 + lr * l2)
    return np.sign(v) * np.maximum(np.abs(v) - lr * l1, 0)


@variants.mutant(
    "You let numbers near 0 come out on the other side. Where |v| is less than lr · l1, the best w "
    "is 0: neither side is cheaper. See *Elastic net: both prices at once*.",
)
def crosses_zero(w, slope, lr, l1, l2):
    v = w - lr * slope
    return (v - lr * l1 * np.sign(v)) / (1 + lr * l2)


@variants.mutant(
    "You forgot the step of the loss: it comes first, v = w − lr · slope, and the penalty "
    "answers to v. See *Elastic net: both prices at once*.",
)
def forgets_the_loss(w, slope, lr, l1, l2):
    return np.sign(w) * np.maximum(np.abs(w) - lr * l1, 0) / (1 + lr * l2)


@variants.mutant(
    "You divided by 1 + 2·lr·l2. That answers to l2 · Σu²; here the squares cost l2/2, and the "
    "derivative is l2·u. See *Elastic net: both prices at once*.",
)
def forgets_the_half_again(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.sign(v) * np.maximum(np.abs(v) - lr * l1, 0) / (1 + 2 * lr * l2)


@variants.mutant(
    "You kept the side on which the weight was. The step of the loss may take it across 0, and "
    "then it is v that is moved towards 0: take the sign of v. See *Elastic net: both prices at "
    "once*.",
)
def keeps_the_old_side(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.sign(w) * np.maximum(np.abs(v) - lr * l1, 0) / (1 + lr * l2)


@variants.mutant(
    "You asked whether the old weight is near 0. It is v that stops at 0, where the loss has taken "
    "the weight: compare |v| with lr · l1. See *Elastic net: both prices at once*.",
)
def asks_the_old_weight(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.where(np.abs(w) <= lr * l1, 0, v - lr * l1 * np.sign(v)) / (1 + lr * l2)


@variants.mutant(
    "You multiplied by 1 − lr·l2: that is a step along the slope of the squares, weight decay. The "
    "best compromise divides by 1 + lr·l2. See *Elastic net: both prices at once*.",
)
def decays(w, slope, lr, l1, l2):
    v = w - lr * slope
    return np.sign(v) * np.maximum(np.abs(v) - lr * l1, 0) * (1 - lr * l2)


@variants.alternative
def minus_a_clip(w, slope, lr, l1, l2):
    v = w - lr * slope
    return (v - np.clip(v, -lr * l1, lr * l1)) / (1 + lr * l2)


@variants.alternative
def case_by_case(w, slope, lr, l1, l2):
    new = []
    for one, s in zip(w, slope, strict=True):
        v, t = one - lr * s, lr * l1
        new.append((v - t if v > t else v + t if v < -t else 0.0) / (1 + lr * l2))
    return new
