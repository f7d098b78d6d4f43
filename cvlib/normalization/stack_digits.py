"""The digits, dealt to networks that are trained side by side: to each its own split and order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cvlib.datasets import load_digits


@dataclass(frozen=True)
class Digits:
    """The images of every network: its own split into training and test, by its seed."""

    images: Tensor
    labels: Tensor
    train: npt.NDArray[np.intp]
    test: npt.NDArray[np.intp]

    def batch(self, chosen: npt.NDArray[np.intp]) -> tuple[Tensor, Tensor]:
        """Images (N, S, H, W) and labels (S, N) for indices (S, N)."""
        index = torch.from_numpy(chosen)
        return self.images[index].transpose(0, 1).contiguous(), self.labels[index]


def load(seeds: Sequence[int], train_size: int) -> Digits:
    """Deal the digits of scikit-learn to one network a seed."""
    digits = load_digits()
    orders = np.stack([np.random.default_rng(s).permutation(len(digits)) for s in seeds])
    return Digits(
        torch.from_numpy(digits.images[:, 0]),
        torch.from_numpy(digits.labels),
        orders[:, :train_size],
        orders[:, train_size:],
    )


def shuffled(digits: Digits, seeds: Sequence[int], size: int) -> Iterator[npt.NDArray[np.intp]]:
    """Deal batches without end, each network in an order of its own: indices (S, size)."""
    rngs = [np.random.default_rng((s, 1)) for s in seeds]
    while True:
        epoch = np.stack([r.permutation(i) for r, i in zip(rngs, digits.train, strict=True)])
        for first in range(0, epoch.shape[1] - size + 1, size):
            yield epoch[:, first : first + size]
