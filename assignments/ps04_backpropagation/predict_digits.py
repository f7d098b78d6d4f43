"""A network of your own: train a network from its parts, on real images, and use it on others."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.check.measure import Measure
from cvlib.datasets import Dataset
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.grading.spec.digits import flickered, for_checks, for_the_judge, sorted_digits
from cvlib.layers import Sequential
from cvlib.training import predict

from .common import (
    Array,
    Prepare,
    Rng,
    dense,
    learn,
    shuffled_apart,
    some_of,
    trained_later,
    with_noise,
)

#: Strength of the ink, what the light adds to a row, and noise on top.
LIGHT: dict[str, tuple[tuple[float, float], tuple[float, float], float]] = {
    "clean": ((0.3, 0.35), (0, 10), 0.1),
    "noisy": ((0.3, 0.35), (0, 10), 0.5),
    "dim": ((0.23, 0.27), (0, 10), 0.1),
}


def draw_readable(rng: Rng, unseen: Callable[[], Dataset] = for_the_judge) -> Iterator[Case]:
    for part, (ink, paper, noise) in LIGHT.items():
        images, labels = some_of(rng, unseen(), 200)
        images = with_noise(rng, flickered(rng, images, ink, paper), noise)
        yield Case((images,), part=part, truth=labels)


def even_ink(images: np.ndarray) -> np.ndarray:
    """Each image without the paper of its rows, and with spread 1."""
    ink = images - images.mean(axis=2, keepdims=True)
    return (ink / ink.std(axis=(1, 2), keepdims=True))[:, None].astype(np.float32)


@functools.cache
def good_digits() -> Sequential:
    return learn(dense(64), even_ink)


def predict_digits(images: np.ndarray) -> np.ndarray:
    return predict(good_digits(), even_ink(images))


DIGITS = {
    "clean": Measure("accuracy", at_least=0.85),
    "noisy": Measure("accuracy", at_least=0.81),
    "dim": Measure("accuracy", at_least=0.85),
}


variants = Variants()
EXERCISE = Exercise(
    id="predict_digits",
    title="A network of your own",
    objective="Train a network from its parts, on real images, and use it on others.",
    section="04_backpropagation#bp-sgd",
    kind="model",
    reference=predict_digits,
    cases=draw_readable,
    checks=functools.partial(draw_readable, unseen=for_checks),
    measure=DIGITS,
    builds_on=(
        "linear_backward",
        "activation_backward",
        "weight_std",
        "momentum_step",
        "learning_rate",
        "stop_training",
    ),
    hints={
        "clean": "Does the training loss fall? If not, check your backward with "
        "gradient_check. The file is sorted by digit: shuffle before you keep some aside, "
        "and in every epoch. Is it right on the digits of the file? Then think of the lamp: what "
        "can you do to a row so that what was added to it drops out?",
        "noisy": "Is it right on clean digits? Then it may have learnt too few of them too "
        "well; see what its validation loss does.",
        "dim": "What would make a dim digit look like a bright one, before the network "
        "sees it? Or train on some that you dimmed.",
    },
    variants=variants,
)


def plain_ink(images: Array) -> Array:
    return (images[:, None] / 16 - 0.3).astype(np.float32)


def learn_in_order(network: Sequential, prepare: Prepare) -> Sequential:
    """Mini-batches as they come in a file that is sorted by label."""
    images, labels = sorted_digits()
    for start in list(range(0, len(images), 25)) * 5:
        batch = images[start : start + 25], labels[start : start + 25]
        learn(network, prepare, epochs=1, lr=0.05, sgd=True, data=batch)
    return network


def digits_mutant(
    name: str, misconception: str, make: Callable[[], Sequential], prepare: Prepare = even_ink
) -> None:
    variants.mutant(misconception)(trained_later(name, make, prepare))


def standardized(images: Array) -> Array:
    x = images.astype(np.float32)
    x -= x.mean(axis=(1, 2), keepdims=True)
    return (x / x.std(axis=(1, 2), keepdims=True))[:, None]


def as_a_negative(images: Array) -> Array:
    return (1 - images[:, None] / 16).astype(np.float32)


@functools.cache
def tanh_digits() -> Sequential:
    network = dense(64, activation="tanh", init="xavier")
    return learn(network, even_ink, epochs=25, lr=0.03, sgd=True)


digits_mutant(
    "never_saw_the_lamp",
    "Your network reads digits as they are in the file: it has learnt how white paper and how dark "
    "ink is. Take the light out before the network sees an image, or train on images to which you "
    "did what the lamp does. See *LeNet-5 in pure NumPy*.",
    lambda: learn(dense(64), plain_ink),
    plain_ink,
)


digits_mutant(
    "one_paper_for_the_image",
    "You even out every image as a whole. The lamp gives each row of it another paper, and that is "
    "still there. See *LeNet-5 in pure NumPy*.",
    lambda: learn(dense(64), standardized),
    standardized,
)


digits_mutant(
    "forgets_to_prepare",
    "These predictions look like those of a good network that is handed raw pixels. Whatever "
    "was done to the images before training, predict_digits has to do as well. See *LeNet-5 in "
    "pure NumPy*.",
    lambda: learn(dense(64), as_a_negative),
    lambda images: images[:, None].astype(np.float32),
)


digits_mutant(
    "never_shuffled",
    "Trained in the order of the file, which is sorted: the network sees zeros, then ones, and "
    "in the end forgets all but the last digits. Mini-batches are drawn at random. See *A step "
    "downhill*.",
    lambda: learn_in_order(dense(64), even_ink),
)


digits_mutant(
    "rate_too_large",
    "Every image is a 0 for this network: its weights are not numbers any more, and the argmax of "
    "NaN is 0. The learning rate was too large. See *A step downhill*.",
    lambda: learn(dense(64), even_ink, epochs=2, lr=1e6, sgd=True),
)


digits_mutant(
    "started_at_zero",
    "All weights started at 0, so all hidden units are the same and their gradients are 0: only "
    "the last bias learns, and every image gets the same digit. See *How large should the first "
    "weights be?*",
    lambda: learn(dense(64, init="zeros"), even_ink, epochs=1),
)


digits_mutant(
    "stopped_too_early",
    "This is a network after one epoch or less. It has begun to read: train on until the "
    "validation loss stops falling. See *When to stop*.",
    lambda: learn(dense(64), even_ink, epochs=1, lr=0.001),
)


digits_mutant(
    "labels_apart",
    "Images and labels were shuffled apart: the network learnt nothing that holds for other "
    "digits. Index both with the same permutation. See *A step downhill*.",
    lambda: learn(dense(64), even_ink, data=shuffled_apart()),
)


digits_mutant(
    "turned_images",
    "The images reach the network column by column here, row by row in training, or the other way "
    "round. Flatten both in the same order. See *From numbers to layers*.",
    good_digits,
    lambda images: even_ink(images.transpose(0, 2, 1)),
)


@variants.mutant(
    "Your digits are right but for one: a 3 is called 4. The classes count from 0, as argmax does. "
    "See *The loss: where the gradient starts*.",
)
def one_too_many(images):
    return predict(good_digits(), even_ink(images)) + 1


def in_poor_light(images: Array, rng: Any) -> Array:
    return flickered(rng, images, (0.2, 0.45), (0, 9)) + rng.normal(0, 0.5, images.shape)


def without_paper(images: Array) -> Array:
    return ((images - images.mean(axis=2, keepdims=True)) / 16)[:, None].astype(np.float32)


variants.alternative(
    trained_later(
        "takes_the_paper_out_alone",  # the largest score does not ask how dark the ink is
        lambda: learn(dense(64), without_paper),
        without_paper,
    )
)


variants.alternative(
    trained_later(
        "trains_in_poor_light",
        lambda: learn(dense(64), plain_ink, epochs=60, vary=in_poor_light),
        plain_ink,
    )
)


variants.alternative(trained_later("tanh_by_momentum", tanh_digits, even_ink))
