"""Problem set 1, image classification: what is asked, on which inputs, against what it is graded.

Batches, images and classes all differ in number, so that an axis read for another shows.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.check.measure import Measure
from cvlib.datasets import center, channel_mean, mean_image
from cvlib.grading.digits import archive, released_and_hidden
from cvlib.grading.spec import Case, Exercise, ProblemSet
from cvlib.losses import (
    hinge_backward,
    hinge_forward,
    softmax,
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)
from cvlib.shallow import color_histogram as histogram
from cvlib.shallow import train_linear

Rng = np.random.Generator
EXACT = Tolerance(rtol=0.0, atol=0.0)
CHAPTER = "01_image_classification"


def section(anchor: str) -> str:
    return f"{CHAPTER}#{anchor}"


# --- 1: colours ---------------------------------------------------------------------------------


def draw_colored(rng: Rng) -> Iterator[Case]:
    for part, bins, (low, high) in (
        ("one image", 2, (0.0, 0.999)),
        ("several bins", 4, (0.0, 0.999)),
        ("the brightest pixels", 3, (0.7, 1.0)),
    ):
        n = 1 if part == "one image" else int(rng.integers(2, 4))
        height, width = rng.permutation([3, 4, 5, 6])[:2]
        images = rng.uniform(low, high, (n, 3, height, width))
        if part == "the brightest pixels":
            images[rng.random(images.shape) < 0.3] = 1.0
        yield Case((images, bins), part=part)


# --- 2: edges -----------------------------------------------------------------------------------


def draw_slopes(rng: Rng) -> Iterator[Case]:
    for part, bins in (("four directions", 4), ("other numbers of bins", int(rng.integers(5, 10)))):
        yield Case((*rng.normal(size=(2, 4, 6)), bins), part=part)
    for part in ("opposite edges", "a flat image"):
        gx, gy = rng.normal(size=(2, 5, 3))
        if part == "opposite edges":
            gx, gy = np.concatenate([gx, -gx]), np.concatenate([gy, -gy])
        if part == "a flat image":
            gx, gy = np.zeros((2, 5, 3))
            yield Case((gx, gy, 4), part=part)
            gx, gy = rng.normal(size=(2, 5, 3)) * (rng.random((5, 3)) < 0.5)
        yield Case((gx, gy, 6), part=part)


def orientation_histogram(gx: np.ndarray, gy: np.ndarray, bins: int) -> np.ndarray:
    angle = np.arctan2(gy, gx) % np.pi
    place = np.minimum((angle * bins / np.pi).astype(int), bins - 1)
    votes = np.bincount(place.ravel(), weights=np.hypot(gx, gy).ravel(), minlength=bins)
    return votes / votes.sum() if votes.any() else votes


# --- 3, 4, 5: scores and losses -----------------------------------------------------------------


def draw_scores(rng: Rng, size: float = 2.0) -> np.ndarray:
    n, k = int(rng.integers(3, 6)), int(rng.integers(6, 9))
    return size * rng.normal(size=(n, k))


def draw_for_softmax(rng: Rng) -> Iterator[Case]:
    yield Case((draw_scores(rng)[:1],), part="one image")
    yield Case((draw_scores(rng),), part="several images")
    yield Case((draw_scores(rng) + 900,), part="large scores")
    yield Case((draw_scores(rng, 400.0),), part="large scores")


def draw_labelled(rng: Rng, parts: tuple[str, ...]) -> Iterator[Case]:
    for part in parts:
        scores = draw_scores(rng, 300.0 if part == "large scores" else 2.0)
        labels = rng.integers(scores.shape[1], size=len(scores))
        yield Case(("dscores" if "gradient" in part else "loss", scores, labels), part=part)


def one_result(target, which, *args):
    loss, dscores = target(*args)
    return {"loss": loss, "dscores": dscores}[which]


def cross_entropy(scores: np.ndarray, labels: np.ndarray) -> tuple[Any, np.ndarray]:
    loss, cache = softmax_cross_entropy_forward(scores, labels)
    return float(loss), softmax_cross_entropy_backward(1.0, cache)


def hinge(scores: np.ndarray, labels: np.ndarray) -> tuple[Any, np.ndarray]:
    loss, cache = hinge_forward(scores, labels)
    return float(loss), hinge_backward(1.0, cache)


# --- 6: cat, car, frog --------------------------------------------------------------------------

#: A row an image (a cat, a car, a frog), a column a class in the same order.
SCORES = np.array([[2.0, 3.1, -0.5], [1.3, 4.0, 2.2], [0.4, 1.5, -1.1]])
LABELS = np.arange(3)
ANSWERS = {
    "hinge": [2.1, 0.0, 6.1],
    "mean_hinge": float(hinge_forward(SCORES, LABELS)[0]),
    "mean_cross_entropy": float(softmax_cross_entropy_forward(SCORES, LABELS)[0]),
    "least_change": 0.8,
}


def read_entry(target, key):
    value = target[key]
    if value is None or (isinstance(value, list) and any(v is None for v in value)):
        return None
    return value


# --- 7, 8: centring, splitting ------------------------------------------------------------------


def draw_for_centering(rng: Rng) -> Iterator[Case]:
    for part, per_channel, which in (
        ("mean image", False, "training"),
        ("channel mean", True, "training"),
        ("test images", True, "test"),
        ("test images", False, "test"),
    ):
        shape = (3, int(rng.integers(2, 4)), int(rng.integers(4, 7)))
        level = rng.uniform(0.2, 0.8, (3, 1, 1))
        train, test = (level + 0.1 * rng.normal(size=(n, *shape)) for n in (5, 4))
        yield Case((which, train, test + 0.1, per_channel), part=part)


def center_both(train: np.ndarray, test: np.ndarray, per_channel: bool) -> tuple[Any, Any]:
    mean = channel_mean(train) if per_channel else mean_image(train)
    return center(train, mean), center(test, mean)


def one_part(target, which, *args):
    train, test = target(*args)
    return {"training": train, "test": test}[which]


def draw_orders(rng: Rng) -> Iterator[Case]:
    for part in ("training part", "training part", "test part"):
        counts = rng.integers(4, 9, size=int(rng.integers(3, 5)))
        labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
        order = rng.permutation(len(labels))
        per_class = int(rng.integers(2, 4))
        yield Case((part, labels, order, per_class), part=part)


def stratified_split(
    labels: np.ndarray, order: np.ndarray, per_class: int
) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        chosen[order[labels[order] == label][:per_class]] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


def sorted_part(target, which, *args):
    train, test = target(*args)
    # the order within a part is free, so it is put in order here
    return sorted(int(i) for i in (train if which == "training part" else test))


# --- 9: descent ---------------------------------------------------------------------------------


def draw_descents(rng: Rng) -> Iterator[Case]:
    for part, steps in (("one step", 1), ("many steps", int(rng.integers(20, 30)))):
        for which in ("w", "b"):
            n, d, k = int(rng.integers(12, 16)), int(rng.integers(3, 5)), int(rng.integers(5, 7))
            x, y = rng.normal(0.5, 1.0, (n, d)), rng.integers(k, size=n)
            yield Case((which, x, y, k, float(rng.uniform(0.2, 0.5)), steps), part=part)


def descend(
    x: np.ndarray, y: np.ndarray, classes: int, lr: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    w, b = np.zeros((classes, x.shape[1])), np.zeros(classes)
    for _ in range(steps):
        _, dscores = cross_entropy(x @ w.T + b, y)
        w -= lr * dscores.T @ x
        b -= lr * dscores.sum(axis=0)
    return w, b


def one_weight(target, which, *args):
    w, b = target(*args)
    return w if which == "w" else b


# --- 10: the trained model ----------------------------------------------------------------------


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Brightness 0 … 1 as whole numbers 0 … 240, (N, 8, 8)."""
    return np.round(240 * images[:, 0]).astype(np.uint8)


def digits_file() -> bytes:
    training, _ = released_and_hidden()
    return archive(images=as_bytes(training.images), labels=training.labels)


def draw_digits(rng: Rng) -> Iterator[Case]:
    _, held_out = released_and_hidden()
    for part in ("as scanned", "dim and pale"):
        chosen = rng.choice(len(held_out), 150, replace=False)
        images = as_bytes(held_out.images[chosen]).astype(float)
        images = np.clip(images + rng.normal(0, 6, images.shape), 0, 240)
        if part == "dim and pale":
            contrast, paper = rng.uniform(0.15, 0.4), rng.uniform(60, 120)
            images = paper + contrast * images
        yield Case((np.round(images).astype(np.uint8),), part=part, truth=held_out.labels[chosen])


def call_with_copy(target, images):
    return target(images.copy())


def standardized(images: np.ndarray) -> np.ndarray:
    """Each image with mean 0 and spread 1, as a row."""
    rows = images.reshape(len(images), -1).astype(float)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / rows.std(axis=1, keepdims=True)


@functools.cache
def classifier() -> Any:
    training, _ = released_and_hidden()
    rows = standardized(as_bytes(training.images))
    return train_linear(rows, training.labels, 10)


def predict_digits(images: np.ndarray) -> np.ndarray:
    return classifier().predict(standardized(images))


# --- the problem set ----------------------------------------------------------------------------

PROBLEM_SET = ProblemSet(
    id="ps01_image_classification",
    title="Image classification",
    chapter=CHAPTER,
    files={"digits.npz": digits_file},
    exercises=(
        Exercise(
            id="color_histogram",
            title="Which colours, and how much of each",
            points=4,
            objective="Describe an image by the joint histogram of its colours.",
            section=section("cls-color-histogram"),
            reference=histogram,
            cases=draw_colored,
            hints={
                "one image": "Two bins a channel make 2 × 2 × 2 = 8 boxes. The red bin runs "
                "slowest: box = (q_red · bins + q_green) · bins + q_blue.",
                "several bins": "Each row counts the pixels of its own image only, and is divided "
                "by their number.",
                "the brightest pixels": "Into which bin does a value of exactly 1 fall?",
            },
        ),
        Exercise(
            id="orientation_histogram",
            title="Which way the edges run",
            points=4,
            objective="Describe an image by how much edge it has in each direction.",
            section=section("cls-hog"),
            reference=orientation_histogram,
            cases=draw_slopes,
            hints={
                "four directions": "The angle is arctan2(gy, gx) modulo π, and a pixel votes with "
                "its strength √(gx² + gy²), not with 1.",
                "other numbers of bins": "A bin is π / bins wide.",
                "opposite edges": "Dark to light and light to dark are one direction here. Compare "
                "*Count the edges: HOG*.",
                "a flat image": "No edges, no votes: return zeros, not a division by zero.",
            },
        ),
        Exercise(
            id="softmax",
            title="From scores to shares",
            points=3,
            objective="Turn scores into probabilities without overflow.",
            section=section("cls-softmax"),
            reference=softmax,
            cases=draw_for_softmax,
            hints={
                "one image": "p_k = exp(s_k) / Σ_j exp(s_j), along the last axis.",
                "several images": "Each row is normalized by itself: which axis, and is it kept?",
                "large scores": "exp(900) is infinite. Adding a constant to all scores of an image "
                "changes nothing, so choose one. Compare *Softmax and cross-entropy*.",
            },
        ),
        Exercise(
            id="cross_entropy",
            title="The price of a wrong belief",
            points=5,
            objective="Implement cross-entropy and derive its gradient with respect to the scores.",
            section=section("cls-softmax"),
            reference=cross_entropy,
            cases=lambda rng: draw_labelled(rng, ("loss", "large scores", "gradient")),
            driver=one_result,
            weights={"gradient": 2},
            hints={
                "loss": "Minus the logarithm of the probability of the true class, averaged over "
                "the images.",
                "large scores": "A probability may round to 0, and log 0 is not a number to train "
                "on. Take the logarithm of the formula, not of its result.",
                "gradient": "Work it out for one image: it is a difference of two vectors. Then "
                "the mean over N images.",
            },
        ),
        Exercise(
            id="hinge",
            title="Enough is enough",
            points=5,
            objective="Implement the multiclass hinge loss and its gradient.",
            section=section("cls-hinge"),
            reference=hinge,
            cases=lambda rng: draw_labelled(rng, ("loss", "gradient", "gradient")),
            driver=one_result,
            hints={
                "loss": "Sum over the wrong classes of max(0, s_j − s_y + 1), then the mean over "
                "the images. The true class has no term.",
                "gradient": "Each class within the margin pushes its own score down by 1/N and the "
                "true one up by as much.",
            },
        ),
        Exercise(
            id="cat_car_frog",
            title="Cat, car, frog",
            points=3,
            objective="Compute both losses by hand on three images, and see what moves them.",
            section=section("cls-cat-car-frog"),
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
        ),
        Exercise(
            id="center_both",
            title="Whose mean?",
            points=3,
            objective="Centre training and test images by what the training images say.",
            section=section("cls-centering"),
            reference=center_both,
            cases=draw_for_centering,
            driver=one_part,
            weights={"test images": 2},
            hints={
                "mean image": "One mean for every pixel of every channel: average over the images.",
                "channel mean": "Three numbers: average over images, rows and columns.",
                "test images": "Which mean did the classifier see when it was trained? Compare "
                "*Zero-centring, and what it is for*.",
            },
        ),
        Exercise(
            id="stratified_split",
            title="A fair cut",
            points=3,
            objective="Split a dataset so that each class is represented and no image is in both.",
            section=section("cls-splits"),
            reference=stratified_split,
            cases=draw_orders,
            driver=sorted_part,
            tolerance=EXACT,
            hints={
                "training part": "Go through `order` and take an image if its class still has a "
                "place. Return positions in `labels`, not positions in `order`.",
                "test part": "Everything else, each image once.",
            },
        ),
        Exercise(
            id="train_linear",
            title="Down the slope",
            points=4,
            objective="Train a linear classifier by gradient descent.",
            section=section("cls-linear"),
            reference=descend,
            cases=draw_descents,
            driver=one_weight,
            builds_on=("cross_entropy",),
            hints={
                "one step": "Start at zero. scores = x wᵀ + b; dw = dscoresᵀ x, db = the sum of "
                "dscores over the images.",
                "many steps": "Compute the scores anew in each step, from the weights as they are.",
            },
        ),
        Exercise(
            id="predict",
            title="Digits in poor light",
            points=4,
            objective="Train a classifier that does not depend on brightness and contrast.",
            section=section("cls-principles"),
            kind="model",
            reference=predict_digits,
            cases=draw_digits,
            driver=call_with_copy,
            measure={
                "as scanned": Measure("accuracy", at_least=0.88),
                "dim and pale": Measure("accuracy", at_least=0.86),
            },
            builds_on=("train_linear",),
            hints={
                "as scanned": "What accuracy do you reach on a part of digits.npz that you keep "
                "for validation? More steps, or a larger learning rate?",
                "dim and pale": "Someone photographed the digits in poor light: paper grey, ink "
                "pale. What can you do to every single image so that this drops out?",
            },
        ),
        Exercise(
            id="three_principles",
            title="Invariance, parameters, capacity",
            points=2,
            objective="Explain a comparison of two pipelines by the three principles.",
            section=section("cls-principles"),
            kind="written",
        ),
    ),
)
