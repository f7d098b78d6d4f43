"""Dropout, both ways, both times.

Implement inverted dropout forward and backward, in training and in test.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import dropout_backward, dropout_forward

from .common import LEAVE, Rng


def draw_dropout(rng: Rng) -> Iterator[Case]:
    for part, training in (("training", True), ("the gradient", True), ("test time", False)):
        for rate, shape in ((0.5, (3, 4)), (0.2, (2, 5)), (0.75, (6, 3))):
            x, dout = rng.normal(size=shape), rng.normal(size=shape)
            uniform = rng.uniform(size=shape)
            uniform[0, :2] = rate / 2, (1 + rate) / 2  # one of each, at least
            yield Case((part, x, dout, uniform, rate, training), part=part)


def dropout(
    x: np.ndarray, dout: np.ndarray, uniform: np.ndarray, rate: float, training: bool
) -> tuple[np.ndarray, np.ndarray]:
    if not training:
        return x, dout
    out, cache = dropout_forward(x, uniform >= rate, rate=rate)
    return out, dropout_backward(dout, cache)


def both_passes(target, part, x, dout, uniform, rate, training):
    out, dx = target(x, dout, uniform, rate, training)
    if part == "training":
        return {"out": out}
    return {"dx": dx} if part == "the gradient" else {"out": out, "dx": dx}


variants = Variants()
EXERCISE = Exercise(
    id="dropout",
    title="Dropout, both ways, both times",
    objective="Implement inverted dropout forward and backward, in training and in test.",
    section="05_regularization#reg-dropout",
    reference=dropout,
    cases=draw_dropout,
    driver=both_passes,
    hints={
        "training": "Which units fall, those with a number below the rate or above? And "
        "the others must make up for them: with rate 0.75, one unit does the work of four.",
        "the gradient": "out is x times a factor that does not depend on x.",
        "test time": "Inverted dropout has done all its scaling in training. Compare "
        "*Dropout: leave half of the units out*.",
    },
    variants=variants,
)


@variants.mutant(
    "You drop the units that should stay: a unit falls when its number is less than the rate. "
    f"With a rate of ½ nobody would notice. See {LEAVE}.",
)
def keeps_the_rate(x, dout, uniform, rate, training):
    factor = (uniform < rate) / (1 - rate) if training else 1.0
    return x * factor, dout * factor


@variants.mutant(
    "The units that stay are not scaled up, so in training the sums are too small by 1 − rate, and "
    f"nothing at test time makes up for it. See {LEAVE}.",
)
def never_scales(x, dout, uniform, rate, training):
    factor = (uniform >= rate) if training else 1.0
    return x * factor, dout * factor


@variants.mutant(
    "You divide by the rate. What stays must make up for what falls: the probability of staying is "
    f"1 − rate. At a rate of ½ both are the same. See {LEAVE}.",
)
def divides_by_the_rate(x, dout, uniform, rate, training):
    factor = (uniform >= rate) / rate if training else 1.0
    return x * factor, dout * factor


@variants.mutant(
    "Training is right, and then you scale again at test time. The inverted form scales in "
    f"training, the first paper's at test time; both together are too much. See {LEAVE}.",
)
def scales_twice(x, dout, uniform, rate, training):
    factor = (uniform >= rate) / (1 - rate) if training else 1 - rate
    return x * factor, dout * factor


@variants.mutant(
    "You drop at test time, too: the network would answer differently each time it is asked. See "
    f"{LEAVE}.",
)
def always_drops(x, dout, uniform, rate, training):
    factor = (uniform >= rate) / (1 - rate)
    return x * factor, dout * factor


@variants.mutant(
    "Forward is right. Backward sends the gradient through the units that fell as well; they had "
    f"no say in the output, so their gradient is 0. See {LEAVE}.",
)
def forgets_the_mask_backward(x, dout, uniform, rate, training):
    return x * ((uniform >= rate) / (1 - rate) if training else 1.0), dout


@variants.mutant(
    "Forward is right. Backward masks and does not scale: a unit that counted 1/(1 − rate) times "
    f"gets that much gradient. See {LEAVE}.",
)
def forgets_the_scale_backward(x, dout, uniform, rate, training):
    if not training:
        return x, dout
    return x * (uniform >= rate) / (1 - rate), dout * (uniform >= rate)


@variants.alternative
def with_where(x, dout, uniform, rate, training):
    if training:
        return tuple(np.where(uniform < rate, 0.0, a / (1 - rate)) for a in (x, dout))
    return x.copy(), dout.copy()


@variants.alternative
def in_place(x, dout, uniform, rate, training):
    out, dx = np.array([x, dout])
    if training:
        for a in (out, dx):
            a[uniform < rate] = 0
            a /= 1 - rate
    return [out, dx]
