"""From scores to shares: turn scores into probabilities without overflow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.losses import softmax

from .common import Rng, draw_far_apart, draw_scores, draw_spread


def draw_for_softmax(rng: Rng) -> Iterator[Case]:
    yield Case((draw_scores(rng)[:1],), part="one image")
    yield Case((draw_scores(rng),), part="several images")
    yield Case((draw_scores(rng) + 1000,), part="large scores")
    yield Case((draw_far_apart(rng),), part="images far apart")
    yield Case((draw_spread(rng)[0],), part="classes far apart")


variants = Variants()
EXERCISE = Exercise(
    id="softmax",
    title="From scores to shares",
    objective="Turn scores into probabilities without overflow.",
    section="01_image_classification#cls-softmax",
    reference=softmax,
    cases=draw_for_softmax,
    hints={
        "one image": "p_k = exp(s_k) / Σ_j exp(s_j), along the last axis.",
        "several images": "Each row is normalized by itself: which axis, and is it kept?",
        "large scores": "exp(1000) is infinite. Adding a constant to all scores of an image "
        "changes nothing, so choose one. Compare *Softmax and cross-entropy*.",
        "images far apart": "One image's scores lie around 1000, another's around −1000. Which "
        "constant suits both?",
        "classes far apart": "One score is 800 above the others: after the constant, no exponent "
        "may be large, and one of them should be 0.",
    },
    variants=variants,
)


def shifted(scores, constant):
    with np.errstate(all="ignore"):
        e = np.exp(scores - constant)
        return e / e.sum(axis=-1, keepdims=True)


@variants.mutant(
    "You exponentiated the scores as they are: exp(1000) is infinite, and ∞ / ∞ is no probability. "
    "Subtract each row's maximum first. See *Softmax and cross-entropy*.",
)
def overflows(scores):
    return shifted(scores, 0)


@variants.mutant(
    "You subtracted one maximum from the whole batch. Beside an image with scores of 1000, another "
    "one's exponentials all round to 0: each row has a maximum of its own. See *Softmax and "
    "cross-entropy*.",
)
def one_maximum_for_all(scores):
    return shifted(scores, scores.max())


@variants.mutant(
    "You subtracted the mean of each row. A score 800 above the others is still hundreds above the "
    "mean, and exp overflows: subtract the maximum. See *Softmax and cross-entropy*.",
)
def subtracts_the_mean(scores):
    return shifted(scores, scores.mean(axis=-1, keepdims=True))


@variants.mutant(
    "You subtracted the smallest score, so the exponents are as large as scores lie apart. "
    "Subtract the largest: then none is above 0. See *Softmax and cross-entropy*.",
)
def subtracts_the_minimum(scores):
    return shifted(scores, scores.min(axis=-1, keepdims=True))


@variants.mutant(
    "You clipped large scores. Two clipped ones come out alike, whatever they were: subtract each "
    "row's maximum, which changes nothing. See *Softmax and cross-entropy*.",
)
def clips_the_scores(scores):
    return shifted(np.clip(scores, -700, 700), 0)


@variants.mutant(
    "You normalized over the whole batch, so that the images compete with each other. Each row "
    "sums to 1. See *Softmax and cross-entropy*.",
)
def over_the_batch(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum()


@variants.mutant(
    "You normalized down the columns, over the images of the batch. The classes compete, along the "
    "last axis. See *Softmax and cross-entropy*.",
)
def down_the_columns(scores):
    e = np.exp(scores - scores.max(axis=0))
    return e / e.sum(axis=0)


@variants.mutant(
    "You divided the scores by their sum without exponentiating. Scores may be negative, and only "
    "exp makes adding a constant harmless. See *Softmax and cross-entropy*.",
)
def without_exp(scores):
    shifted = scores - scores.min(axis=-1, keepdims=True)
    return shifted / shifted.sum(axis=-1, keepdims=True)


@variants.mutant(
    "You returned the largest score's class as 1 and the rest as 0: that is the decision. Softmax "
    "says how sure it is. See *Softmax and cross-entropy*.",
)
def hard_decision(scores):
    return (scores == scores.max(axis=-1, keepdims=True)).astype(float)


@variants.alternative
def through_the_logarithm(scores):
    shifted = scores - scores.max(axis=1)[:, None]
    return np.exp(shifted - np.log(np.exp(shifted).sum(axis=1))[:, None])


@variants.alternative
def by_pairs(scores):
    with np.errstate(over="ignore"):
        return 1 / np.exp(scores[:, None, :] - scores[:, :, None]).sum(axis=2)
