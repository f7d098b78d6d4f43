"""The price of a wrong belief.

Implement cross-entropy and derive its gradient with respect to the scores.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants

from .common import (
    Rng,
    cross_entropy,
    draw_far_apart,
    draw_labels,
    draw_scores,
    draw_spread,
    one_result,
)


def draw_beliefs(rng: Rng) -> Iterator[Case]:
    for which, ordinary, large in (
        ("loss", "loss", "large scores"),
        ("dscores", "gradient", "gradient of large scores"),
    ):
        scores = draw_scores(rng)
        yield Case((which, scores, draw_labels(rng, scores)), part=ordinary)
        scores = draw_far_apart(rng)
        yield Case((which, scores, draw_labels(rng, scores)), part=large)
        far = "a probability of 0" if which == "loss" else large
        yield Case((which, *draw_spread(rng)), part=far)


variants = Variants()
EXERCISE = Exercise(
    id="cross_entropy",
    title="The price of a wrong belief",
    objective="Implement cross-entropy and derive its gradient with respect to the scores.",
    section="01_image_classification#cls-softmax",
    reference=cross_entropy,
    cases=draw_beliefs,
    driver=one_result,
    weights={"gradient": 2},
    hints={
        "loss": "Minus the logarithm of the probability of the true class, averaged over "
        "the images.",
        "large scores": "exp(1000) is infinite. What may be subtracted from all scores of one "
        "image, and from those of another?",
        "a probability of 0": "A probability may round to 0, and log 0 is not a number to train "
        "on. Take the logarithm of the formula, not of its result.",
        "gradient of large scores": "The gradient is made of probabilities, and they come from "
        "exponentials: none of these may overflow either.",
        "gradient": "Work it out for one image: it is a difference of two vectors. Then "
        "the mean over N images.",
    },
    variants=variants,
)


@variants.mutant(
    "You added up the images' losses and did not divide by their number, so that a larger batch "
    "takes larger steps. See *Softmax and cross-entropy*.",
)
def sums_losses(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss * len(scores), dscores * len(scores)


@variants.mutant(
    "The loss is right; the gradient stops at the loss's mean: divide it by the number of images, "
    "too. See *Softmax and cross-entropy*.",
)
def gradient_not_averaged(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss, dscores * len(scores)


@variants.mutant(
    "You used the probabilities as gradient and forgot the true class: at it the gradient is p − "
    "1, the one negative number of the row. See *Softmax and cross-entropy*.",
)
def gradient_is_p(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    dscores[np.arange(len(labels)), labels] += 1 / len(labels)
    return loss, dscores


@variants.mutant(
    "Your sign is turned round: the gradient points to where the loss grows, p − y. The step of "
    "training goes against it. See *Softmax and cross-entropy*.",
)
def turned_round(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss, -dscores


@variants.mutant(
    "You took the logarithm to base 2. The loss is in natural units, and its gradient is p − y "
    "only there. See *Softmax and cross-entropy*.",
)
def in_bits(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss / np.log(2), dscores / np.log(2)


@variants.mutant(
    "You clipped the probability before taking its logarithm, so a very wrong answer costs no more "
    "than a wrong one. Use log softmax: s_y − log Σ exp s. See *Softmax and cross-entropy*.",
)
def clips(scores, labels):
    _, dscores = cross_entropy(scores, labels)
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return float(-np.log(np.maximum(p[np.arange(len(labels)), labels], 1e-12)).mean()), dscores


def from_shifted(scores, labels, constant):
    with np.errstate(all="ignore"):
        e = np.exp(scores - constant)
        rows = np.arange(len(labels))
        loss = scores - constant - np.log(e.sum(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        p[rows, labels] -= 1
        return -loss[rows, labels].mean(), p / len(labels)


@variants.mutant(
    "You exponentiated the scores as they are: exp(1000) is infinite. Subtract each row's maximum, "
    "which changes neither loss nor gradient. See *Softmax and cross-entropy*.",
)
def overflows(scores, labels):
    return from_shifted(scores, labels, 0)


@variants.mutant(
    "You subtracted one maximum from the whole batch. Beside an image with scores of 1000, another "
    "one's exponentials all round to 0: each row has a maximum of its own. See *Softmax and "
    "cross-entropy*.",
)
def one_maximum_for_all(scores, labels):
    return from_shifted(scores, labels, scores.max())


@variants.mutant(
    "The loss is right for any scores. The gradient is made of exponentials, too: there you left "
    "the scores as they are, and exp(1000) is infinite. See *Softmax and cross-entropy*.",
)
def gradient_overflows(scores, labels):
    return cross_entropy(scores, labels)[0], from_shifted(scores, labels, 0)[1]


@variants.mutant(
    "You gave the loss's gradient for the class with the largest score. It is the true class whose "
    "probability is to grow. See *Softmax and cross-entropy*.",
)
def believes_itself(scores, labels):
    return cross_entropy(scores, labels)[0], cross_entropy(scores, scores.argmax(axis=1))[1]


@variants.mutant(
    "You took a probability of 0 for the smallest number that there is. Its logarithm is then "
    "about −745, where −800 was right: never take it. See *Softmax and cross-entropy*.",
)
def least_number_for_0(scores, labels):
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = (shifted / shifted.sum(axis=1, keepdims=True))[np.arange(len(labels)), labels]
    loss = -np.log(np.maximum(p, 5e-324)).mean()
    return float(loss), cross_entropy(scores, labels)[1]


@variants.mutant(
    "You left out the images whose loss came out infinite. They are the ones that cost most: take "
    "the logarithm of the formula. See *Softmax and cross-entropy*.",
)
def leaves_out_infinity(scores, labels):
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = (shifted / shifted.sum(axis=1, keepdims=True))[np.arange(len(labels)), labels]
    kept = p[p > 0]
    loss = -np.log(kept).mean() if kept.size else 0.0
    return float(loss), cross_entropy(scores, labels)[1]


@variants.mutant(
    "The loss is right. Its gradient you divided by the number of classes, too, as a mean over all "
    "entries: the loss is a mean over images alone. See *Softmax and cross-entropy*.",
)
def gradient_over_all_entries(scores, labels):
    loss, dscores = cross_entropy(scores, labels)
    return loss, dscores / scores.shape[1]


@variants.alternative
def with_one_hot(scores, labels):
    y = np.eye(scores.shape[1])[labels]
    shifted = scores - scores.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(y * log_p).sum() / len(y), (np.exp(log_p) - y) / len(y)


@variants.alternative
def image_by_image(scores, labels):
    total, rows = 0.0, []
    for s, y in zip(scores, labels, strict=True):
        log_sum = np.logaddexp.reduce(s)
        total += log_sum - s[y]
        row = np.exp(s - log_sum)
        row[y] -= 1
        rows.append(row / len(scores))
    return total / len(scores), rows
