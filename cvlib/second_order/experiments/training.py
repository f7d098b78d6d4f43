"""Small residual networks trained on digits, alike in everything but their fusion."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from cvlib.datasets import load_digits, split
from cvlib.second_order.accelerated.modules import ResidualStack
from cvlib.second_order.experiments.fusions import terms_of

Numbers = npt.NDArray[np.float64]
#: Training and test images of each seed's own split.
SIZES = (1000, 500)
BATCH = 64
LR, MOMENTUM = 0.1, 0.9


@dataclass(frozen=True)
class Trained:
    """What training left: ``losses[fusion]`` (seeds, steps), test ``errors[fusion]`` (seeds,)."""

    steps: int
    losses: dict[str, Numbers]
    errors: dict[str, Numbers]

    def last_losses(self, fusion: str, count: int = 20) -> Numbers:
        """Return the mean training loss of the last ``count`` steps, (seeds,)."""
        return np.asarray(self.losses[fusion][:, -count:].mean(axis=1))


def train_fusions(
    fusions: Sequence[str],
    *,
    seeds: Sequence[int],
    steps: int = 120,
    widths: Sequence[int] = (8, 8, 16, 16),
    on_run: Callable[[str, int], None] | None = None,
) -> Trained:
    """Train a `ResidualStack` for every fusion and seed, and count its errors on test images.

    SGD with Nesterov's momentum of 0.9 at a rate that falls from 0.1 to 0 along a cosine, batches
    of 64 of 1,000 digits. A seed fixes the split, the first weights and the order of the images,
    whatever the fusion: compare fusions seed by seed. ``on_run(fusion, seed)`` is called before
    each run. Raises ValueError for an unknown fusion.
    """
    losses: dict[str, Numbers] = {}
    errors: dict[str, Numbers] = {}
    for fusion in fusions:
        terms, runs = terms_of(fusion), []
        for seed in seeds:
            if on_run is not None:
                on_run(fusion, seed)
            runs.append(_train(terms, seed, steps, widths))
        losses[fusion] = np.array([loss for loss, _ in runs])
        errors[fusion] = np.array([error for _, error in runs])
    return Trained(steps, losses, errors)


def _train(
    terms: tuple[str, ...], seed: int, steps: int, widths: Sequence[int]
) -> tuple[list[float], float]:
    parts = split(load_digits(), SIZES, seed=seed)
    mean = parts[0].images.mean()
    (x, y), (test_x, test_y) = (
        (torch.from_numpy(part.images - mean), torch.from_numpy(part.labels)) for part in parts
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = ResidualStack(widths, terms=terms)
    optimizer = torch.optim.SGD(network.parameters(), LR, momentum=MOMENTUM, nesterov=True)
    falling = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (1 + math.cos(math.pi * step / steps)) / 2
    )
    rng = np.random.default_rng((seed, 1))
    order = np.concatenate([rng.permutation(len(x)) for _ in range(-(-steps * BATCH // len(x)))])
    losses = []
    for step in range(steps):
        chosen = torch.from_numpy(order[step * BATCH : (step + 1) * BATCH])
        loss = functional.cross_entropy(network(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        falling.step()
        losses.append(loss.item())
    with torch.no_grad():
        wrong = (network.eval()(test_x).argmax(1) != test_y).double().mean().item()
    return losses, wrong
