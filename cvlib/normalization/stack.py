"""Small networks trained side by side: one for each seed and learning rate, in one pass of PyTorch.

S networks are the S groups of one convolution. Each has a training set, an order of images and
starting weights of its own, and none sees another's numbers: a normalization that looks at one
channel, or at groups within a network, is the same for all together as for each alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from cvlib.normalization.stack_digits import Digits, load, shuffled

EPS = 1e-5
MOMENTUM = 0.1
CLASSES = 10


@dataclass(frozen=True)
class Design:
    """A network: three 3×3 convolutions, each normalized and followed by ReLU; pooling; scores.

    ``norm`` is one of none, once, batch, layer, instance, group. "once" fixes the statistics of
    the very first batch for ever. ``company`` is how many images share the statistics of batch
    norm: a batch of 64 is cut into parts of that size, as if each lay on a device of its own.
    """

    norm: str = "batch"
    strides: tuple[int, int, int] = (2, 2, 1)
    widths: tuple[int, int, int] = (8, 16, 16)
    groups: int = 4
    company: int = 64
    jolt: float = 0.0


class Stack:
    """The networks of one design, one a seed, and their running statistics."""

    def __init__(self, design: Design, seeds: Sequence[int]) -> None:
        self.design, self.count = design, len(seeds)
        generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]

        def drawn(*shape: int, spread: float) -> Tensor:
            parts = [spread * torch.randn(shape, generator=g) for g in generators]
            return torch.cat(parts).requires_grad_()

        self.kernels, self.scales, self.shifts = [], [], []
        self.means, self.vars = [], []
        for before, width in zip((1, *design.widths), design.widths, strict=False):
            # He et al., 2015: variance 2 / (inputs of a unit)
            self.kernels.append(drawn(width, before, 3, 3, spread=(2 / (9 * before)) ** 0.5))
            self.scales.append(torch.ones(self.count * width, requires_grad=True))
            self.shifts.append(torch.zeros(self.count * width, requires_grad=True))
            self.means.append(torch.zeros(self.count * width))
            self.vars.append(torch.ones(self.count * width))
        last = design.widths[-1]
        self.head = drawn(1, last, CLASSES, spread=last**-0.5)
        self.bias = torch.zeros(self.count, 1, CLASSES, requires_grad=True)
        self._started = False
        self._noise = torch.Generator().manual_seed(0)

    @property
    def parameters(self) -> list[Tensor]:
        """Everything that is learned; the first axis holds the networks one after the other."""
        return [*self.kernels, *self.scales, *self.shifts, self.head, self.bias]

    def scores(
        self,
        x: Tensor,
        *,
        training: bool,
        company: int | None = None,
        seen: list[Tensor] | None = None,
    ) -> Tensor:
        """Score images (N, S, H, W), one channel a network -> (S, N, classes).

        Outside training, batch norm uses its running statistics, or with ``company`` those of
        so many neighbours in the batch. What each convolution puts out is added to ``seen``.
        """
        for layer, stride in enumerate(self.design.strides):
            x = functional.conv2d(
                x, self.kernels[layer], stride=stride, padding=1, groups=self.count
            )
            if seen is not None:
                seen.append(x)
            x = self._normalized(x, layer, training, company)
            if training and self.design.jolt:
                x = self._jolted(x)
            x = x * self.scales[layer][:, None, None] + self.shifts[layer][:, None, None]
            x = functional.relu(x)
        pooled = x.mean((2, 3)).reshape(len(x), self.count, -1).transpose(0, 1)
        if training:
            self._started = True
        return pooled @ self.head + self.bias

    def _normalized(self, x: Tensor, layer: int, training: bool, company: int | None) -> Tensor:
        match self.design.norm:
            case "none":
                return x
            case "layer":
                return functional.group_norm(x, self.count)
            case "instance":
                return functional.group_norm(x, x.shape[1])
            case "group":
                return functional.group_norm(x, self.count * self.design.groups)
            case "once":
                if training and not self._started:
                    var, mean = torch.var_mean(x.detach(), dim=(0, 2, 3), correction=0)
                    self.means[layer].copy_(mean)
                    self.vars[layer].copy_(var)
            case "batch":
                if training or company:
                    return self._by_batch(x, layer, training, company or self.design.company)
            case _:
                raise ValueError(f"expected a norm that this design knows, got {self.design.norm}")
        return functional.batch_norm(x, self.means[layer], self.vars[layer], eps=EPS)

    def _jolted(self, x: Tensor) -> Tensor:
        scale, shift = self.design.jolt * torch.randn(2, x.shape[1], 1, 1, generator=self._noise)
        return x * scale.exp() + shift

    def _by_batch(self, x: Tensor, layer: int, training: bool, company: int) -> Tensor:
        split = x.reshape(-1, min(company, len(x)), *x.shape[1:])
        var, mean = torch.var_mean(split, dim=(1, 3, 4), correction=0, keepdim=True)
        if training:
            count = split.shape[1] * x.shape[2] * x.shape[3]
            with torch.no_grad():
                self.means[layer].lerp_(mean.mean(0).flatten(), MOMENTUM)
                unbiased = var.mean(0).flatten() * (count / (count - 1))
                self.vars[layer].lerp_(unbiased, MOMENTUM)
        return ((split - mean) * torch.rsqrt(var + EPS)).reshape(x.shape)


@dataclass(frozen=True)
class Runs:
    """What training left: losses (steps, rates, seeds), test errors (rates, seeds), networks."""

    losses: npt.NDArray[np.float64]
    errors: npt.NDArray[np.float64]
    stack: Stack
    digits: Digits


def train(
    design: Design,
    *,
    rates: Sequence[float],
    seeds: Sequence[int],
    steps: int,
    batch: int = 64,
    decay: bool = False,
    weight_decay: Sequence[float] = (0.0,),
    train_size: int = 1000,
    on_step: Callable[[int, Stack], None] | None = None,
) -> Runs:
    """Train a network for each rate and seed by plain gradient steps, and test it.

    ``decay`` lets the rate fall linearly to 0. ``weight_decay``, one number a rate or one for all,
    pulls at the kernels alone. ``on_step`` is called after every step. A loss that has overflowed
    is not a number.
    """
    networks = [seed for _ in rates for seed in seeds]
    rate = torch.tensor([r for r in rates for _ in seeds])
    pulls = [*weight_decay] * (len(rates) // len(weight_decay))
    pull = torch.tensor([p for p in pulls for _ in seeds])
    stack, digits = Stack(design, networks), load(networks, train_size)
    losses = np.empty((steps, len(networks)))
    for step, chosen in zip(range(steps), shuffled(digits, networks, batch), strict=False):
        x, labels = digits.batch(chosen)
        scores = stack.scores(x, training=True)
        loss = functional.cross_entropy(scores.mT, labels, reduction="none").mean(1)
        now = rate * (1 - step / steps) if decay else rate
        gradients = torch.autograd.grad(loss.sum(), stack.parameters)
        with torch.no_grad():
            for value, gradient in zip(stack.parameters, gradients, strict=True):
                if value.ndim == 4:
                    gradient = gradient + _each(pull, value) * value
                value -= _each(now, value) * gradient
        losses[step] = loss.detach().numpy()
        if on_step is not None:
            on_step(step, stack)
    shape = len(rates), len(seeds)
    errors = measure_errors(stack, digits).reshape(shape)
    return Runs(losses.reshape(steps, *shape), errors, stack, digits)


def _each(numbers: Tensor, value: Tensor) -> Tensor:
    """One number a network, shaped to be multiplied with a parameter of all of them."""
    return numbers.repeat_interleave(len(value) // len(numbers)).reshape(
        -1, *(1,) * (value.ndim - 1)
    )


def measure_errors(
    stack: Stack,
    digits: Digits,
    *,
    company: int | None = None,
    sort: bool = False,
) -> npt.NDArray[np.float64]:
    """Return the share of test images that each network gets wrong, (S,).

    With ``company`` batch norm uses the statistics of so many test images; ``sort`` lets images of
    one class stand together.
    """
    order = digits.test
    if sort:
        places = np.argsort(digits.labels.numpy()[order], axis=1, kind="stable")
        order = np.take_along_axis(order, places, axis=1)
    if company:
        order = order[:, : order.shape[1] // company * company]
    step = company or 128
    wrong = np.zeros(stack.count)
    with torch.no_grad():
        for first in range(0, order.shape[1], step):
            x, labels = digits.batch(order[:, first : first + step])
            scores = stack.scores(x, training=False, company=company)
            wrong += (scores.argmax(-1) != labels).sum(1).numpy()
    return wrong / order.shape[1]
