"""The loose tray: train a classifier for pictures that move, from pictures that do not."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.check.measure import Measure
from cvlib.datasets import Dataset
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.grading.spec.digits import for_checks, for_the_judge, grey_values, released

from .common import MARGIN, MOVES, Rng, framed, softmax, training_digits


def moved_by(images: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Each image moved by (rows, columns) of at most the margin, so nothing is cut off."""
    return np.stack([np.roll(i, p, (0, 1)) for i, p in zip(images, places, strict=True)])


#: The eight places one pixel off the middle.
NEAR = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j])


def draw_digits(
    rng: Rng, unseen: Callable[[], Dataset] = for_the_judge, count: int = 200
) -> Iterator[Case]:
    images, labels = framed(unseen())
    for part in ("by one pixel", "anywhere"):
        picked = rng.permutation(len(images))[:count]
        places = rng.choice(NEAR, count)
        if part == "anywhere":
            places = rng.integers(-MARGIN, MARGIN + 1, (count, 2))
            far = rng.random(count) < 0.5
            places[:, 0] = np.where(far, MARGIN * rng.choice([-1, 1], count), places[:, 0])
        yield Case((moved_by(images[picked], places),), part=part, truth=labels[picked])


@functools.cache
def shifted_memory() -> tuple[np.ndarray, np.ndarray]:
    """Every training digit at every place."""
    images, labels = training_digits()
    reach = range(-MARGIN, MARGIN + 1)
    copies = [np.roll(images, (i, j), (1, 2)) for i in reach for j in reach]
    known = np.concatenate(copies).reshape(-1, 144).astype(float)
    return known, np.tile(labels, len(copies))


def nearest(images: np.ndarray) -> np.ndarray:
    known, labels = shifted_memory()
    x = np.asarray(images, float).reshape(len(images), -1)
    distances = np.square(known).sum(axis=1) - 2 * x @ known.T
    return labels[distances.argmin(axis=1)]


def ask(target, images):
    return target(images)


variants = Variants()
EXERCISE = Exercise(
    id="predict",
    title="The loose tray",
    objective="Train a classifier for pictures that move, from pictures that do not.",
    section="05_regularization#reg-augmentation",
    kind="model",
    reference=nearest,
    cases=draw_digits,
    # few: the nearest of many moved pictures shows the same digit at the same place
    checks=functools.partial(draw_digits, unseen=for_checks, count=80),
    driver=ask,
    measure=Measure("accuracy", at_least=0.85),
    seconds=60.0,
    hints={
        "by one pixel": "Is a picture treated in predict exactly as in training? Is the "
        "training long enough? With moved pictures it needs more epochs.",
        "anywhere": "Show the network each digit at other places, up to 2 pixels along "
        "both axes, and with its own label. Compare "
        "*Augmentation: the same picture, seen differently*.",
    },
    variants=variants,
)


@functools.cache
def padded_digits() -> tuple[np.ndarray, np.ndarray]:
    """The 400 digits of ``digits.npz``."""
    pixels = np.pad(grey_values(released().images[:400]), ((0, 0), (2, 2), (2, 2)))
    return pixels.astype(float), released().labels[:400]


@functools.cache
def network(change: str, epochs: int, labels: str = "own") -> Any:
    """The notebook's network, trained with one of the changes below."""
    rng = np.random.default_rng(0)
    images, known = padded_digits()
    known = np.roll(known, 1) if labels == "rolled" else known
    w1 = rng.normal(size=(144, 100)) * np.sqrt(2 / 144)
    w2 = rng.normal(size=(100, 10)) * np.sqrt(2 / 100)
    weights = [w1, np.zeros(100), w2, np.zeros(10)]
    velocities = [np.zeros_like(w) for w in weights]
    for epoch in range(epochs):
        x_all = CHANGES[change](images, rng).reshape(400, 144) / 16
        for batch in np.array_split(rng.permutation(400), 16):
            w1, b1, w2, b2 = weights
            x = x_all[batch]
            h = np.maximum(x @ w1 + b1, 0)
            dscores = (softmax(h @ w2 + b2) - np.eye(10)[known[batch]]) / len(batch)
            dh = (dscores @ w2.T) * (h > 0)
            found = [x.T @ dh, dh.sum(axis=0), h.T @ dscores, dscores.sum(axis=0)]
            for w, v, g in zip(weights, velocities, found, strict=True):
                v *= 0.9
                v -= 0.1 * (1 - epoch / epochs) * g
                w += v
    return weights


def moved(images: np.ndarray, rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    places = np.stack([rng.integers(-r, r + 1, len(images)) for r in (rows, columns)], axis=1)
    return np.stack([np.roll(i, p, (0, 1)) for i, p in zip(images, places, strict=True)])


CHANGES = {
    "nothing": lambda images, rng: images,
    "anywhere": lambda images, rng: moved(images, rng, 2, 2),
    "one pixel": lambda images, rng: moved(images, rng, 1, 1),
    "columns": lambda images, rng: moved(images, rng, 0, 2),
    "mirror": lambda images, rng: np.where(
        (rng.random(len(images)) < 0.5)[:, None, None], images[..., ::-1], images
    ),
}


def answer(weights: Any, images: np.ndarray, scale: float = 16.0) -> np.ndarray:
    w1, b1, w2, b2 = weights
    x = np.asarray(images, float).reshape(len(images), -1) / scale
    return (np.maximum(x @ w1 + b1, 0) @ w2 + b2).argmax(axis=1)


@variants.mutant(
    "Your network does well in the middle and badly elsewhere, as one that has seen the training "
    f"pictures only as they are. Show it each digit at other places, too. See {MOVES}.",
)
def never_moves(images):
    return answer(network("nothing", 60), images)


@variants.mutant(
    "Your network answers like one whose pictures were moved by one pixel at most. The tray moves "
    f"them by two. See {MOVES}.",
)
def moves_too_little(images):
    return answer(network("one pixel", 100), images)


@variants.mutant(
    "Your network has learned digits that move sideways. The tray moves them up and down as well. "
    f"See {MOVES}.",
)
def moves_sideways(images):
    return answer(network("columns", 100), images)


@variants.mutant(
    "Your network answers like one that was trained on mirror images. They teach it digits that do "
    "not exist, and nothing about places. See *When is a flip wrong?*",
)
def mirrors(images):
    return answer(network("mirror", 60), images)


@variants.mutant(
    "Your predictions are no better than guessing, as when pictures and labels have come out of "
    "step: a picture that is moved or copied must take its own label along. See "
    f"{MOVES}.",
)
def labels_out_of_step(images):
    return answer(network("anywhere", 60, "rolled"), images)


@variants.alternative
def a_moved_network(images):
    return answer(network("anywhere", 250), images)


@variants.alternative
def finds_the_digit_first(images):
    """Moves each picture so that its digit sits in the middle, then asks its neighbours."""
    known, labels = padded_digits()

    def centred(pictures: np.ndarray) -> np.ndarray:
        result = []
        for picture in np.asarray(pictures, float):
            rows, columns = (np.flatnonzero(picture.sum(axis=a) > 0) for a in (1, 0))
            place = [round(5.5 - (p[0] + p[-1]) / 2) for p in (rows, columns)]
            result.append(np.roll(picture, place, (0, 1)))
        return np.reshape(result, (len(result), -1))

    x, y = centred(images), centred(known)
    return labels[((y**2).sum(axis=1) - 2 * x @ y.T).argmin(axis=1)]
