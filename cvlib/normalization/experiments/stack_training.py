"""Train a stack of small networks, one for each learning rate and seed, and count its errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from cvlib.normalization.experiments.stack import Design, Stack
from cvlib.normalization.experiments.stack_digits import Digits, Indices, load, shuffled

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Runs:
    """What training left: losses (steps, rates, seeds), errors (rates, seeds), the networks.

    ``errors`` are those on the test images; nothing is chosen by them.
    """

    rates: tuple[float, ...]
    losses: Array
    validation_errors: Array
    errors: Array
    stack: Stack
    digits: Digits

    @property
    def best(self) -> int:
        """Which rate has the smallest mean error on the validation images."""
        return int(self.validation_errors.mean(axis=1).argmin())

    @property
    def chosen_rate(self) -> float:
        """The rate chosen on the validation images."""
        return self.rates[self.best]

    @property
    def chosen_errors(self) -> Array:
        """The test errors at the rate chosen on the validation images, (seeds,)."""
        return self.errors[self.best]

    def largest_rates(self, error: float) -> Array:
        """Return the largest rate that brings each seed's validation error below a bound, (seeds,).

        A seed that never did gets the smallest rate divided by its step on the grid.
        """
        grid = np.array([self.rates[0] ** 2 / self.rates[1], *self.rates])
        below = (self.validation_errors < error).T
        return grid[[int(np.max(np.nonzero(b)[0], initial=-1)) + 1 for b in below]]


def train(
    design: Design,
    *,
    rates: Sequence[float],
    seeds: Sequence[int],
    steps: int,
    batch: int = 64,
    anneal: bool = False,
    weight_decay: Sequence[float] = (0.0,),
    train_size: int = 1000,
    on_step: Callable[[int, Stack], None] | None = None,
) -> Runs:
    """Train a network for each rate and seed by plain gradient steps, and test it.

    ``anneal`` lets the rate fall linearly to 0. ``weight_decay``, one number λ a rate or one for
    all, adds λ/2 · ‖w‖² of the kernels to the loss: λ · w to their gradient. ``on_step`` is called
    after every step. A loss that has overflowed is not a number.
    """
    networks = [seed for _ in rates for seed in seeds]
    rate = torch.tensor([r for r in rates for _ in seeds])
    lambdas = [*weight_decay] * (len(rates) // len(weight_decay))
    pull = torch.tensor([decay for decay in lambdas for _ in seeds])
    stack, digits = Stack(design, networks), load(networks, train_size)
    losses = np.empty((steps, len(networks)))
    for step, chosen in zip(range(steps), shuffled(digits, networks, batch), strict=False):
        x, labels = digits.batch(chosen)
        scores = stack.scores(x, training=True)
        loss = functional.cross_entropy(scores, labels, reduction="none").mean(1)
        now = rate * (1 - step / steps) if anneal else rate
        gradients = torch.autograd.grad(loss.sum(), stack.parameters)
        with torch.no_grad():
            for value, gradient in zip(stack.parameters, gradients, strict=True):
                if any(value is kernel for kernel in stack.kernels):
                    gradient = gradient + _each(pull, value) * value
                value -= _each(now, value) * gradient
        losses[step] = loss.detach().numpy()
        if on_step is not None:
            on_step(step, stack)
    shape = len(rates), len(seeds)
    return Runs(
        tuple(rates),
        losses.reshape(steps, *shape),
        measure_errors(stack, digits, digits.validation).reshape(shape),
        measure_errors(stack, digits).reshape(shape),
        stack,
        digits,
    )


def _each(numbers: Tensor, value: Tensor) -> Tensor:
    """One number a network, shaped to be multiplied with a parameter of all of them."""
    return numbers.reshape(-1, *(1,) * (value.ndim - 1))


def measure_errors(
    stack: Stack,
    digits: Digits,
    images: Indices | None = None,
    *,
    by_batches_of: int | None = None,
    sort: bool = False,
) -> Array:
    """Return the share of images that each network gets wrong, of its test images by default, (S,).

    With ``by_batches_of`` batch norm uses the statistics of so many of the images; ``sort`` lets
    images of one class stand together.
    """
    order = digits.test if images is None else images
    if sort:
        places = np.argsort(digits.labels.numpy()[order], axis=1, kind="stable")
        order = np.take_along_axis(order, places, axis=1)
    step = by_batches_of or 100
    if by_batches_of:
        order = order[:, : order.shape[1] // step * step]
    wrong = np.zeros(stack.count)
    with torch.no_grad():
        for first in range(0, order.shape[1], step):
            x, labels = digits.batch(order[:, first : first + step])
            scores = stack.scores(x, training=False, by_batches_of=by_batches_of)
            wrong += (scores.argmax(1) != labels).sum(1).numpy()
    return wrong / order.shape[1]
