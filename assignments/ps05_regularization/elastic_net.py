"""What weights cost: compute the elastic net penalty and its gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import elastic_net_backward, elastic_net_forward

from .common import Rng


def draw_weights(rng: Rng) -> Iterator[Case]:
    for part, l1, l2 in (
        ("L2", 0.0, 0.3),
        ("L1", 0.7, 0.0),
        ("both", 0.2, 0.5),
        ("weights that are 0", 0.4, 0.0),
    ):
        for shape in ((4,), (3, 5), *[(2, 3, 2, 2)] * (part == "both")):
            sign, some = rng.choice([-1.0, 1.0], shape), rng.permutation(math.prod(shape))[:4]
            sign.flat[some[:2]] = -1, 1
            w = sign * rng.uniform(0.2, 2, shape)
            if part == "weights that are 0":  # a tiny one is not, and has its slope
                w.flat[some] = 0, 0, 1e-9, -1e-9
            yield Case((w, l1 * rng.uniform(0.5, 1.5), l2 * rng.uniform(0.5, 1.5)), part=part)


def elastic_net(w: np.ndarray, l1: float, l2: float) -> tuple[float, np.ndarray]:
    value, cache = elastic_net_forward(w, l1=l1, l2=l2)
    return float(value), elastic_net_backward(1.0, cache)


variants = Variants()
EXERCISE = Exercise(
    id="elastic_net",
    title="What weights cost",
    objective="Compute the elastic net penalty and its gradient.",
    section="05_regularization#reg-elastic",
    reference=elastic_net,
    cases=draw_weights,
    hints={
        "L2": "Each weight costs l2/2 times its square. What is the slope of a square? "
        "Compare *A price on weights*.",
        "L1": "Each weight costs l1 times its size. The slope of |w| is the same for a "
        "large weight and for a small one, up to its sign.",
        "both": "Two prices, added; so are their gradients. And the weights may come in any shape.",
        "weights that are 0": "At 0 the absolute value has a kink. The exercise says which "
        "slope to take there; a tiny weight is not 0.",
    },
    variants=variants,
)


@variants.mutant(
    "Your price of the squares has no ½, and so your gradient has a 2. Both agree with each other, "
    "and not with the exercise: λ/2 · Σw², whose slope is λw. See *A price on weights*.",
)
def forgets_the_half(w, l1, l2):
    return l1 * np.abs(w).sum() + l2 * (w**2).sum(), l1 * np.sign(w) + 2 * l2 * w


@variants.mutant(
    "The price is right. In its gradient the 2 of the square's slope and the ½ in front cancel; "
    "you kept the 2. See *A price on weights*.",
)
def keeps_the_two(w, l1, l2):
    return l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum(), l1 * np.sign(w) + 2 * l2 * w


@variants.mutant(
    "You averaged over the weights. The price is a sum: a network with twice as many weights of "
    "the same size pays twice as much. See *A price on weights*.",
)
def averages(w, l1, l2):
    gradient = (l1 * np.sign(w) + l2 * w) / w.size
    return l1 * np.abs(w).mean() + l2 / 2 * (w**2).mean(), gradient


@variants.mutant(
    "Your L1 gradient is +l1 for every weight. A negative weight gets cheaper when it grows: the "
    "slope of |w| is the sign of w. See *A price on weights*.",
)
def forgets_the_sign(w, l1, l2):
    return l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum(), l1 * (w != 0) + l2 * w


@variants.mutant(
    "You took the length of w, the root of the sum of squares. Ridge and weight decay price the "
    "squares themselves. See *A price on weights*.",
)
def prices_the_length(w, l1, l2):
    length = np.sqrt((w**2).sum())
    return l1 * np.abs(w).sum() + l2 * length, l1 * np.sign(w) + l2 * w / length


@variants.mutant(
    "You multiplied both terms by l1: that is the form λ(β Σw² + Σ|w|), in which β is only a "
    "ratio. Here each price has its own factor. See *Elastic net: both prices at once*.",
)
def shares_the_factor(w, l1, l2):
    return l1 * (np.abs(w).sum() + l2 / 2 * (w**2).sum()), l1 * (np.sign(w) + l2 * w)


@variants.mutant(
    "All is right but for the weights that are 0: they got the slope of the positive side. The "
    "exercise asks for 0 there. See *A price on weights*.",
)
def pushes_zeros(w, l1, l2):
    side = np.where(w >= 0, 1.0, -1.0)
    return l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum(), l1 * side + l2 * w


@variants.mutant(
    "All is right but for weights that are nearly 0: you treated them as if they were. However "
    "small a weight is, the slope of |w| keeps its size; only exactly at 0 there is none. See "
    "*A price on weights*.",
)
def takes_tiny_for_zero(w, l1, l2):
    side = np.where(np.abs(w) < 1e-6, 0.0, np.sign(w))
    return l1 * np.abs(w).sum() + l2 / 2 * (w**2).sum(), l1 * side + l2 * w


@variants.mutant(
    "You took the size of the sum. A weight of −1 costs as much as one of +1 and takes nothing "
    "back: first the size of each weight, then the sum. See *A price on weights*.",
)
def lets_weights_cancel(w, l1, l2):
    return l1 * np.abs(w.sum()) + l2 / 2 * (w**2).sum(), l1 * np.sign(w) + l2 * w


@variants.alternative
def weight_by_weight(w, l1, l2):
    value, gradient = 0.0, np.zeros_like(w)
    for index, one in np.ndenumerate(w):
        value += l1 * abs(one) + l2 / 2 * one * one
        gradient[index] = l2 * one + (l1 if one > 0 else -l1 if one < 0 else 0.0)
    return value, gradient


@variants.alternative
def as_products(w, l1, l2):
    direction = np.sign(w)
    return float(np.vdot(w, l1 * direction + l2 / 2 * w)), l2 * w + l1 * direction
