"""A model trained on real digits, and asked about others, scanned by a lamp that flickers."""

import functools
from collections.abc import Callable, Iterator

import numpy as np

from cvlib.check.measure import Measure
from cvlib.datasets import Dataset
from cvlib.grading.spec import WITHHOLD_ROOMS, Case, Exercise, ProblemSet, Variants
from cvlib.grading.spec.digits import (
    archive,
    flickered,
    for_checks,
    for_the_judge,
    grey_values,
    sorted_digits,
)


def digits_file() -> bytes:
    images, labels = sorted_digits()
    return archive(images=images, labels=labels)


def scans(
    rng: np.random.Generator, unseen: Callable[[], Dataset] = for_the_judge
) -> Iterator[Case]:
    chosen = rng.permutation(len(unseen()))[:200]
    images = flickered(rng, grey_values(unseen().images[chosen]), (0.25, 0.35), (0, 10))
    yield Case((np.round(images).astype(np.uint8),), truth=unseen().labels[chosen])


def even(images: np.ndarray) -> np.ndarray:
    ink = (images - images.mean(axis=2, keepdims=True)).reshape(len(images), -1)
    return ink / ink.std(axis=1, keepdims=True)


def as_it_comes(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(float)


@functools.cache
def weights(prepare: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    images, labels = sorted_digits()
    return np.linalg.lstsq(prepare(images), np.eye(10)[labels], rcond=None)[0]


def predict(images: np.ndarray) -> np.ndarray:
    return (even(images) @ weights(even)).argmax(axis=1)


variants = Variants()


@variants.mutant("The lamp is still there.")
def never_saw_the_lamp(images):
    return (as_it_comes(images) @ weights(as_it_comes)).argmax(axis=1)


PROBLEM_SET = ProblemSet(
    id="ps97_scanner",
    title="A scanner",
    chapter="97_scanner",
    files={"digits.npz": digits_file},
    exercises=(
        Exercise(
            "predict",
            "Predict",
            "train",
            "97_scanner#predict",
            4.0,
            kind="model",
            variants=variants,
            reference=predict,
            cases=scans,
            checks=functools.partial(scans, unseen=for_checks),
            measure=Measure("accuracy", at_least=0.80),
            withhold=WITHHOLD_ROOMS,
            seconds=10.0,
        ),
    ),
)
