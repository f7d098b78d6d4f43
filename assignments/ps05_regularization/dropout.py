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
    for part in ("training", "the gradient", "exactly the rate", "test time"):
        more = [(0.3, (2, 3, 2, 2))] if part == "the gradient" else []
        for rate, shape in [(0.5, (3, 4)), (0.2, (2, 5)), (0.75, (6, 3)), *more]:
            x, dout = rng.normal(size=shape), rng.normal(size=shape)
            uniform, some = rng.uniform(size=shape), rng.permutation(x.size)[:4]
            uniform.flat[some] = rate / 2, (1 + rate) / 2, (1 + rate) / 2, rate / 2
            x.flat[some[2:]] = 0  # a unit that is silent by itself, and stays: it has a gradient
            if part == "exactly the rate":
                uniform.flat[some[:2]] = rate
            yield Case((part, x, dout, uniform, rate, part != "test time"), part=part)


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
        "exactly the rate": "A unit falls when its number is less than the rate. Does one "
        "that is equal to it fall?",
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


@variants.mutant(
    "All is right but for units whose number is exactly the rate: only what is less falls, "
    f"so they stay. See {LEAVE}.",
)
def drops_a_tie(x, dout, uniform, rate, training):
    factor = (uniform > rate) / (1 - rate) if training else 1.0
    return x * factor, dout * factor


@variants.mutant(
    "You read from the output which units fell. A unit that was 0 by itself, as after a ReLU, has "
    f"not fallen, and its gradient passes: keep the mask. See {LEAVE}.",
)
def reads_the_mask_from_the_output(x, dout, uniform, rate, training):
    if not training:
        return x, dout
    out = x * (uniform >= rate) / (1 - rate)
    return out, dout * (out != 0) / (1 - rate)


@variants.mutant(
    "You drew numbers of your own. They come in, already drawn, as `uniform`: so there is one "
    f"right answer, and a run can be repeated. See {LEAVE}.",
)
def draws_for_itself(x, dout, uniform, rate, training):
    drawn = np.random.default_rng(0).random(x.shape)
    factor = (drawn >= rate) / (1 - rate) if training else 1.0
    return x * factor, dout * factor


@variants.mutant(
    "You divided by the share of units that happened to stay. What is asked for is their "
    "probability, 1 − rate, whatever the draw; only so is the mean over draws right. See "
    f"{LEAVE}.",
)
def divides_by_the_share(x, dout, uniform, rate, training):
    stays = uniform >= rate
    factor = stays / stays.mean() if training else 1.0
    return x * factor, dout * factor


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
