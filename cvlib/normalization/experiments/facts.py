"""Small computations behind the chapter on normalization: what a theorem says, measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import Array
from cvlib.normalization.reference.batch_norm import batch_norm_backward, batch_norm_forward
from cvlib.normalization.reference.normalize import normalize_forward

#: One index set a norm: the axes of (N, C, H, W), or of (N, G, C / G, H, W) for groups.
AXES: Mapping[str, tuple[int, ...]] = {
    "batch norm": (0, 2, 3),
    "layer norm": (1, 2, 3),
    "instance norm": (2, 3),
    "group norm": (2, 3, 4),
}


def jacobian(x: Array, *, eps: float = 1e-5) -> Array:
    """Return the matrix ∂x̂/∂x of m numbers that are normalized together.

    Row i is what a backward pass makes of the upstream gradient that is 1 at i and 0 elsewhere.
    """
    _, cache = batch_norm_forward(x[:, None], None, None, training=True, eps=eps)
    rows = [batch_norm_backward(unit[:, None], cache)[0][:, 0] for unit in np.eye(len(x))]
    return np.array(rows)


def influence(
    forward: Callable[[Array], tuple[Array, Any]],
    backward: Callable[[Any, Any], Any],
    shape: tuple[int, ...],
    place: tuple[int, ...],
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Ask a layer's backward pass which inputs the output at ``place`` depends on."""
    out, cache = forward(rng.standard_normal(shape))
    upstream = np.zeros_like(out)
    upstream[place] = 1
    gradient = backward(upstream, cache)
    gradient = gradient[0] if isinstance(gradient, tuple) else gradient
    return np.abs(gradient) > 1e-12


def signal_depth(
    gains: Sequence[float],
    *,
    depth: int,
    width: int = 200,
    count: int = 200,
    normalized: bool,
    rng: np.random.Generator,
) -> Array:
    """Follow the spread of a signal through layers of noise: (gains, depth + 1).

    Each layer multiplies by Gaussian weights of variance gain² · 2 / width, which for gain 1 keeps
    the mean square (He et al., 2015), normalizes over the batch if asked to, and takes the ReLU.
    """
    spreads = np.empty((len(gains), depth + 1))
    start = rng.standard_normal((count, width))
    weights = rng.standard_normal((depth, width, width)) * np.sqrt(2 / width)
    for row, gain in zip(spreads, gains, strict=True):
        x = start
        row[0] = x.std()
        for layer in range(depth):
            x = gain * (x @ weights[layer])
            if normalized:
                x, _ = normalize_forward(x, axes=0)
            x = np.maximum(x, 0)
            row[layer + 1] = x.std()
    return spreads


def variance_of_variance(m: int, variance: float, kurtosis: float) -> float:
    """Return the exact variance of the biased variance of m independent numbers.

    Var[s²] = (m - 1) ((m - 1) κ - (m - 3)) σ⁴ / m³, with κ the fourth moment over σ⁴, 3 for a
    Gaussian. Source: Cramér, Mathematical methods of statistics, 1946, §27.4.
    """
    return (m - 1) * ((m - 1) * kurtosis - (m - 3)) * variance**2 / m**3


def independent_pixels(maps: Array) -> Array:
    """Return how many independent pixels one image's worth of each channel counts for, (C,).

    The mean of a batch of N images has the variance τ² / N, with τ² the variance of the images'
    own means; that of n independent pixels, σ² / n. So an image counts for σ² / τ² pixels.

    Shapes: maps (N, C, H, W) -> (C,).
    """
    return maps.var(axis=(0, 2, 3)) / maps.mean(axis=(2, 3)).var(axis=0)


def batch_mean_spread(
    maps: Array, sizes: Sequence[int], *, draws: int, rng: np.random.Generator
) -> Array:
    """Measure the standard deviation of the batch mean, in units of σ, over drawn batches.

    Images are drawn with replacement, so that the images at hand are the whole truth.

    Shapes: maps (N, C, H, W) -> (sizes, C).
    """
    means, spread = maps.mean(axis=(2, 3)), maps.std(axis=(0, 2, 3))
    drawn = [means[rng.integers(0, len(maps), (draws, n))].mean(axis=1).std(axis=0) for n in sizes]
    return np.array(drawn) / spread


def angles(weights: Array) -> Array:
    """Return the angle between each vector and the next, in radians: (T, S, D) -> (T - 1, S)."""
    unit = weights / np.linalg.norm(weights, axis=-1, keepdims=True)
    # 2 asin(|u - v| / 2): the cosine of a small angle has no digits left
    return 2 * np.arcsin(np.linalg.norm(np.diff(unit, axis=0), axis=-1) / 2)
