"""The chapter's experiments on trained networks: steps, batches, company and weight decay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cvlib.normalization.facts import angles
from cvlib.normalization.stack import Design, Runs, Stack, measure_errors, train

Array = NDArray[np.float64]

#: How the test images are shown to a trained batch norm network: name, company, sorted by class.
COMPANIES: Mapping[str, tuple[int | None, bool]] = {
    "running statistics": (None, False),
    "statistics of 64 images, shuffled": (64, False),
    "statistics of 8 images, shuffled": (8, False),
    "statistics of 64 images, sorted by class": (64, True),
    "statistics of 8 images, sorted by class": (8, True),
    "every image alone": (1, False),
}


def largest_rate(runs: Runs, rates: Sequence[float], error: float) -> Array:
    """Return the largest learning rate with which each seed got below the error: (seeds,).

    A seed that never did gets the smallest rate divided by its step on the grid.
    """
    below = runs.errors < error
    grid = np.array([rates[0] ** 2 / rates[1], *rates])
    return grid[[int(np.max(np.nonzero(b)[0], initial=-1)) + 1 for b in below.T]]


def by_company(runs: Runs) -> dict[str, Array]:
    """Test a trained stack in every company: name -> errors of its networks."""
    return {
        name: measure_errors(runs.stack, runs.digits, company=company, sort=sort)
        for name, (company, sort) in COMPANIES.items()
    }


def maps_before_norm(runs: Runs) -> list[Array]:
    """Return what each convolution of the first network makes of its test images: (N, C, H, W)."""
    images, _ = runs.digits.batch(runs.digits.test)
    seen: list[torch.Tensor] = []
    with torch.no_grad():
        runs.stack.scores(images, training=False, seen=seen)
    widths = runs.stack.design.widths
    return [m[:, :width].double().numpy() for m, width in zip(seen, widths, strict=True)]


@dataclass(frozen=True)
class Staleness:
    """Test error after some steps, by running statistics and by those of a batch of 64."""

    steps: tuple[int, ...]
    running: Array
    batch: Array


def stale_statistics(steps: Sequence[int], *, seeds: Sequence[int], rate: float = 1.0) -> Staleness:
    """Test networks early in training, when the running statistics still remember their start.

    Shapes: running and batch (steps, seeds).
    """
    tested: list[tuple[Array, Array]] = []
    for count in steps:
        runs = train(Design("batch"), rates=[rate], seeds=seeds, steps=count)
        tested.append(
            (runs.errors[0], measure_errors(runs.stack, runs.digits, company=64, sort=False))
        )
    running, batch = (np.array(side) for side in zip(*tested, strict=True))
    return Staleness(tuple(steps), running, batch)


@dataclass(frozen=True)
class DecayStudy:
    """One layer's kernels under several weight decays: squared norms, angles, losses, errors."""

    rate: float
    decays: tuple[float, ...]
    squared_norms: Array
    turns: Array
    losses: Array
    errors: Array

    @property
    def predicted(self) -> Array:
        """The angle of each step in equilibrium, √(2 · rate · decay), in radians."""
        return np.sqrt(2 * self.rate * np.array(self.decays))


def weight_decay_study(
    decays: Sequence[float],
    *,
    seeds: Sequence[int],
    rate: float = 0.5,
    steps: int = 250,
    layer: int = 1,
) -> DecayStudy:
    """Train under batch norm with each weight decay and watch one layer's kernels turn.

    Shapes: squared_norms and losses (steps, decays, seeds), turns (steps - 1, decays, seeds) in
    radians, errors (decays, seeds).
    """
    seen: list[NDArray[np.float32]] = []

    def watch(step: int, stack: Stack) -> None:
        seen.append(stack.kernels[layer].detach().numpy().reshape(stack.count, -1).copy())

    runs = train(
        Design("batch"),
        rates=[rate] * len(decays),
        seeds=seeds,
        steps=steps,
        weight_decay=decays,
        on_step=watch,
    )
    kernels = np.array(seen, dtype=np.float64)
    shape = -1, len(decays), len(seeds)
    return DecayStudy(
        rate,
        tuple(decays),
        (kernels**2).sum(axis=-1).reshape(shape),
        angles(kernels).reshape(shape),
        runs.losses,
        runs.errors,
    )
