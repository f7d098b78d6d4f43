"""The other side of the comparison: small convolutional networks, trained end to end.

Networks of one design are trained side by side, as the groups of one network: each sees its own
images in its own order, no number of one reaches another, and a step costs a third.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import Array
from cvlib.datasets import Dataset, batches, channel_mean

BATCH = 32


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A trained network with the channel means that it was trained with."""

    module: Any
    mean: Array

    def scores(self, images: Array) -> Array:
        """Return the scores (N, K) of images (N, C, H, W), in float32."""
        import torch

        with torch.no_grad():
            x = torch.from_numpy(images.astype(np.float32) - self.mean[:, None, None])
            found: Array = self.module(x).numpy()
        return found

    def predict(self, images: Array) -> NDArray[np.int64]:
        """Return the class (N,) with the largest score of images (N, C, H, W)."""
        return self.scores(images).argmax(axis=1).astype(np.int64)


def build_network(channels: int, size: int, classes: int, *, width: int, seed: int) -> Any:
    """Return 3 × 3 convolutions, each with ReLU and 2 × 2 max pooling, and one linear layer.

    Two of them for images below 16 × 16, else three: `width`, then twice `width` channels. Weights
    are drawn from `seed`; torch's own generator is left as it was.
    """
    import torch
    from torch import nn

    widths = [channels, width, 2 * width] + ([2 * width] if size >= 16 else [])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[Any] = []
        for before, after in itertools.pairwise(widths):
            # ReLU after the maximum is the same function, for a quarter of the work
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
            size //= 2
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widths[-1] * size**2, classes))


def train_networks(
    trainings: Sequence[Dataset],
    *,
    seeds: Sequence[int],
    steps: int = 300,
    width: int = 12,
    lr: float = 5e-3,
) -> list[TrainedNetwork]:
    """Train one network a dataset and seed: `steps` of Adam, the rate rising and falling.

    The datasets may differ in size: every network gets one budget of steps, on batches of 32.
    """
    import torch
    from torch.nn import functional

    (channels, size, _), classes = trainings[0].images.shape[1:], trainings[0].classes
    modules = [build_network(channels, size, classes, width=width, seed=seed) for seed in seeds]
    count = len(modules)
    stacked = [torch.cat(same).detach().requires_grad_() for same in _aligned(modules)]
    *body, head, bias = stacked
    means = [channel_mean(training.images) for training in trainings]
    # channels last, so that the channels of all networks stand side by side
    x = torch.cat(
        [
            torch.from_numpy(t.images - m[:, None, None]).permute(0, 2, 3, 1)
            for t, m in zip(trainings, means, strict=True)
        ]
    )
    y = torch.from_numpy(np.concatenate([training.labels for training in trainings]))
    starts = np.cumsum([0, *map(len, trainings)])[:-1]
    orders = [
        _order(len(training), np.random.default_rng(seed))
        for training, seed in zip(trainings, seeds, strict=True)
    ]
    optimizer = torch.optim.Adam(stacked, lr=lr, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for _ in range(steps):
        chosen = torch.from_numpy(
            np.stack(
                [
                    start + np.fromiter(itertools.islice(order, BATCH), np.int64)
                    for start, order in zip(starts, orders, strict=True)
                ]
            )
        )
        maps = x[chosen].permute(1, 2, 3, 0, 4).flatten(3).permute(0, 3, 1, 2)
        for kernel, shift in zip(body[::2], body[1::2], strict=True):
            maps = functional.conv2d(maps, kernel, shift, padding=1, groups=count)
            maps = functional.relu(functional.max_pool2d(maps, 2))
        z = maps.reshape(BATCH, count, -1).transpose(0, 1)
        scores = z @ head.reshape(count, classes, -1).mT + bias.reshape(count, 1, -1)
        # a sum over networks, so that each has the gradient of its own mean
        loss = count * functional.cross_entropy(scores.flatten(0, 1), y[chosen].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    with torch.no_grad():
        for own, all_ in zip(_aligned(modules), stacked, strict=True):
            for parameter, value in zip(own, all_.chunk(count), strict=True):
                parameter.copy_(value)
    return [TrainedNetwork(m, mean) for m, mean in zip(modules, means, strict=True)]


def _aligned(modules: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield each parameter of the design, as all the networks hold it."""
    return zip(*(module.parameters() for module in modules), strict=True)


def _order(n: int, rng: np.random.Generator) -> Iterator[int]:
    """Yield 0 … n - 1 in random order, and again in another, without end."""
    while True:
        for epoch in batches(n, n, rng):
            yield from epoch.tolist()
