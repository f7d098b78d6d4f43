"""The digits, dealt to networks that are trained side by side: to each its own split and order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cvlib.datasets import load_digits

Indices = npt.NDArray[np.intp]
#: Images that each network keeps apart for choosing, a learning rate for example.
VALIDATION = 300


@dataclass(frozen=True)
class Digits:
    """The images of every network, split by its seed: training, validation, test, (S, images)."""

    images: Tensor
    labels: Tensor
    train: Indices
    validation: Indices
    test: Indices

    def batch(self, chosen: Indices) -> tuple[Tensor, Tensor]:
        """Images (S, pixels, N) and labels (S, N) for indices (S, N)."""
        index = torch.from_numpy(chosen)
        return self.images[index].transpose(1, 2).contiguous(), self.labels[index]


def load(seeds: Sequence[int], train_size: int) -> Digits:
    """Deal the digits of scikit-learn to one network a seed."""
    digits = load_digits()
    orders = np.stack([np.random.default_rng(s).permutation(len(digits)) for s in seeds])
    return Digits(
        torch.from_numpy(digits.images).flatten(1),
        torch.from_numpy(digits.labels),
        *np.split(orders, [train_size, train_size + VALIDATION], axis=1),
    )


def shuffled(digits: Digits, seeds: Sequence[int], size: int) -> Iterator[Indices]:
    """Deal batches without end, each network in an order of its own: indices (S, size)."""
    rngs = [np.random.default_rng((s, 1)) for s in seeds]
    while True:
        epoch = np.stack([r.permutation(i) for r, i in zip(rngs, digits.train, strict=True)])
        for first in range(0, epoch.shape[1] - size + 1, size):
            yield epoch[:, first : first + size]
