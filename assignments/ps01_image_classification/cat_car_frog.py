"""Cat, car, frog: compute both losses by hand on three images, and see what moves them."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.losses import hinge_forward, softmax_cross_entropy_forward

#: A row an image (a cat, a car, a frog), a column a class in the same order.
SCORES = np.array([[2.0, 3.1, -0.5], [1.3, 4.0, 2.2], [0.4, 1.5, -1.1]])


LABELS = np.arange(3)


ANSWERS: dict[str, Any] = {
    "hinge": [2.1, 0.0, 6.1],
    "mean_hinge": float(hinge_forward(SCORES, LABELS)[0]),
    "mean_cross_entropy": float(softmax_cross_entropy_forward(SCORES, LABELS)[0]),
    "least_change": 0.8,
}


def read_entry(target, key):
    return target.get(key)


variants = Variants()
EXERCISE = Exercise(
    id="cat_car_frog",
    title="Cat, car, frog",
    objective="Compute both losses by hand on three images, and see what moves them.",
    section="01_image_classification#cls-cat-car-frog",
    kind="answer",
    reference=ANSWERS,
    cases=lambda rng: [Case((key,), part=key) for key in ANSWERS],
    driver=read_entry,
    tolerance=Tolerance(rtol=0.0, atol=0.006),
    hints={
        "hinge": "For the cat: max(0, 3.1 − 2.0 + 1) + max(0, −0.5 − 2.0 + 1).",
        "mean_hinge": "The mean of the three.",
        "mean_cross_entropy": "Natural logarithm; the mean of three.",
        "least_change": "The car leads by how much, and by how much must it lead?",
    },
    variants=variants,
)


def other(**changes: Any) -> dict[str, Any]:
    return {**ANSWERS, **changes}


variants.mutant_value(
    "true_class_counted",
    other(hinge=[3.1, 1.0, 7.1], mean_hinge=11.2 / 3),
    "You gave the true class a term of its own, max(0, 0 + 1) = 1 for every image. The sum runs "
    "over the wrong classes. See *The hinge: enough is enough*.",
)


variants.mutant_value(
    "summed",
    other(mean_hinge=8.2, mean_cross_entropy=3 * ANSWERS["mean_cross_entropy"]),
    "You added the three losses up and did not take their mean. See *Cat, car, frog*.",
)


variants.mutant_value(
    "in_bits",
    other(mean_cross_entropy=ANSWERS["mean_cross_entropy"] / np.log(2)),
    "You took the logarithm to base 2 in the cross-entropy; we use the natural one. See *Softmax "
    "and cross-entropy*.",
)


variants.mutant_value(
    "whole_lead",
    other(least_change=1.8),
    "1.8 is the car's lead over the frog. Its loss stops being 0 as soon as the lead falls below "
    "the margin of 1. See *The hinge: enough is enough*.",
)


variants.alternative_value(
    "rounded",
    {
        "hinge": (2.1, 0, 6.1),
        "mean_hinge": 2.73,
        "mean_cross_entropy": round(ANSWERS["mean_cross_entropy"], 2),
        "least_change": 0.8,
    },
)


variants.alternative_value("as_arrays", {k: np.asarray(v) for k, v in ANSWERS.items()})
