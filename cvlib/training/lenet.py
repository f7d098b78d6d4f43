"""LeNet-5: seven layers from a 32 × 32 picture of a digit to ten scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.activations.layers import Activation
from cvlib.arrays import Array
from cvlib.layers.layer import Layer, Sequential
from cvlib.layers.shaping import AvgPool2d, Flatten, MaxPool2d
from cvlib.layers.weighted import Conv2d, Linear
from cvlib.training.lenet_1998 import (
    C3_TABLE,
    DIGIT_CODES,
    CodeDistance,
    ScaledTanh,
    Subsample2d,
    TableConv2d,
)

POOLINGS = {"max": MaxPool2d, "average": AvgPool2d}


def lenet5(
    *,
    rng: np.random.Generator,
    classes: int = 10,
    activation: str = "relu",
    pooling: str = "max",
    table: Array | None = None,
    init: str = "he",
    dtype: Any = np.float32,
) -> Sequential:
    """Build LeNet-5 as it is built today: (N, 1, 32, 32) -> (N, classes).

    C1 6 maps of 28² · S2 14² · C3 16 maps of 10² · S4 5² · C5 120 · F6 84 · scores. Convolutions
    are 5 × 5, pooling 2 × 2; C5 sees its whole 5 × 5 input and is written as the fully connected
    layer that it is. 61,706 parameters; `table=C3_TABLE`, the connections of 1998, leaves 60,806
    (1,516 instead of 2,416 in C3).

    Raises ValueError for an unknown activation, pooling or init.
    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998, §II.B.
    """
    if pooling not in POOLINGS:
        raise ValueError(f"expected one of {', '.join(POOLINGS)}, got {pooling!r} (pooling)")
    drawn: dict[str, Any] = {"rng": rng, "init": init, "dtype": dtype}
    c3: Layer = Conv2d(6, 16, 5, **drawn)
    if table is not None:
        c3 = TableConv2d(table, 5, rng=rng, dtype=dtype)
    return Sequential(
        Conv2d(1, 6, 5, **drawn),
        Activation(activation),
        POOLINGS[pooling](2),
        c3,
        Activation(activation),
        POOLINGS[pooling](2),
        Flatten(),
        Linear(16 * 5 * 5, 120, **drawn),
        Activation(activation),
        Linear(120, 84, **drawn),
        Activation(activation),
        Linear(84, classes, rng=rng, init="xavier", dtype=dtype),
    )


def lenet5_1998(*, rng: np.random.Generator, dtype: Any = np.float32) -> Sequential:
    """Build LeNet-5 as it was: 60,000 trainable parameters, (N, 1, 32, 32) -> (N, 10).

    C1 156 + S2 12 + C3 1,516 + S4 32 + C5 48,120 + F6 10,164 = 60,000. Subsampling has a weight
    and a bias a map, C3 follows the connection table, the squashing function is 1.7159 tanh(⅔ x),
    and the output has no parameters: it is the distance to a drawing of each digit. Scores are
    minus the squared distance, so that the largest wins.

    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998, §II.B.
    """
    drawn: dict[str, Any] = {"rng": rng, "init": "lecun", "dtype": dtype}
    return Sequential(
        Conv2d(1, 6, 5, **drawn),
        ScaledTanh(),
        Subsample2d(6, dtype=dtype),
        ScaledTanh(),
        TableConv2d(C3_TABLE, 5, rng=rng, scale=1.0, dtype=dtype),
        ScaledTanh(),
        Subsample2d(16, dtype=dtype),
        ScaledTanh(),
        Flatten(),
        Linear(16 * 5 * 5, 120, **drawn),
        ScaledTanh(),
        Linear(120, 84, **drawn),
        ScaledTanh(),
        CodeDistance(DIGIT_CODES.astype(dtype)),
    )
