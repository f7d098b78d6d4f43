"""What several exercises draw, ask and call."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.grading.spec.digits import archive, sorted_digits

Rng = np.random.Generator


def draw_batch(
    rng: Rng, *, vectors: bool = False, channels: int = 0, cube: bool = False
) -> np.ndarray:
    """Draw a batch whose sizes all differ, its channels with means and spreads of their own."""
    if cube:  # one number a channel fits the last axis as well, so a mix-up has values
        n, c, h, w = 2, 3, 3, 3
    elif channels:
        c, (n, h, w) = channels, (int(s) for s in rng.permutation([2, 3, 4]))
    else:
        n, c, h, w = (int(s) for s in rng.permutation([2, 3, 4, 5]))
    shape = (n + 2, c) if vectors else (n, c, h, w)
    places = (1, c) if vectors else (1, c, 1, 1)
    mean, spread = rng.uniform(-4, 4, places), rng.uniform(0.5, 3, places)
    return mean + spread * rng.normal(size=shape)


def draw_eps(rng: Rng) -> float:
    return float(rng.uniform(0.2, 0.8))


def per_channel(rng: Rng, x: np.ndarray, count: int = 2) -> list[np.ndarray]:
    """Draw ``count`` vectors of one number a channel, none of them near 0 or 1."""
    signs = rng.choice([-1.0, 1.0], (count, x.shape[1]))
    return [*(signs * rng.uniform(1.2, 2.5, (count, x.shape[1])))]


def draw_constants(rng: Rng, size: int) -> tuple[int, float, float, float]:
    """size, α, β and k, such that each of them matters."""
    k = rng.uniform(1.5, 3)
    return size, float(rng.uniform(0.3, 0.9)), float(rng.uniform(0.5, 0.9)), float(k)


def draw_responses(rng: Rng, part: str) -> np.ndarray:
    """A window of 5 fits in the middle of 9 channels, and nowhere in 4."""
    channels = {"channels in the middle": 9, "channels at the ends": 4}.get(part, 6)
    return draw_batch(rng, channels=channels)


def digits_file() -> bytes:
    images, labels = sorted_digits()
    return archive(images=images, labels=labels)


def others(x: np.ndarray) -> tuple[int, ...]:
    """All axes but the channels."""
    return tuple(axis for axis in range(x.ndim) if axis != 1)


def wide(v: Any, x: np.ndarray) -> Any:
    """One number a channel, lined up with axis 1."""
    return np.asarray(v).reshape(1, -1, *(1,) * (x.ndim - 2))


def apply(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float) -> Any:
    """Scale and shift what is normalized by statistics that already line up."""
    return wide(gamma, x) * (x - mean) / np.sqrt(var + eps) + wide(beta, x)


def by_axes(x: Any, axes: Any, gamma: Any, beta: Any, eps: float, ddof: int = 0) -> Any:
    mean = x.mean(axis=axes, keepdims=True)
    return apply(x, gamma, beta, mean, x.var(axis=axes, keepdims=True, ddof=ddof), eps)


def moved(old: Any, new: Any, momentum: float) -> Any:
    return (1 - momentum) * old + momentum * new


FAMILY = "See *One formula, four index sets*."


LRN = "See *Local response norm: rivalry between channels*."


def window_sum(values: Any, before: int, after: int) -> Any:
    """Sum over the channels c - before … c + after that exist."""
    out = np.zeros_like(values)
    for c in range(values.shape[1]):
        out[:, c] = values[:, max(0, c - before) : c + after + 1].sum(axis=1)
    return out


def slope(gamma: Any, var: Any, eps: float) -> Any:
    return gamma / np.sqrt(var + eps)
