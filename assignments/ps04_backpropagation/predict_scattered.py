"""LeNet, in NumPy: train a convolutional network in pure NumPy, from layers of one's own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.activations import Activation
from cvlib.check.measure import Measure
from cvlib.datasets import Dataset
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.grading.spec.digits import for_checks, for_the_judge, sorted_digits
from cvlib.layers import Conv2d, Flatten, Linear, MaxPool2d, Sequential
from cvlib.training import predict

from .common import (
    Array,
    Prepare,
    Rng,
    dense,
    learn,
    shuffled_apart,
    some_of,
    trained,
    trained_later,
    with_noise,
)

SHEET, DIGIT = 14, 8


def scatter(rng: Rng, images: np.ndarray, corners: bool = False) -> np.ndarray:
    """Lay images (N, 8, 8) out on empty sheets of 14 × 14, anywhere or in the corners."""
    room = SHEET - DIGIT
    places = rng.integers(0, room + 1, (len(images), 2))
    places = places // (room // 2 + 1) * room if corners else places
    sheets = np.zeros((len(images), SHEET, SHEET), images.dtype)
    for sheet, image, (top, left) in zip(sheets, images, places, strict=True):
        sheet[top : top + DIGIT, left : left + DIGIT] = image
    return sheets


def draw_scattered(
    rng: Rng, unseen: Callable[[], Dataset] = for_the_judge, count: int = 200
) -> Iterator[Case]:
    for part in SCATTERED:
        images, labels = some_of(rng, unseen(), count)
        sheets = scatter(rng, with_noise(rng, images, 0.3), corners=part == "corners")
        sheets = with_noise(rng, sheets, 2.0) if part == "noisy" else sheets
        yield Case((sheets,), part=part, truth=labels)


@functools.cache
def lenet() -> Sequential:
    """The network that the exercise describes."""
    rng = np.random.default_rng(0)
    network = Sequential(
        *(Conv2d(1, 12, 3, rng=rng), Activation("relu"), MaxPool2d(2)),
        *(Conv2d(12, 48, 3, rng=rng), Activation("relu"), MaxPool2d(4)),
        *(Flatten(), Linear(48, 10, rng=rng)),
    )
    return trained(network, rng, ink, scatter, epochs=12, lr=0.015)


def ink(images: np.ndarray) -> np.ndarray:
    return (images[:, None] / 8 - 0.5).astype(np.float32)


def predict_scattered(sheets: np.ndarray) -> np.ndarray:
    return predict(lenet(), ink(sheets))


SCATTERED = {
    "scattered": Measure("accuracy", at_least=0.90),
    "corners": Measure("accuracy", at_least=0.86),
    "noisy": Measure("accuracy", at_least=0.83),
}


variants = Variants()
EXERCISE = Exercise(
    id="predict_scattered",
    title="LeNet, in NumPy",
    objective="Train a convolutional network in pure NumPy, from layers of one's own.",
    section="04_backpropagation#bp-lenet",
    kind="model",
    reference=predict_scattered,
    cases=draw_scattered,
    # few: the nearest of many sheets with a digit in a corner shows the same digit in that corner
    checks=functools.partial(draw_scattered, unseen=for_checks, count=80),
    measure=SCATTERED,
    builds_on=(
        "linear_backward",
        "activation_backward",
        "Pool2d",
        "weight_std",
        "Adam",
        "learning_rate",
    ),
    hints={
        "scattered": "Check the network's backward on four sheets in float64 with "
        "gradient_check. Then: does it fall, is the last rate 0, are the sheets of each "
        "epoch new ones?",
        "corners": "Can a digit at the border be seen as one in the middle can? Train on "
        "sheets from scatter, which reach the corners.",
        "noisy": "When scattered ones are read well and noisy ones are not, train longer, "
        "or add some noise to your own sheets.",
    },
    variants=variants,
)


def convolutional(activation: str = "relu") -> Sequential:
    rng = np.random.default_rng(0)
    return Sequential(
        *(Conv2d(1, 12, 3, rng=rng), Activation(activation), MaxPool2d(2)),
        *(Conv2d(12, 48, 3, rng=rng), Activation(activation), MaxPool2d(4)),
        *(Flatten(), Linear(48, 10, rng=rng)),
    )


def scattered_mutant(
    name: str, misconception: str, make: Callable[[], Sequential], prepare: Prepare = ink
) -> None:
    variants.mutant(misconception)(trained_later(name, make, prepare))


def scattered(images: Array, rng: Any) -> Array:
    sheets = np.zeros((len(images), 14, 14), images.dtype)
    for sheet, image, (top, left) in zip(
        sheets, images, rng.integers(0, 7, (len(images), 2)), strict=True
    ):
        sheet[top : top + 8, left : left + 8] = image
    return sheets


def centre(images: Array, rng: Any = None) -> Array:
    return np.pad(images, ((0, 0), (3, 3), (3, 3)))


@functools.cache
def good_lenet() -> Sequential:
    return learn(convolutional(), ink, epochs=6, lr=0.015, vary=scattered)


scattered_mutant(
    "no_convolution",
    "A network without convolution has to learn every digit anew for each place on the sheet. One "
    "kernel that slides sees it everywhere. See *LeNet-5 in pure NumPy*.",
    lambda: learn(dense(196), ink, vary=scattered),
)


scattered_mutant(
    "never_left_the_centre",
    "Your network reads digits in the middle of the sheet: it was trained on those. A convolution "
    "moves with the digit, the last layer does not; train on scattered ones. See *LeNet-5 in pure "
    "NumPy*.",
    lambda: learn(convolutional(), ink, epochs=3, lr=0.015, vary=centre),
)


scattered_mutant(
    "forgets_the_ink",
    "These predictions look like those of a good network that is handed raw pixels. Whatever was "
    "done to the sheets in training, predict_scattered has to do as well. See *LeNet-5 in pure "
    "NumPy*.",
    good_lenet,
    lambda sheets: sheets[:, None].astype(np.float32),
)


scattered_mutant(
    "rate_too_large",
    "Every sheet is a 0 for this network: its weights are not numbers any more, and the argmax of "
    "NaN is 0. The learning rate was too large. See *A step downhill*.",
    lambda: learn(
        convolutional(),
        ink,
        epochs=1,
        lr=1e6,
        sgd=True,
        vary=scattered,
        data=tuple(a[::10] for a in sorted_digits()),
    ),
)


scattered_mutant(
    "stopped_too_early",
    "This is a network after one epoch. It has begun to read; go on until the loss no longer "
    "falls. See *When to stop*.",
    lambda: learn(convolutional(), ink, epochs=1, lr=0.003, vary=scattered),
)


scattered_mutant(
    "labels_apart",
    "Sheets and labels were shuffled apart: the network learnt nothing that holds for other "
    "digits. Index both with the same permutation. See *A step downhill*.",
    lambda: learn(convolutional(), ink, epochs=1, vary=scattered, data=shuffled_apart()),
)


scattered_mutant(
    "turned_sheets",
    "Rows and columns of the sheets are exchanged here, or were in training. Keep (N, C, H, W) in "
    "this order throughout. See *From numbers to layers*.",
    good_lenet,
    lambda sheets: ink(sheets.transpose(0, 2, 1)),
)


def negative(sheets: Array) -> Array:
    return 0.5 - ink(sheets)


variants.alternative(
    trained_later(
        "elu_on_inverted_sheets",
        lambda: learn(convolutional("elu"), negative, epochs=12, lr=0.015, vary=scattered),
        negative,
    )
)


variants.alternative(
    trained_later(
        "by_momentum",
        lambda: learn(convolutional("elu"), ink, epochs=14, lr=0.03, sgd=True, vary=scattered),
        ink,
    )
)
