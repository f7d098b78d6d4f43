"""The other side of the comparison: a small convolutional network, trained end to end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cvlib.datasets import Dataset, batches, channel_mean

Array = NDArray[Any]


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


def train_network(
    training: Dataset, *, seed: int, steps: int = 300, width: int = 12, lr: float = 5e-3
) -> TrainedNetwork:
    """Minimize the cross-entropy by `steps` of Adam on batches of 32, the rate rising and falling.

    The number of steps does not depend on the number of images: every data size gets one budget.
    """
    import torch
    from torch import nn

    mean = channel_mean(training.images)
    x = torch.from_numpy(training.images - mean[:, None, None])
    x = x.contiguous(memory_format=torch.channels_last)
    y = torch.from_numpy(training.labels)
    module = build_network(x.shape[1], x.shape[2], training.classes, width=width, seed=seed)
    module = module.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(module.parameters(), lr=lr, weight_decay=1e-4, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    rng = np.random.default_rng(seed)
    epoch: Iterator[NDArray[np.intp]] = iter(())
    for _ in range(steps):
        chosen = next(epoch, None)
        if chosen is None:
            epoch = batches(len(training), min(32, len(training)), rng)
            chosen = next(epoch)
        loss = nn.functional.cross_entropy(module(x[chosen]), y[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return TrainedNetwork(module, mean)
