"""What a disturbed label teaches on average.

Derive the expected target and gradient of DisturbLabel.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.regularization import smooth_labels

from .common import Rng, one_mean, softmax


def draw_disturbances(rng: Rng) -> Iterator[Case]:
    for part, which, sizes in (
        ("distribution of the label", 0, [(4, 4), (2, 10)]),
        ("gradient of one example", 1, [(1, 3), (1, 10)]),
        ("gradient of a batch", 1, [(5, 4), (8, 10)]),
    ):
        for n, classes in sizes:
            scores, labels = rng.normal(size=(n, classes)), rng.integers(0, classes, n)
            if n > 1:  # not all of one class
                labels[-1] = (labels[0] + 1) % classes
            yield Case((which, scores, labels, float(rng.uniform(0.2, 0.6))), part=part)


def disturbed(
    scores: np.ndarray, labels: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray]:
    targets = smooth_labels(labels, scores.shape[1], alpha, dtype=np.float64)
    return targets, (softmax(scores) - targets) / len(labels)


variants = Variants()
EXERCISE = Exercise(
    id="disturbed",
    title="What a disturbed label teaches on average",
    objective="Derive the expected target and gradient of DisturbLabel.",
    section="05_regularization#reg-disturblabel",
    reference=disturbed,
    cases=draw_disturbances,
    driver=one_mean,
    tolerance=Tolerance(rtol=1e-6, atol=1e-7),  # so that no luck decides about single precision
    hints={
        "distribution of the label": "With probability alpha the label is drawn anew from "
        "all classes, and the true one is among them.",
        "gradient of one example": "For a label y the gradient is softmax(scores) minus "
        "the one-hot vector of y. Average it over y.",
        "gradient of a batch": "The loss is the mean over the examples.",
    },
    variants=variants,
)


variants.equivalent(
    "smooth_labels(labels, scores.shape[1], alpha, dtype=np.float64)"
    " -> smooth_labels(labels, scores.shape[1], alpha)",
    "Single precision holds seven digits, and six are asked for.",
)
LIE = "*DisturbLabel: lie about some labels*"


@variants.mutant(
    "You kept the label with probability 1 − alpha and shared alpha among the others. The new "
    "label is drawn from all classes, the true one among them: it keeps 1 − alpha·(C − 1)/C. See "
    f"{LIE}.",
)
def never_draws_the_truth(scores, labels, alpha):
    n, classes = scores.shape
    targets = np.full((n, classes), alpha / (classes - 1))
    targets[np.arange(n), labels] = 1 - alpha
    return targets, (softmax(scores) - targets) / n


@variants.mutant(
    "The distribution is right, and the gradient is that of the undisturbed label. Its mean over "
    f"the draws is softmax minus the distribution. See {LIE}.",
)
def gradient_of_the_truth(scores, labels, alpha):
    n, classes = scores.shape
    targets = (1 - alpha) * np.eye(classes)[labels] + alpha / classes
    return targets, (softmax(scores) - np.eye(classes)[labels]) / n


@variants.mutant(
    "Your gradient is that of the summed loss; the loss of the exercise is the mean over the "
    f"batch, so divide by N. See {LIE}.",
)
def sums_the_batch(scores, labels, alpha):
    targets = (1 - alpha) * np.eye(scores.shape[1])[labels] + alpha / scores.shape[1]
    return targets, softmax(scores) - targets


@variants.mutant(
    "Your gradient has the wrong sign: it points downhill. The gradient of the cross-entropy is "
    f"softmax minus target. See {LIE}.",
)
def points_downhill(scores, labels, alpha):
    n, classes = scores.shape
    targets = (1 - alpha) * np.eye(classes)[labels] + alpha / classes
    return targets, (targets - softmax(scores)) / n


@variants.mutant(
    "Your distribution sums to more than 1: you added alpha / C to every class and forgot to take "
    f"alpha from the label. See {LIE}.",
)
def adds_and_never_takes(scores, labels, alpha):
    n, classes = scores.shape
    targets = np.eye(classes)[labels] + alpha / classes
    return targets, (softmax(scores) - targets) / n


@variants.mutant(
    "Right for a single picture. In a batch you took the same distribution for all; each picture "
    f"has its own label, and its own row. See {LIE}.",
)
def one_target_for_all(scores, labels, alpha):
    n, classes = scores.shape
    targets = (1 - alpha) * np.eye(classes)[labels] + alpha / classes
    return targets, (softmax(scores) - targets[0]) / n


@variants.alternative
def smoothed(scores, labels, alpha):
    n, classes = scores.shape
    targets = (1 - alpha) * np.eye(classes)[labels] + alpha / classes
    return targets, (softmax(scores) - targets) / n


@variants.alternative
def averaged_over_the_draws(scores, labels, alpha):
    n, classes = scores.shape
    targets, gradient = np.zeros((n, classes)), np.zeros((n, classes))
    for i, label in enumerate(labels):
        for drawn in range(classes):
            share = alpha / classes + (1 - alpha) * (drawn == label)
            targets[i, drawn] = share
            gradient[i] += share * (softmax(scores[i]) - np.eye(classes)[drawn]) / n
    return targets, gradient
