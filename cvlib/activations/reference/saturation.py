"""Where an activation stops passing gradients on: saturated and dead units."""

from typing import Any

import numpy as np

from cvlib.activations.layers import passes
from cvlib.arrays import Array


def derivative(name: str, x: Array, **options: float) -> Array:
    """Return f'(x) of an activation, as its backward has it: the gradient of an upstream of ones.

    Shapes: any -> the same. Raises ValueError for an unknown name.
    """
    forward, backward = passes(name)
    _, cache = forward(x, **options)
    return backward(np.ones_like(x), cache)


def derivative_bounds(name: str, **options: Any) -> tuple[float, float]:
    """Return the least and the largest value (or limit) of f' over all real numbers.

    sigmoid (0, 1/4), tanh (0, 1), relu (0, 1), leaky_relu (slope, 1), elu (0, max(1, α)).
    A gradient passes one such factor a layer: k sigmoids shrink it to 4^-k or less.
    Raises ValueError for an unknown name.
    """
    passes(name)
    slope, alpha = options.get("slope", 0.01), options.get("alpha", 1.0)
    return {
        "sigmoid": (0.0, 0.25),
        "tanh": (0.0, 1.0),
        "relu": (0.0, 1.0),
        "leaky_relu": (min(slope, 1.0), max(slope, 1.0)),
        "elu": (min(0.0, alpha), max(1.0, alpha)),
    }[name]


def saturated_fraction(name: str, x: Array, *, threshold: float = 0.05, **options: float) -> float:
    """Return the share of inputs where |f'(x)| is below `threshold` of its largest value.

    Raises ValueError for an unknown name, no inputs, or a threshold outside (0, 1).
    """
    if not 0 < threshold < 1:
        raise ValueError(f"threshold must lie between 0 and 1, got {threshold}")
    if not x.size:
        raise ValueError(f"x must hold at least one number, got shape {x.shape}")
    low, high = derivative_bounds(name, **options)
    largest = max(abs(low), abs(high))
    return float(np.mean(np.abs(derivative(name, x, **options)) < threshold * largest))


def dead_fraction(x: Array) -> float:
    """Return the share of units whose input is ≤ 0 for the whole batch: there a ReLU is dead.

    Shapes: x (N, D), units are columns; or (N, C, H, W), units are channels.
    Raises ValueError for other shapes or an empty batch.
    """
    if x.ndim not in (2, 4) or not x.size:
        raise ValueError(f"x must be (N, D) or (N, C, H, W) and not empty, got shape {x.shape}")
    others = tuple(axis for axis in range(x.ndim) if axis != 1)
    return float(np.mean((x <= 0).all(axis=others)))
