"""Cat, car, frog: compute both losses by hand on three images, and see what moves them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.grading.spec import Exercise, Variants, keys, read_own_key
from cvlib.losses import hinge_forward, softmax_cross_entropy_forward

Answer = dict[str, Any]

#: What a student is asked about: scores that leave the car's lead above the margin of 1, and the
#: cat behind the car.
NUMBERS = {
    "a": [round(1.5 + 0.1 * k, 1) for k in range(11)],
    "b": [round(1.6 + 0.1 * k, 1) for k in range(12)],
    "c": [round(-1.6 + 0.1 * k, 1) for k in range(11)],
}
ENTRIES = ("hinge", "mean_hinge", "mean_cross_entropy", "least_change")


def table(a: float, b: float, c: float) -> np.ndarray:
    """A row an image (a cat, a car, a frog), a column a class in the same order."""
    return np.array([[a, 3.1, -0.5], [1.3, 4.0, b], [0.4, 1.5, c]])


def hinges(scores: np.ndarray) -> list[float]:
    return [float(hinge_forward(scores[[k]], np.array([k]))[0]) for k in range(3)]


def cat_car_frog(a: float, b: float, c: float) -> Answer:
    scores = table(a, b, c)
    return {
        "hinge": hinges(scores),
        "mean_hinge": float(np.mean(hinges(scores))),
        "mean_cross_entropy": float(softmax_cross_entropy_forward(scores, np.arange(3))[0]),
        "least_change": 4.0 - b - 1,
    }


variants = Variants()
EXERCISE = Exercise(
    id="cat_car_frog",
    title="Cat, car, frog",
    objective="Compute both losses by hand on three images, and see what moves them.",
    section="01_image_classification#cls-cat-car-frog",
    kind="answer",
    reference=cat_car_frog,
    numbers=NUMBERS,
    cases=keys(dict.fromkeys(ENTRIES)),
    driver=read_own_key,
    tolerance=Tolerance(rtol=0.0, atol=0.006),
    hints={
        "hinge": "Each image has two wrong classes, and so two terms max(0, s_j − s_y + 1). Its "
        "own class has none.",
        "mean_hinge": "Three images, also those that pay nothing.",
        "mean_cross_entropy": "Natural logarithm; the mean over the images, as for the hinge.",
        "least_change": "The car leads by how much, and by how much must it lead?",
    },
    variants=variants,
)


def instead(name: str, misconception: str, **wrong: Callable[[Answer, np.ndarray], Any]) -> None:
    """Register a function of the numbers that answers wrongly to some of the questions."""

    def answer(a: float, b: float, c: float) -> Answer:
        right = cat_car_frog(a, b, c)
        return right | {k: change(right, table(a, b, c)) for k, change in wrong.items()}

    variants.mutant_value(name, answer, misconception)


instead(
    "true_class_counted",
    "You gave the true class a term of its own, max(0, 0 + 1) = 1 for every image. The sum runs "
    "over the wrong classes. See *The hinge: enough is enough*.",
    hinge=lambda right, s: [h + 1 for h in right["hinge"]],
    mean_hinge=lambda right, s: right["mean_hinge"] + 1,
)
instead(
    "worst_class_only",
    "You took the largest term of each image. The hinge loss sums over all wrong classes that come "
    "too near. See *The hinge: enough is enough*.",
    hinge=lambda right, s: worst(s),
    mean_hinge=lambda right, s: float(np.mean(worst(s))),
)
instead(
    "down_the_columns",
    "You read the table the other way: an image is a column, and its scores stand under each "
    "other. See *Cat, car, frog*.",
    hinge=lambda right, s: hinges(s.T),
    mean_hinge=lambda right, s: float(np.mean(hinges(s.T))),
    mean_cross_entropy=lambda right, s: float(
        softmax_cross_entropy_forward(s.T.copy(), np.arange(3))[0]
    ),
)
instead(
    "summed",
    "You added the three losses up and did not take their mean. See *Cat, car, frog*.",
    mean_hinge=lambda right, s: 3 * right["mean_hinge"],
    mean_cross_entropy=lambda right, s: 3 * right["mean_cross_entropy"],
)
instead(
    "mean_of_those_that_pay",
    "You took the mean over the two images that pay. The car is in the batch, too: divide by "
    "three. See *Cat, car, frog*.",
    mean_hinge=lambda right, s: 1.5 * right["mean_hinge"],
)
instead(
    "in_bits",
    "You took the logarithm to base 2 in the cross-entropy; we use the natural one. See *Softmax "
    "and cross-entropy*.",
    mean_cross_entropy=lambda right, s: right["mean_cross_entropy"] / np.log(2),
)
instead(
    "whole_lead",
    "You gave the car's whole lead over the frog. Its loss stops being 0 as soon as the lead falls "
    "below the margin of 1. See *The hinge: enough is enough*.",
    least_change=lambda right, s: right["least_change"] + 1,
)
instead(
    "lead_over_the_cat",
    "You took the car's lead over the cat. The loss stops being 0 when the nearest rival comes too "
    "near, and that is the frog. See *The hinge: enough is enough*.",
    least_change=lambda right, s: 4.0 - 1.3 - 1,
)


def worst(scores: np.ndarray) -> list[float]:
    terms = np.maximum(scores - np.diag(scores)[:, None] + 1, 0) * (1 - np.eye(3))
    return [float(t) for t in terms.max(axis=1)]


def by_hand(a: float, b: float, c: float) -> Answer:
    cat, frog = 3.1 - a + 1, (0.4 - c + 1) + (1.5 - c + 1)
    rows = table(a, b, c)
    losses = -np.log(np.exp(np.diag(rows)) / np.exp(rows).sum(axis=1))
    return {
        "least_change": round(3 - b, 2),
        "hinge": (round(cat, 2), 0, round(frog, 2)),
        "mean_hinge": round((cat + frog) / 3, 2),
        "mean_cross_entropy": round(float(losses.mean()), 2),
    }


variants.alternative_value("rounded", by_hand)
variants.alternative_value(
    "as_arrays",
    lambda a, b, c: {k: np.asarray(v) for k, v in cat_car_frog(a, b, c).items()},
)
