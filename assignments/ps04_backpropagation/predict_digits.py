"""A network of your own: train a network from its parts, on real images, and use it on others."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.activations import Activation
from cvlib.check.measure import Measure
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.grading.spec.digits import sorted_digits
from cvlib.layers import Flatten, Linear, Sequential
from cvlib.training import predict

from .common import (
    Array,
    Prepare,
    Rng,
    dense,
    draw_held_out,
    learn,
    shuffled_apart,
    trained,
    trained_later,
    with_noise,
)


def draw_readable(rng: Rng) -> Iterator[Case]:
    for part in DIGITS:
        images, labels = draw_held_out(rng)
        images = {
            "clean": with_noise(rng, images, 0.3),  # no picture is in anybody's file
            "noisy": with_noise(rng, images, 3.0),
            "dim": with_noise(rng, images / 5, 0.2),
        }[part]
        yield Case((images,), part=part, truth=labels)


@functools.cache
def digits_network() -> Sequential:
    """One hidden layer, trained on images whose darkest pixel is 1."""
    rng = np.random.default_rng(0)
    network = Sequential(
        Flatten(), Linear(64, 64, rng=rng), Activation("relu"), Linear(64, 10, rng=rng)
    )
    return trained(network, rng, even_ink, epochs=20, lr=0.005)


def even_ink(images: np.ndarray) -> np.ndarray:
    darkest = images.max(axis=(1, 2), keepdims=True)
    return (images / darkest - 0.3)[:, None].astype(np.float32)


def predict_digits(images: np.ndarray) -> np.ndarray:
    return predict(digits_network(), even_ink(images))


DIGITS = {
    "clean": Measure("accuracy", at_least=0.90),
    "noisy": Measure("accuracy", at_least=0.83),
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
        "and in every epoch.",
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
def good_digits() -> Sequential:
    return learn(dense(64), even_ink)


@functools.cache
def tanh_digits() -> Sequential:
    network = dense(64, activation="tanh", init="xavier")
    return learn(network, standardized, lr=0.02, sgd=True)


digits_mutant(
    "never_saw_dim_ink",
    "Your network reads bright digits and fails on dim ones: it has learnt how dark ink is. Even "
    "the ink out before the network sees it, or train on dimmed digits, too. See *LeNet-5 in pure "
    "NumPy*.",
    lambda: learn(dense(64), plain_ink),
    plain_ink,
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


def dimmed(images: Array, rng: Any) -> Array:
    strength = rng.uniform(0.2, 1.0, (len(images), 1, 1))
    return images * strength + rng.normal(0, 1.5 * strength, images.shape)


variants.alternative(
    trained_later(
        "trains_on_dimmed_digits",
        lambda: learn(dense(64), plain_ink, epochs=40, vary=dimmed),
        plain_ink,
    )
)


variants.alternative(trained_later("tanh_by_momentum", tanh_digits, standardized))
