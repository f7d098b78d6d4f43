"""What depth does to a signal and to its gradient, before any training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cvlib.activations.layers import passes
from cvlib.arrays import Array
from cvlib.layers import initialize, linear_backward, linear_forward


@dataclass(frozen=True)
class Signals:
    """Root mean squares over a batch, one row a seed, one column a layer from the input on.

    `values[:, k]` is that of layer k's output, where layer 0 is the input; `gradients[:, k]` that
    of the loss's gradient with respect to it. Both are relative: to the input, and to the gradient
    that entered at the top.
    """

    name: str
    values: Array
    gradients: Array


def through_depth(
    activation: str,
    init: str,
    *,
    scale: float | None = None,
    depth: int = 30,
    width: int = 100,
    examples: int = 50,
    seeds: Sequence[int] = range(5),
) -> Signals:
    """Send normal noise through equal layers, and a random gradient back.

    Each layer is linear, of `width` inputs and outputs and without bias, drawn by `initialize`,
    and followed by the activation.
    """
    forward, backward = passes(activation)
    values, gradients = [], []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        x = rng.standard_normal((examples, width))
        sizes, caches = [_rms(x)], []
        for _ in range(depth):
            w = initialize((width, width), init, rng, scale=scale, dtype=np.float64)
            z, before = linear_forward(x, w)
            x, bend = forward(z)
            caches.append((before, bend))
            sizes.append(_rms(x))
        g = rng.standard_normal(x.shape)
        slopes = [_rms(g)]
        for before, bend in reversed(caches):
            g, _, _ = linear_backward(backward(g, bend), before)
            slopes.append(_rms(g))
        values.append(np.array(sizes) / sizes[0])
        gradients.append(np.array(slopes[::-1]) / slopes[0])
    shown = init if scale is None else f"{init} {scale:g}"
    return Signals(f"{activation}, {shown}", np.array(values), np.array(gradients))


def _rms(x: Array) -> float:
    return float(np.sqrt(np.mean(x**2)))


def twins_that_never_part(
    rng: np.random.Generator, *, equal: bool, activation: str = "tanh", steps: int = 200
) -> int:
    """Train 8 hidden units on XOR and return the rank of their weights afterwards.

    With `equal`, all units of the layer start with the same weights. What separates rows by less
    than a millionth of the weights' size is rounding, and counts for no rank.
    """
    x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]) - 0.5
    y = np.array([[1.0], [-1], [-1], [1]])
    w1, w2 = rng.standard_normal((8, 2)), rng.standard_normal((1, 8))
    if equal:
        w1, w2 = np.full((8, 2), w1[0]), np.full((1, 8), w2[0, 0])
    forward, backward = passes(activation)
    for _ in range(steps):
        z, first = linear_forward(x, w1)
        h, bend = forward(z)
        out, second = linear_forward(h, w2)
        dh, dw2, _ = linear_backward(2 * (out - y) / len(x), second)
        _, dw1, _ = linear_backward(backward(dh, bend), first)
        w1, w2 = w1 - 0.1 * dw1, w2 - 0.1 * dw2
    return int(np.linalg.matrix_rank(w1, rtol=1e-6))
