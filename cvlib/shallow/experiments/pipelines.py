"""Hand-made descriptors with a linear classifier against a network, on the same images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import Array
from cvlib.datasets import Dataset
from cvlib.shallow.experiments.network import build_network, train_networks
from cvlib.shallow.experiments.tasks import Task
from cvlib.shallow.reference.linear import train_linear

Predict = Callable[[Array], NDArray[np.int64]]
NETWORK = "network"

#: Between which the validation images choose, for each descriptor and for the network.
PENALTIES = (1e-3, 1e-1)
RATES = (5e-3, 2e-2)


@dataclass(frozen=True)
class LearningCurves:
    """What every pipeline got right: accuracy[pipeline] has the shape (seeds, sizes).

    fitted likewise, on the images that it was trained on. trained[seed index][pipeline] predicts,
    trained on the most images; tests are its test images.
    """

    task: str
    sizes: tuple[int, ...]
    accuracy: dict[str, Array]
    fitted: dict[str, Array]
    trained: list[dict[str, Predict]]
    tests: list[Dataset]

    def gain(self, one: str, other: str, size: int) -> Array:
        """Return accuracy of `one` minus accuracy of `other` at a size, seed by seed."""
        column = self.sizes.index(size)
        return np.asarray(self.accuracy[one][:, column] - self.accuracy[other][:, column])


def train_shallow(
    describe: Callable[[Array], Array], training: Dataset, validation: Dataset
) -> Predict:
    """Train a linear classifier on a descriptor, with the penalty that validates best."""
    features, unseen = describe(training.images), describe(validation.images)
    fitted = [
        train_linear(features, training.labels, training.classes, l2=l2, steps=60)
        for l2 in PENALTIES
    ]
    best = max(fitted, key=lambda c: c.accuracy(unseen, validation.labels))
    return lambda images: best.predict(describe(images))


def count_network_parameters(task: Task) -> int:
    """Return how many numbers the network of a task learns."""
    training, _, _ = task.draw(min(task.sizes), 0)
    channels, size = training.images.shape[1:3]
    module = build_network(channels, size, training.classes, width=task.width, seed=0)
    return sum(p.numel() for p in module.parameters())


def learning_curves(task: Task, *, seeds: Sequence[int]) -> LearningCurves:
    """Train and test every pipeline on every number of images, once a seed.

    A seed draws the images, the network's weights and the order of its batches.
    """
    names = [*task.descriptors, NETWORK]
    accuracy, fitted = (
        {name: np.empty((len(seeds), len(task.sizes))) for name in names} for _ in range(2)
    )
    kept, tests = [], []
    runs = [(row, column) for row in range(len(seeds)) for column in range(len(task.sizes))]
    parts = [task.draw(task.sizes[column], seeds[row]) for row, column in runs]
    candidates = [
        train_networks(
            [training for training, _, _ in parts],
            seeds=[seeds[row] for row, _ in runs],
            steps=task.steps,
            width=task.width,
            lr=lr,
        )
        for lr in RATES
    ]
    networks = [
        max(same, key=lambda n: (n.predict(validation.images) == validation.labels).mean())
        for same, (_, validation, _) in zip(zip(*candidates, strict=True), parts, strict=True)
    ]
    for (row, column), (training, validation, test), network in zip(
        runs, parts, networks, strict=True
    ):
        trained: dict[str, Predict] = {
            name: train_shallow(describe, training, validation)
            for name, describe in task.descriptors.items()
        }
        trained[NETWORK] = network.predict
        for name, predict in trained.items():
            for found, data in ((accuracy, test), (fitted, training)):
                found[name][row, column] = (predict(data.images) == data.labels).mean()
        if column == len(task.sizes) - 1:
            kept.append(trained)
            tests.append(test)
    return LearningCurves(task.name, task.sizes, accuracy, fitted, kept, tests)
