"""From scores to shares: turn scores into probabilities without overflow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.losses import softmax

from .common import Rng, draw_scores


def draw_for_softmax(rng: Rng) -> Iterator[Case]:
    yield Case((draw_scores(rng)[:1],), part="one image")
    yield Case((draw_scores(rng),), part="several images")
    yield Case((draw_scores(rng) + 900,), part="large scores")
    yield Case((draw_scores(rng, 400.0),), part="large scores")


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
        "large scores": "exp(900) is infinite. Adding a constant to all scores of an image "
        "changes nothing, so choose one. Compare *Softmax and cross-entropy*.",
    },
    variants=variants,
)


@variants.mutant(
    "You exponentiated the scores as they are: exp(900) is infinite, and ∞ / ∞ is no probability. "
    "Subtract each row's maximum first. See *Softmax and cross-entropy*.",
)
def overflows(scores):
    with np.errstate(all="ignore"):
        e = np.exp(scores)
        # what NumPy leaves of ∞ / ∞ is made visible as −1, for an answer must be finite to differ
        return np.nan_to_num(e / e.sum(axis=-1, keepdims=True), nan=-1.0)


@variants.mutant(
    "You normalized over the whole batch, so that the images compete with each other. Each row "
    "sums to 1. See *Softmax and cross-entropy*.",
)
def over_the_batch(scores):
    e = np.exp(scores - scores.max())
    return e / e.sum() if len(scores) > 1 else e / (2 * e.sum())


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
