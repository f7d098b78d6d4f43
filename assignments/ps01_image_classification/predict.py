"""Digits in poor light: train a classifier that does not depend on brightness and contrast."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.measure import Measure
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.grading.spec.digits import released_and_hidden
from cvlib.shallow import train_linear

from .common import Rng, as_bytes


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


variants = Variants()
EXERCISE = Exercise(
    id="predict",
    title="Digits in poor light",
    objective="Train a classifier that does not depend on brightness and contrast.",
    section="01_image_classification#cls-principles",
    kind="model",
    reference=predict_digits,
    cases=draw_digits,
    driver=call_with_copy,
    measure=Measure("accuracy", at_least=0.85),
    builds_on=("train_linear",),
    hints={
        "as scanned": "What accuracy do you reach on a part of digits.npz that you keep "
        "for validation? More steps, or a larger learning rate?",
        "dim and pale": "Someone photographed the digits in poor light: paper grey, ink "
        "pale. What can you do to every single image so that this drops out?",
    },
    variants=variants,
)


@functools.cache
def raw_classifier() -> Any:
    training, _ = released_and_hidden()
    rows = as_bytes(training.images).reshape(len(training), -1).astype(float)
    return train_linear(rows, training.labels, 10)


@variants.mutant(
    "Your classifier does well on the digits as scanned and fails when the paper is grey: it has "
    "learned how black ink is. Put every image on one scale first. See *Three principles, "
    "measured*.",
)
def learned_the_light(images):
    return raw_classifier().predict(images.reshape(len(images), -1).astype(float))


@variants.mutant(
    "Your labels are off by one. Class k is digit k here, counted from 0. See *One template a "
    "class*.",
)
def counts_from_one(images):
    return predict_digits(images) + 1


@variants.mutant(
    "You returned the class with the lowest score. The class whose template fits best has the "
    "highest. See *One template a class*.",
)
def lowest_score(images):
    return classifier().scores(standardized(images)).argmin(axis=1)


@variants.mutant(
    "It looks as if you put the images in shape in another way than in training: rows and columns "
    "are exchanged. See *Zero-centring, and what it is for*.",
)
def transposed(images):
    return predict_digits(images.swapaxes(1, 2))


@variants.alternative
def nearest_neighbour(images):
    training, _ = released_and_hidden()
    known = standardized(as_bytes(training.images))
    return training.labels[(standardized(images) @ known.T).argmax(axis=1)]


@functools.cache
def stretched_classifier() -> Any:
    training, _ = released_and_hidden()
    rows = stretched(as_bytes(training.images))
    return train_linear(rows, training.labels, 10, loss="hinge")


def stretched(images: Any) -> Any:
    rows = images.reshape(len(images), -1).astype(float)
    low, high = np.percentile(rows, [5, 95], axis=1)[:, :, None]
    return (rows - low) / (high - low)


@variants.alternative
def stretches_the_contrast(images):
    return stretched_classifier().predict(stretched(images)).tolist()
