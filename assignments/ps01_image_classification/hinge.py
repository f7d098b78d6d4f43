"""Enough is enough: implement the multiclass hinge loss and its gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.losses import hinge_backward, hinge_forward

from .common import Rng, one_result


def draw_leads(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Draw an image that pays nothing, one that is right by too little, one wrong, and any one."""
    n, k = 4, int(rng.integers(6, 9))
    scores, labels = 2.0 * rng.normal(size=(n, k)), rng.integers(k, size=n)
    content, close, wrong, _ = rng.permutation(n)
    rows = np.arange(n)
    others = scores.copy()
    others[rows, labels] = -np.inf
    rival = others.argmax(axis=1)
    top = others.max(axis=1)
    scores[close, np.delete(np.arange(k), rival[close])] -= 2.0  # its other terms are far below 0
    scores[content, labels[content]] = top[content] + rng.uniform(1.3, 2.0)
    scores[close, labels[close]] = top[close] + rng.uniform(0.3, 0.7)
    scores[wrong, labels[wrong]] = top[wrong] - rng.uniform(0.3, 0.7)
    return scores, labels


def draw_kinks(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Quarters, which are exact; in each image a class trails the true one by the margin."""
    n, k = 3, int(rng.integers(6, 9))
    scores, labels = rng.integers(-8, 9, size=(n, k)) / 4, rng.integers(k, size=n)
    rows = np.arange(n)
    scores[rows, (labels + rng.integers(1, k, size=n)) % k] = scores[rows, labels] - 1
    return scores, labels


def draw_hinges(rng: Rng) -> Iterator[Case]:
    yield Case(("loss", *draw_leads(rng)), part="loss")
    yield Case(("dscores", *draw_leads(rng)), part="gradient")
    yield Case(("dscores", *draw_kinks(rng)), part="at the kink")


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
    cases=draw_hinges,
    driver=one_result,
    hints={
        "loss": "Sum over the wrong classes of max(0, s_j − s_y + 1), then the mean over "
        "the images. The true class has no term.",
        "gradient": "Each class within the margin pushes its own score down by 1/N and the "
        "true one up by as much.",
        "at the kink": "s_j − s_y + 1 = 0: the slope is 0 on one side and 1 on the other. The text "
        "says which to take.",
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


@variants.mutant(
    "Where a term is exactly at its kink, you gave it the slope 1. The text asks for 0 there: a "
    "lead of exactly 1 is enough. See *The hinge: enough is enough*.",
)
def pushes_at_the_kink(scores, labels):
    return hinge(scores, labels)[0], hinge(scores - np.eye(scores.shape[1])[labels] / 1e9, labels)[
        1
    ]


@variants.mutant(
    "You divided by the number of images that pay. The mean is over all of them, those with a loss "
    "of 0, too. See *The hinge: enough is enough*.",
)
def mean_over_those_that_pay(scores, labels):
    loss, dscores = hinge(scores, labels)
    share = len(labels) / (dscores != 0).any(axis=1).sum()
    return loss * share, dscores * share


@variants.mutant(
    "You added up the images' losses and did not divide by their number: we asked for the mean "
    "over the batch, and for its gradient. See *The hinge: enough is enough*.",
)
def sums_losses(scores, labels):
    loss, dscores = hinge(scores, labels)
    return loss * len(labels), dscores * len(labels)


@variants.mutant(
    "The loss is the mean, its gradient is not: divide that by the number of images, too. See "
    "*The hinge: enough is enough*.",
)
def gradient_not_averaged(scores, labels):
    loss, dscores = hinge(scores, labels)
    return loss, dscores * len(labels)


@variants.mutant(
    "You squared the terms. That is a hinge, too, and punishes a large violation more; we asked "
    "for the plain one, whose slope is 0 or 1. See *The hinge: enough is enough*.",
)
def squares_the_terms(scores, labels):
    terms, rows = hinge_terms(scores, labels)
    terms[rows, labels] = 0
    dscores = 2 * terms / len(labels)
    dscores[rows, labels] = -dscores.sum(axis=1)
    return float((terms**2).sum(axis=1).mean()), dscores


@variants.mutant(
    "Only images that are classified wrongly paid in yours. One that is right by less than the "
    "margin pays, too. See *The hinge: enough is enough*.",
)
def right_ones_pay_nothing(scores, labels):
    terms, rows = hinge_terms(scores, labels)
    terms[rows, labels] = 0
    terms[scores.argmax(axis=1) == labels] = 0
    dscores = (terms > 0) / len(labels)
    dscores[rows, labels] -= dscores.sum(axis=1)
    return float(terms.sum(axis=1).mean()), dscores


@variants.mutant(
    "You cut off at 0 after summing. Then a class far behind makes up for one that comes too near: "
    "cut off each term by itself. See *The hinge: enough is enough*.",
)
def cuts_off_the_sum(scores, labels):
    rows = np.arange(len(labels))
    terms = scores - scores[rows, labels][:, None] + 1
    terms[rows, labels] = 0
    return float(np.maximum(terms.sum(axis=1), 0).mean()), hinge(scores, labels)[1]


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
