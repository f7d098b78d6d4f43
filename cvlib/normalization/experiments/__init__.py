"""The chapter's experiments on networks in training and tested: whose statistics, weight decay."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from cvlib.normalization.experiments.facts import angles
from cvlib.normalization.experiments.stack import Design, Stack
from cvlib.normalization.experiments.stack_training import Runs, measure_errors, train

Array = NDArray[np.float64]

#: Whose statistics a trained batch norm network is tested by: name, batch size, sorted by class.
STATISTICS: Mapping[str, tuple[int | None, bool]] = {
    "running statistics": (None, False),
    "statistics of 64 images, shuffled": (64, False),
    "statistics of 8 images, shuffled": (8, False),
    "statistics of 64 images, sorted by class": (64, True),
    "statistics of 8 images, sorted by class": (8, True),
    "every image alone": (1, False),
}


def errors_by_statistics(runs: Runs) -> dict[str, Array]:
    """Test a trained stack by everybody's statistics: name -> errors of its networks."""
    return {
        name: measure_errors(runs.stack, runs.digits, by_batches_of=size, sort=sort)
        for name, (size, sort) in STATISTICS.items()
    }


def maps_before_norm(runs: Runs) -> list[Array]:
    """Return what each convolution makes of its network's test images, a layer: (S, N, C, H, W)."""
    images, _ = runs.digits.batch(runs.digits.test)
    seen: list[torch.Tensor] = []
    with torch.no_grad():
        runs.stack.scores(images, training=False, seen=seen)
    sides = [math.isqrt(maps.shape[2]) for maps in seen]
    return [
        maps.double().permute(0, 3, 1, 2).unflatten(3, (side, side)).numpy()
        for maps, side in zip(seen, sides, strict=True)
    ]


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
        by_batch = measure_errors(runs.stack, runs.digits, by_batches_of=64)
        tested.append((runs.errors[0], by_batch))
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
        """The angle of each step in equilibrium, √(2 · rate · λ), in radians."""
        return np.sqrt(2 * self.rate * np.array(self.decays))


def weight_decay_study(
    decays: Sequence[float],
    *,
    seeds: Sequence[int],
    rate: float = 0.5,
    steps: int = 250,
    layer: int = 1,
) -> DecayStudy:
    """Train under batch norm with each weight decay λ and watch one layer's kernels turn.

    λ adds λ/2 · ‖w‖² of the kernels to the loss.
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
