"""How large the random numbers are that a network starts from."""

from collections.abc import Sequence
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The schemes of `initialize`; a name without a distribution means the normal one.
SCHEMES = (
    "zeros",
    "normal",
    "uniform",
    "lecun",
    "lecun_normal",
    "lecun_uniform",
    "xavier",
    "xavier_normal",
    "xavier_uniform",
    "he",
    "he_normal",
    "he_uniform",
)


def fans(shape: Sequence[int]) -> tuple[int, int]:
    """Count the inputs that one output sums, and the outputs that one input reaches.

    fan_in = D or (C / groups)·R·S; fan_out = M or K·R·S (stride 1, and one group).

    Shapes: w (M, D) or (K, C / groups, R, S). Raises ValueError for fewer than two axes.
    """
    if len(shape) < 2:
        raise ValueError(f"weights need at least two axes (outputs, inputs, …), got {tuple(shape)}")
    window = prod(shape[2:])
    return shape[1] * window, shape[0] * window


def gain(activation: str, slope: float = 0.01) -> float:
    """Say by how much weights must be larger to make up for what an activation takes away.

    A rectifier keeps half of E[x²], so √2 keeps it whole; a leaky one √(2 / (1 + slope²)); the
    5/3 for tanh is the usual empirical figure. Raises ValueError for an unknown activation.
    Source: He et al., Delving deep into rectifiers, 2015, §2.2.
    """
    gains = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": sqrt(2),
        "leaky_relu": sqrt(2 / (1 + slope**2)),
    }
    if activation not in gains:
        raise ValueError(f"expected one of {', '.join(gains)}, got {activation!r} (activation)")
    return gains[activation]


def spread_of(shape: Sequence[int], scheme: str, scale: float | None = None) -> float:
    """Return the standard deviation that a scheme gives weights of a shape.

    normal, uniform: `scale` (default 0.01); lecun: scale / √fan_in;
    xavier: scale · √(2 / (fan_in + fan_out)); he: scale / √fan_in with a default scale of √2.
    `scale` is 1 by default for lecun and xavier: put `gain(activation)` there.

    Raises ValueError for an unknown scheme or a negative scale.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"expected one of {', '.join(SCHEMES)}, got {scheme!r} (scheme)")
    if scale is not None and not 0 <= scale < np.inf:
        raise ValueError(f"scale must be a number of at least 0, got {scale!r}")
    family = scheme.split("_")[0]
    if family == "zeros":
        return 0.0
    if family in ("normal", "uniform"):
        return 0.01 if scale is None else scale
    fan_in, fan_out = fans(shape)
    if family == "xavier":
        return (1.0 if scale is None else scale) * sqrt(2 / (fan_in + fan_out))
    default = 1.0 if family == "lecun" else sqrt(2)
    return (default if scale is None else scale) / sqrt(fan_in)


def initialize(
    shape: Sequence[int],
    scheme: str,
    rng: np.random.Generator,
    *,
    scale: float | None = None,
    dtype: Any = np.float32,
) -> NDArray[Any]:
    """Draw the weights of a layer: mean zero, and the standard deviation of the scheme.

    "zeros"; "normal" and "uniform" of standard deviation `scale`; "lecun", "xavier" (or Glorot)
    and "he", whose spread follows from the number of inputs and outputs, see `spread_of`. Each of
    these is normal, or uniform in ±√3 standard deviations with the ending "_uniform".

    Shapes: (M, D) or (K, C / groups, R, S) -> the same.
    Raises ValueError for an unknown scheme, a negative scale or a shape of fewer than two axes
    ("zeros", "normal" and "uniform" take any), TypeError for a dtype other than float32 or float64.
    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, 2010, §4.2; He et al., Delving deep into rectifiers, 2015, §2.2; LeCun et al.,
    Efficient backprop, 1998, §4.6.
    """
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise TypeError(f"dtype must be float32 or float64, got {np.dtype(dtype)}")
    spread = spread_of(shape, scheme, scale)
    if scheme == "zeros":
        return np.zeros(shape, dtype)
    if scheme.endswith("uniform"):
        # a uniform variable in ±a has variance a² / 3
        bound = sqrt(3) * spread
        return rng.uniform(-bound, bound, tuple(shape)).astype(dtype)
    return (spread * rng.standard_normal(tuple(shape))).astype(dtype)
