"""Whose mean? Centre training and test images by what the training images say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.datasets import center, channel_mean, mean_image
from cvlib.grading.spec import Case, Exercise, Variants

from .common import Rng


def draw_for_centering(rng: Rng) -> Iterator[Case]:
    for part, per_channel, which in (
        ("mean image", False, "training"),
        ("channel mean", True, "training"),
        ("test images", True, "test"),
        ("test images", False, "test"),
    ):
        shape = (int(rng.choice([2, 4])), 3, int(rng.integers(5, 7)))
        level = rng.uniform(0.2, 0.8, (shape[0], 1, 1))
        train, test = (level + 0.1 * rng.normal(size=(n, *shape)) for n in (5, 4))
        yield Case((which, train, test + 0.1, per_channel), part=part)


def center_both(train: np.ndarray, test: np.ndarray, per_channel: bool) -> tuple[Any, Any]:
    mean = channel_mean(train) if per_channel else mean_image(train)
    return center(train, mean), center(test, mean)


def one_part(target, which, *args):
    train, test = target(*args)
    return {"training": train, "test": test}[which]


variants = Variants()
EXERCISE = Exercise(
    id="center_both",
    title="Whose mean?",
    objective="Centre training and test images by what the training images say.",
    section="01_image_classification#cls-centering",
    reference=center_both,
    cases=draw_for_centering,
    driver=one_part,
    weights={"test images": 2},
    hints={
        "mean image": "One mean for every pixel of every channel: average over the images.",
        "channel mean": "One number a channel: average over images, rows and columns.",
        "test images": "Which mean did the classifier see when it was trained? Compare "
        "*Zero-centring, and what it is for*.",
    },
    variants=variants,
)


@variants.mutant(
    "You centred the test images by their own mean. Then a test set of dark images looks like a "
    "bright one, and the classifier was never told. See *Zero-centring, and what it is for*.",
)
def own_mean_for_test(train, test, per_channel):
    return center_both(train, train, per_channel)[0], center_both(test, test, per_channel)[0]


@variants.mutant(
    "You computed the mean over training and test images together: the test set has then helped to "
    "make the classifier. See *Train, validation, test*.",
)
def pooled_mean(train, test, per_channel):
    axes = (0, 2, 3) if per_channel else 0
    mean = np.concatenate([train, test]).mean(axis=axes, keepdims=True)
    return train - mean, test - mean


@variants.mutant(
    "You left the test images as they were. What was subtracted in training must be subtracted at "
    "test time, too. See *Zero-centring, and what it is for*.",
)
def test_untouched(train, test, per_channel):
    return center_both(train, test, per_channel)[0], test


@variants.mutant(
    "You subtracted from every image its own mean: that takes each image's brightness away, a "
    "different operation. One mean serves them all. See *Zero-centring, and what it is for*.",
)
def mean_of_each_image(train, test, per_channel):
    axes = (2, 3) if per_channel else (1, 2, 3)
    return tuple(x - x.mean(axis=axes, keepdims=True) for x in (train, test))


@variants.mutant(
    "You subtracted one number, the mean of everything. The channels have different means, and so "
    "have the pixels. See *Zero-centring, and what it is for*.",
)
def one_number(train, test, per_channel):
    return train - train.mean(), test - train.mean()


@variants.mutant(
    "You took per_channel the wrong way round: when it is true, the mean is one number a channel, "
    "and otherwise a whole image. See *Zero-centring, and what it is for*.",
)
def the_other_kind(train, test, per_channel):
    return center_both(train, test, not per_channel)


@variants.mutant(
    "You divided by the standard deviation as well. Centring subtracts a mean and leaves the scale "
    "alone. See *Zero-centring, and what it is for*.",
)
def divides_too(train, test, per_channel):
    train, test = center_both(train, test, per_channel)
    return train / train.std(), test / train.std()


@variants.alternative
def with_axes(train, test, per_channel):
    mean = train.mean(axis=(0, 2, 3) if per_channel else (0,), keepdims=True)
    return train - mean, test - mean


@variants.alternative
def summing_up(train, test, per_channel):
    total = sum(train) / len(train)
    if per_channel:
        total = np.array([channel.mean() for channel in total]).reshape(-1, 1, 1)
    return [x - total for x in train], np.stack([x - total for x in test])
