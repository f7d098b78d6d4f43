"""The digits and the small networks that the chapter's experiments train."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from cvlib.activations import Activation
from cvlib.datasets import Dataset, load_digits, split
from cvlib.layers import Flatten, Linear, Sequential
from cvlib.training.experiments.side_by_side import side_by_side

#: What each activation's weights start from: the scheme that keeps its signals' size.
INITS = {"sigmoid": "xavier", "tanh": "xavier", "relu": "he", "leaky_relu": "he", "elu": "he"}


#: The file is read once; nobody writes into its images.
_digits = cache(load_digits)


def digit_parts(seed: int, *sizes: int) -> tuple[Dataset, ...]:
    """Deal digits into parts, 1,000 and 500 without `sizes`, centred by the first one's mean."""
    parts = split(_digits(), sizes or (1000, 500), seed=seed)
    mean = parts[0].images.mean()
    return tuple(Dataset(p.images - mean, p.labels, p.class_names) for p in parts)


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


def perceptrons(
    activation: str, seeds: Sequence[int], *, hidden: Sequence[int], **options: float
) -> tuple[Sequential, list[np.random.Generator]]:
    """Draw one `perceptron` a seed and put them side by side; return them and their generators.

    A seed that stands there twice draws the same network, and shuffles its digits the same way.
    """
    rngs = [np.random.default_rng(seed) for seed in seeds]
    networks = [perceptron(activation, rng, hidden=hidden, **options) for rng in rngs]
    return side_by_side(networks), rngs
