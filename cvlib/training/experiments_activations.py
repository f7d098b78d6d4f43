"""Do activations differ in how fast they learn, and in how many of their units die?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.activations import Activation, dead_fraction
from cvlib.datasets import Dataset, load_digits, split
from cvlib.layers import Flatten, Linear, Sequential
from cvlib.optim import SGD
from cvlib.training.fit import accuracy, fit
from cvlib.training.history import History

Array = NDArray[Any]

#: What each activation's weights start from: the scheme that keeps its signals' size.
INITS = {"sigmoid": "xavier", "tanh": "xavier", "relu": "he", "leaky_relu": "he", "elu": "he"}


def digit_parts(seed: int, train: int = 1000, held_out: int = 500) -> tuple[Dataset, Dataset]:
    """Return digits to train on and others to test on, zero-centred by the training mean."""
    parts = split(load_digits(), (train, held_out), seed=seed)
    mean = parts[0].images.mean()
    first, second = (Dataset(p.images - mean, p.labels, p.class_names) for p in parts)
    return first, second


def perceptron(
    activation: str,
    rng: np.random.Generator,
    *,
    hidden: Sequence[int] = (50, 50, 50),
    **options: float,
) -> Sequential:
    """Build a fully connected network for 8 × 8 digits, drawn by the activation's own scheme."""
    layers: list[Any] = [Flatten()]
    widths = (64, *hidden)
    for inputs, outputs in pairwise(widths):
        layers += [
            Linear(inputs, outputs, rng=rng, init=INITS[activation]),
            Activation(activation, **options),
        ]
    return Sequential(*layers, Linear(widths[-1], 10, rng=rng, init="xavier"))


@dataclass(frozen=True)
class Race:
    """Epochs until the training accuracy is reached, (learning rates, seeds); inf where never."""

    name: str
    rates: tuple[float, ...]
    epochs: Array

    @property
    def best(self) -> int:
        """The place of the learning rate with the smallest mean."""
        return int(self.epochs.mean(axis=1).argmin())


def race(
    activation: str,
    *,
    rates: Sequence[float],
    goal: float = 0.95,
    limit: int = 40,
    hidden: Sequence[int] = (50, 50, 50),
    seeds: Sequence[int] = range(5),
    **options: float,
) -> Race:
    """Count the epochs of plain SGD until a share `goal` of the training digits is right.

    Every activation is given every learning rate, so that each can be judged by its own best.
    """
    epochs = np.full((len(rates), len(seeds)), np.inf)
    for column, seed in enumerate(seeds):
        train, _ = digit_parts(seed)
        for row, rate in enumerate(rates):
            rng = np.random.default_rng(seed)
            network = perceptron(activation, rng, hidden=hidden, **options)

            def there(history: History, network: Sequential = network) -> bool:
                return accuracy(network, train.images, train.labels) >= goal  # noqa: B023

            history = fit(
                network,
                train,
                optimizer=SGD(network.parameters(), rate),
                epochs=limit,
                batch_size=50,
                rng=rng,
                on_epoch=there,
            )
            if accuracy(network, train.images, train.labels) >= goal:
                epochs[row, column] = len(history)
    return Race(activation, tuple(rates), epochs)


@dataclass
class Deaths:
    """Share of hidden units that are off for all training digits, and held-out accuracy, by seed.

    `dead[name]` of shape (rates, seeds), after training; likewise `accuracy`.
    """

    rates: tuple[float, ...]
    dead: dict[str, Array] = field(default_factory=dict)
    accuracy: dict[str, Array] = field(default_factory=dict)


def deaths(
    variants: Mapping[str, float],
    *,
    rates: Sequence[float],
    epochs: int = 5,
    hidden: Sequence[int] = (50, 50, 50),
    seeds: Sequence[int] = range(5),
) -> Deaths:
    """Train leaky rectifiers of several slopes (0 is ReLU) at several learning rates."""
    found = Deaths(tuple(rates))
    for name, slope in variants.items():
        dead, right = np.empty((2, len(rates), len(seeds)))
        for column, seed in enumerate(seeds):
            train, test = digit_parts(seed)
            for row, rate in enumerate(rates):
                rng = np.random.default_rng(seed)
                network = perceptron("leaky_relu", rng, hidden=hidden, slope=slope)
                fit(
                    network,
                    train,
                    optimizer=SGD(network.parameters(), rate),
                    epochs=epochs,
                    batch_size=50,
                    rng=rng,
                )
                dead[row, column] = silent_units(network, train.images)
                right[row, column] = accuracy(network, test.images, test.labels)
        found.dead[name], found.accuracy[name] = dead, right
    return found


def silent_units(network: Sequential, images: Array) -> float:
    """Return the share of all hidden units whose input is never positive, over these images."""
    shares, x = [], images
    for layer in network.layers:
        if isinstance(layer, Activation):
            shares.append(dead_fraction(x))
        x = layer.forward(x)
    return float(np.mean(shares))


def revival(
    slopes: Sequence[float],
    *,
    epochs: int = 30,
    depth_of_death: float = 1.0,
    lr: float = 0.1,
    seeds: Sequence[int] = range(5),
) -> dict[float, Array]:
    """Switch off half of the first layer by its biases and see who comes back.

    The biases of 25 of the 50 units are lowered until the largest input of each over all training
    digits is -`depth_of_death`. Returns, for each slope, the share of these still off after each
    epoch, (seeds, epochs + 1).
    """
    return {
        slope: np.array([_revive(slope, epochs, depth_of_death, lr, seed) for seed in seeds])
        for slope in slopes
    }


def _revive(slope: float, epochs: int, depth: float, lr: float, seed: int) -> list[float]:
    train, _ = digit_parts(seed)
    rng = np.random.default_rng(seed)
    network = perceptron("leaky_relu", rng, hidden=(50, 50), slope=slope)
    first = network.layers[1]
    flat = train.images.reshape(len(train), -1)
    top = first.forward(flat).max(axis=0)
    first.own["b"].value[:25] -= top[:25] + depth

    def still_off() -> float:
        return float((first.forward(flat)[:, :25] <= 0).all(axis=0).mean())

    shares = [still_off()]
    fit(
        network,
        train,
        optimizer=SGD(network.parameters(), lr),
        epochs=epochs,
        batch_size=50,
        rng=rng,
        on_epoch=lambda history: shares.append(still_off()),
    )
    return shares
