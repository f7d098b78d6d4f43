"""Enough is enough: implement the multiclass hinge loss and its gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.grading.spec import Exercise, Variants
from cvlib.losses import hinge_backward, hinge_forward

from .common import draw_labelled, one_result


def hinge(scores: np.ndarray, labels: np.ndarray) -> tuple[Any, np.ndarray]:
    loss, cache = hinge_forward(scores, labels)
    return float(loss), hinge_backward(1.0, cache)


variants = Variants()
EXERCISE = Exercise(
    id="hinge",
    title="Enough is enough",
    objective="Implement the multiclass hinge loss and its gradient.",
    section="01_image_classification#cls-hinge",
    reference=hinge,
    cases=lambda rng: draw_labelled(rng, ("loss", "gradient", "gradient")),
    driver=one_result,
    hints={
        "loss": "Sum over the wrong classes of max(0, s_j − s_y + 1), then the mean over "
        "the images. The true class has no term.",
        "gradient": "Each class within the margin pushes its own score down by 1/N and the "
        "true one up by as much.",
    },
    variants=variants,
)


def hinge_terms(scores: Any, labels: Any, margin: float = 1.0) -> Any:
    rows = np.arange(len(labels))
    terms = np.maximum(0, scores - scores[rows, labels][:, None] + margin)
    return terms, rows


@variants.mutant(
    "You gave the true class a term of its own: it trails itself by nothing and pays the margin, 1 "
    "for every image. Leave it out. See *The hinge: enough is enough*.",
)
def true_class_pays(scores, labels):
    terms, _ = hinge_terms(scores, labels)
    _, dscores = hinge(scores, labels)
    return float(terms.sum(axis=1).mean()), dscores


@variants.mutant(
    "You counted the worst wrong class only. That is a loss, too (Crammer and Singer's), but we "
    "asked for the sum over all that come too near. See *The hinge: enough is enough*.",
)
def worst_only(scores, labels):
    terms, rows = hinge_terms(scores, labels)
    terms[rows, labels] = 0
    dscores = np.zeros(scores.shape)
    worst = terms.argmax(axis=1)
    paid = (terms.max(axis=1) > 0) / len(labels)
    dscores[rows, worst] += paid
    dscores[rows, labels] -= paid
    return float(terms.max(axis=1).mean()), dscores


@variants.mutant(
    "You left out the margin: being ahead by a hair was enough for you. The true class must lead "
    "by 1. See *The hinge: enough is enough*.",
)
def no_margin(scores, labels):
    terms, rows = hinge_terms(scores, labels, 0.0)
    dscores = (terms > 0) / len(labels)
    dscores[rows, labels] -= dscores.sum(axis=1)
    return float(terms.sum(axis=1).mean()), dscores


@variants.mutant(
    "The loss is right. In the gradient you pushed the true score up by one share only; it gets "
    "one for each class within the margin. See *The hinge: enough is enough*.",
)
def true_gets_one(scores, labels):
    loss, dscores = hinge(scores, labels)
    rows = np.arange(len(labels))
    dscores[rows, labels] = -1.0 / len(labels)
    return loss, dscores


@variants.mutant(
    "You compared with margin − lead the wrong way round: a class is punished when it comes too "
    "near from below, s_j − s_y + 1 > 0. See *The hinge: enough is enough*.",
)
def wrong_way_round(scores, labels):
    terms, rows = hinge_terms(-scores, labels)
    terms[rows, labels] = 0
    dscores = (terms > 0) / len(labels)
    dscores[rows, labels] -= dscores.sum(axis=1)
    return float(terms.sum(axis=1).mean()), -dscores


@variants.alternative
def by_loops(scores, labels):
    n, k = scores.shape
    loss, dscores = 0.0, np.zeros((n, k))
    for i in range(n):
        for j in range(k):
            excess = scores[i, j] - scores[i, labels[i]] + 1
            if j != labels[i] and excess > 0:
                loss += excess / n
                dscores[i, j] += 1 / n
                dscores[i, labels[i]] -= 1 / n
    return loss, dscores


@variants.alternative
def with_a_mask(scores, labels):
    wrong = np.arange(scores.shape[1]) != labels[:, None]
    lead = np.take_along_axis(scores, labels[:, None], axis=1) - scores
    near = wrong & (lead < 1)
    loss = np.where(near, 1 - lead, 0).sum() / len(scores)
    return loss, (near - ~wrong * near.sum(axis=1, keepdims=True)) / len(scores)
