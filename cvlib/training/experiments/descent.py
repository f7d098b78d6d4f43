"""Optimizers on surfaces that can be drawn, and on digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from cvlib.arrays import Array
from cvlib.layers import Parameter
from cvlib.losses import softmax_cross_entropy_backward, softmax_cross_entropy_forward
from cvlib.optim import SGD, Adam
from cvlib.optim.optimizers import Optimizer
from cvlib.training.experiments.digits import digit_parts, perceptron, perceptrons
from cvlib.training.experiments.side_by_side import Examples, fit_side_by_side

#: Parameters -> an optimizer of them.
Maker = Callable[[list[Parameter]], Optimizer]


def walk(
    make: Maker,
    gradient: Callable[[Array], Array],
    start: Sequence[float],
    steps: int,
    *,
    noise: float = 0.0,
    seed: int = 0,
) -> Array:
    """Return the points that an optimizer visits, (steps + 1, D), from `start` on.

    `noise` is the standard deviation of what is added to every gradient.
    """
    rng = np.random.default_rng(seed)
    point = Parameter(np.array(start, float))
    optimizer, path = make([point]), [point.value.copy()]
    for _ in range(steps):
        point.grad = gradient(point.value) + noise * rng.standard_normal(point.value.shape)
        optimizer.step()
        path.append(point.value.copy())
    return np.array(path)


def ravine(condition: float) -> Callable[[Array], Array]:
    """Return the gradient of ½ (x² + condition · y²), a valley that is steep across."""
    return lambda point: np.array([1.0, condition]) * point


def saddle(point: Array) -> Array:
    """Return the gradient of ½ x² - ½ y² + ¼ y⁴: a saddle at 0 between minima at y = ±1."""
    x, y = point
    return np.array([x, -y + y**3])


def best_settings(condition: float) -> dict[str, Maker]:
    """Return gradient descent and momentum with the settings that are best on such a ravine.

    Curvatures from 1 to κ. Plain: lr = 2 / (κ + 1), error times (κ - 1) / (κ + 1) a step.
    Momentum: lr = (2 / (√κ + 1))², μ = ((√κ - 1) / (√κ + 1))², error times about √μ.
    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    root = sqrt(condition)
    return {
        "plain": lambda p: SGD(p, 2 / (condition + 1)),
        "momentum": lambda p: SGD(
            p, (2 / (root + 1)) ** 2, momentum=((root - 1) / (root + 1)) ** 2
        ),
    }


def steps_to_converge(
    conditions: Sequence[float], *, within: float = 1e-6, limit: int = 100_000
) -> dict[str, Array]:
    """Count the steps until the distance to the minimum stays below a share of what it was."""
    counts: dict[str, list[int]] = {}
    for condition in conditions:
        for name, make in best_settings(condition).items():
            steps = min(limit, round(20 + 12 * condition))
            path = walk(make, ravine(condition), (1.0, 1.0), steps)
            far = np.linalg.norm(path, axis=1) > within * np.linalg.norm(path[0])
            counts.setdefault(name, []).append(int(np.flatnonzero(far)[-1]) + 1)
    return {name: np.array(values) for name, values in counts.items()}


def noise_of_batches(
    sizes: Sequence[int], *, draws: int = 400, seed: int = 0
) -> tuple[Array, Array, Array]:
    """Measure E|g_B - g|² / |g|² of mini-batch gradients g_B, and what sampling theory says.

    The gradients are those of the softmax's weights on N digits, at an untrained linear classifier.
    Without repetition within a batch, E|g_B - g|² = (N - B) / (N - 1) · σ² / B, with σ² the mean
    squared distance of one digit's gradient from g. Returns (measured, its standard error, theory).
    """
    train, _ = digit_parts(seed)
    rng = np.random.default_rng(seed)
    x = train.images.reshape(len(train), -1).astype(float)
    scores = x @ (0.1 * rng.standard_normal((10, 64))).T
    p = np.exp(scores - scores.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(p)), train.labels] -= 1
    single = np.einsum("nk,nd->nkd", p, x).reshape(len(x), -1)
    mean = single.mean(axis=0)
    spread = float(((single - mean) ** 2).sum(axis=1).mean())
    count, energy = len(x), float(mean @ mean)
    measured, errors = np.empty((2, len(sizes)))
    for k, size in enumerate(sizes):
        off = [
            single[rng.choice(count, size, replace=False)].mean(axis=0) - mean for _ in range(draws)
        ]
        squares = np.array([e @ e for e in off]) / energy
        measured[k], errors[k] = squares.mean(), squares.std() / sqrt(draws)
    b = np.array(sizes)
    return measured, errors, (count - b) / (count - 1) * spread / b / energy


@dataclass(frozen=True)
class Sweep:
    """Training losses after the last epoch, ``losses[name]`` of shape (rates, seeds)."""

    rates: tuple[float, ...]
    losses: dict[str, Array]

    def best(self, name: str) -> int:
        """The place of the rate with the smallest mean loss."""
        return int(self.losses[name].mean(axis=1).argmin())

    def lowest(self, name: str) -> Array:
        """Return each seed's loss at the rate that is best for the mean of the other seeds.

        So that no seed is judged by a rate that it helped to choose.
        """
        losses = self.losses[name]
        others = losses.sum(axis=1, keepdims=True) - losses
        return np.asarray(losses[others.argmin(axis=0), np.arange(losses.shape[1])])


def rate_sweep(
    makers: dict[str, Callable[[Any, float], Optimizer]],
    *,
    rates: Sequence[float],
    epochs: int = 4,
    seeds: Sequence[int] = range(10),
) -> Sweep:
    """Train a small network on digits with every optimizer at every learning rate.

    A run that diverged counts with a loss of 100, larger than any that stays finite here.
    """
    train = Examples.of([digit_parts(seed)[0] for seed in seeds] * len(rates))
    losses = {}
    for name, make in makers.items():
        network, rngs = perceptrons("relu", [*seeds] * len(rates), hidden=(50, 50))
        last = fit_side_by_side(
            network,
            train,
            optimizer=make(list(network.parameters()), 0.0),
            rates=np.repeat(rates, len(seeds)).tolist(),
            epochs=epochs,
            batch_size=50,
            rngs=rngs,
        )[-1]
        worst = np.minimum(np.where(np.isfinite(last), last, 100.0), 100.0)
        losses[name] = worst.reshape(len(rates), len(seeds))
    return Sweep(tuple(rates), losses)


STANDARD: dict[str, Callable[[Any, float], Optimizer]] = {
    "SGD": lambda p, lr: SGD(p, lr),
    "momentum 0.9": lambda p, lr: SGD(p, lr, momentum=0.9),
    "Adam": lambda p, lr: Adam(p, lr),
}


def update_on_the_way(lr: float, *, seeds: Sequence[int] = range(5)) -> Array:
    """Change each layer's weights before the gradient has passed through it, and see what arrives.

    Returns the relative error |wrong - right| / |right| of the first layer's weight gradient, by
    seed, for one batch of 50 digits and a network of four linear layers.
    """
    errors = []
    for seed in seeds:
        train, _ = digit_parts(seed)
        images, labels = train.images[:50], train.labels[:50]
        network = perceptron("relu", np.random.default_rng(seed))
        scores = network.forward(images, training=True)
        _, cache = softmax_cross_entropy_forward(scores, labels)
        start = softmax_cross_entropy_backward(1.0, cache)
        network.backward(start)
        first = network.layers[1].own["w"]
        right, dout = first.grad.copy(), start
        for layer in reversed(network.layers):
            layer.backward(dout)
            for parameter in layer.parameters():
                parameter.value -= lr * parameter.grad
            dout = layer.backward(dout)  # through weights that the forward pass did not have
        errors.append(float(np.linalg.norm(first.grad - right) / np.linalg.norm(right)))
    return np.array(errors)


def stationary_variance(
    rates: Sequence[float], *, curvature: float = 1.0, steps: int = 4000, seed: int = 0
) -> tuple[Array, Array, Array]:
    """Measure how far from the minimum of ½ h w² SGD with gradient noise of variance 1 wanders.

    w ← w - lr (h w + ε) settles at E w² = lr / (h (2 - lr h)). Returns (measured, its standard
    error over 500 independent walks, that).
    """
    chains = np.zeros((len(rates), 500))
    lr = np.array(rates)[:, None]
    rng = np.random.default_rng(seed)
    total = np.zeros_like(chains)
    for step in range(steps):
        chains -= lr * (curvature * chains + rng.standard_normal(chains.shape))
        if step >= steps // 2:
            total += chains**2
    each = total / (steps - steps // 2)
    rate = np.array(rates)
    error = each.std(axis=1) / sqrt(each.shape[1])
    return each.mean(axis=1), error, rate / (curvature * (2 - rate * curvature))
