"""Digits in poor light: train a classifier that does not depend on brightness and contrast."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.check.measure import Measure
from cvlib.datasets import Dataset
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.grading.spec.digits import flickered, for_checks, for_the_judge, released
from cvlib.shallow import train_linear

from .common import Rng, as_bytes

#: Strength of the ink and brightness of the paper in each machine.
LIGHT = {"scanner": ((0.25, 0.35), (0, 150)), "copier": ((0.15, 0.25), (60, 180))}


def draw_digits(rng: Rng, unseen: Callable[[], Dataset] = for_the_judge) -> Iterator[Case]:
    for part, (ink, paper) in LIGHT.items():
        chosen = rng.choice(len(unseen()), 150, replace=False)
        images = as_bytes(unseen().images[chosen])
        images = flickered(rng, images, ink, paper) + rng.normal(0, 2, images.shape)
        images = np.clip(np.round(images), 0, 255).astype(np.uint8)
        yield Case((images,), part=part, truth=unseen().labels[chosen])


def call_with_copy(target, images):
    return target(images.copy())


def row_by_row(images: np.ndarray) -> np.ndarray:
    """Each image without the paper of its rows, and with spread 1, as a row."""
    ink = images - images.mean(axis=2, keepdims=True)
    rows = ink.reshape(len(images), -1)
    return rows / rows.std(axis=1, keepdims=True)


@functools.cache
def classifier() -> Any:
    return train_linear(row_by_row(as_bytes(released().images)), released().labels, 10)


def predict_digits(images: np.ndarray) -> np.ndarray:
    return classifier().predict(row_by_row(images))


variants = Variants()
EXERCISE = Exercise(
    id="predict",
    title="Digits in poor light",
    objective="Train a classifier that does not depend on brightness and contrast.",
    section="01_image_classification#cls-principles",
    kind="model",
    reference=predict_digits,
    cases=draw_digits,
    checks=functools.partial(draw_digits, unseen=for_checks),
    driver=call_with_copy,
    measure=Measure("accuracy", at_least=0.82),
    builds_on=("train_linear",),
    hints={
        "scanner": "What accuracy do you reach on a part of digits.npz that you keep "
        "for validation, and on the same part once you have added a number to each row of each "
        "image? What can you do to a row so that it drops out?",
        "copier": "Right on the scanner's images? These have paler ink and darker paper. What "
        "can you do to every single image so that both drop out?",
    },
    variants=variants,
)


@functools.cache
def raw_classifier() -> Any:
    rows = as_bytes(released().images).reshape(len(released()), -1).astype(float)
    return train_linear(rows, released().labels, 10)


@variants.mutant(
    "Your classifier does well on the digits of the file and fails when the paper is grey: it has "
    "learned how black ink is. Put every image on one scale first. See *Three principles, "
    "measured*.",
)
def learned_the_light(images):
    return raw_classifier().predict(images.reshape(len(images), -1).astype(float))


def standardized(images: np.ndarray) -> np.ndarray:
    """Each image with mean 0 and spread 1, as a row."""
    rows = images.reshape(len(images), -1).astype(float)
    rows -= rows.mean(axis=1, keepdims=True)
    return rows / rows.std(axis=1, keepdims=True)


@functools.cache
def standardized_classifier() -> Any:
    return train_linear(standardized(as_bytes(released().images)), released().labels, 10)


@variants.mutant(
    "You put each image as a whole on one scale. That takes out what all its pixels share; the "
    "lamp gives every row of it another paper. See *Three principles, measured*.",
)
def one_paper_for_the_image(images):
    return standardized_classifier().predict(standardized(images))


@functools.cache
def unscaled_classifier() -> Any:
    ink = as_bytes(released().images).astype(float)
    ink -= ink.mean(axis=2, keepdims=True)
    return train_linear(ink.reshape(len(ink), -1), released().labels, 10)


@variants.mutant(
    "You took the paper out of every row in training, and handed predict the images as they "
    "come. Whatever is done to an image before training belongs into predict, too. See "
    "*Zero-centring, and what it is for*.",
)
def forgets_to_prepare(images):
    return unscaled_classifier().predict(images.reshape(len(images), -1).astype(float))


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
    return classifier().scores(row_by_row(images)).argmin(axis=1)


@variants.mutant(
    "It looks as if you put the images in shape in another way than in training: rows and columns "
    "are exchanged. See *Zero-centring, and what it is for*.",
)
def transposed(images):
    return predict_digits(images.swapaxes(1, 2))


@variants.alternative
def nearest_neighbour(images):
    known = row_by_row(as_bytes(released().images))
    return released().labels[(row_by_row(images) @ known.T).argmax(axis=1)]


def steps_along_rows(images: np.ndarray) -> np.ndarray:
    """How brightness changes from each pixel to the next of its row, with spread 1."""
    rows = np.diff(images.astype(float), axis=2).reshape(len(images), -1)
    return rows / rows.std(axis=1, keepdims=True)


@functools.cache
def classifier_of_steps() -> Any:
    rows = steps_along_rows(as_bytes(released().images))
    return train_linear(rows, released().labels, 10)


@variants.alternative
def looks_at_steps(images):
    return classifier_of_steps().predict(steps_along_rows(images)).tolist()
