"""How many rectifiers die in training, and who comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from cvlib.activations import Activation
from cvlib.arrays import Array
from cvlib.layers import Sequential
from cvlib.optim import SGD
from cvlib.training.experiments.digits import digit_parts, perceptrons
from cvlib.training.experiments.side_by_side import Examples, LinearStack, fit_side_by_side, right


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
    hidden: Sequence[int] = (50,),
    seeds: Sequence[int] = range(20),
) -> Deaths:
    """Train leaky rectifiers of several slopes (0 is ReLU) at several learning rates."""
    found = Deaths(tuple(rates))
    dealt = [digit_parts(seed) for seed in seeds] * len(rates)
    train, test = (Examples.of(parts) for parts in zip(*dealt, strict=True))
    for name, slope in variants.items():
        network, rngs = perceptrons("leaky_relu", [*seeds] * len(rates), hidden=hidden, slope=slope)
        fit_side_by_side(
            network,
            train,
            optimizer=SGD(network.parameters(), 0.0),
            rates=np.repeat(rates, len(seeds)).tolist(),
            epochs=epochs,
            batch_size=50,
            rngs=rngs,
        )
        shape = len(rates), len(seeds)
        found.dead[name] = silent_units(network, train.images).reshape(shape)
        found.accuracy[name] = right(network, test).reshape(shape)
    return found


def silent_units(network: Sequential, images: Array) -> Array:
    """Return the share of hidden units whose input is never positive, over images (S, N, D): (S,).

    All layers of a network have equal weight.
    """
    shares, x = [], images
    for layer in network.layers:
        if isinstance(layer, Activation):
            shares.append(_off(x).mean(axis=1))
        x = layer.forward(x)
    return np.asarray(np.mean(shares, axis=0))


def revival(
    slope: float,
    *,
    layer: int = 1,
    epochs: int = 30,
    depth_of_death: float = 0.1,
    lr: float = 0.2,
    seeds: Sequence[int] = range(5),
) -> Array:
    """Switch off half of the units of a hidden layer by their biases and see who comes back.

    Of two hidden layers of 50 leaky rectifiers, `layer` is 1 or 2. The biases of 25 units are
    lowered until the largest input of each over all training digits is -`depth_of_death`. Returns
    the share of these still off for every training digit after each epoch, (seeds, epochs + 1).
    """
    if layer not in (1, 2):
        raise ValueError(f"layer must be 1 or 2, got {layer}")
    train = Examples.of([digit_parts(seed)[0] for seed in seeds])
    network, rngs = perceptrons("leaky_relu", seeds, hidden=(50, 50), slope=slope)
    place = 2 * (layer - 1)  # an activation stands between two linear layers
    below, chosen = network.layers[:place], cast(LinearStack, network.layers[place])

    def inputs() -> Array:
        return np.asarray(chosen.forward(Sequential(*below).forward(train.images))[:, :, :25])

    chosen.own["b"].value[:, 0, :25] -= inputs().max(axis=1) + np.float32(depth_of_death)
    shares = [_off(inputs()).mean(axis=1)]
    fit_side_by_side(
        network,
        train,
        optimizer=SGD(network.parameters(), 0.0),
        rates=[lr] * len(seeds),
        epochs=epochs,
        batch_size=50,
        rngs=rngs,
        on_epoch=lambda here: shares.append(_off(inputs()).mean(axis=1)),
    )
    return np.transpose(shares)


def _off(x: Array) -> Array:
    """Say of inputs (S, N, units) which units get a positive one from no example, (S, units)."""
    return np.asarray(~(x > 0).any(axis=1))
