"""Mini-batches that can be continued in the middle of an epoch, by any number of processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, default_collate

from cvlib.training import torch_random

#: The epoch number that validation draws its random numbers under, if it draws any.
VALIDATION = 2**31


class Examples(Dataset[Any]):
    """Whole batches of a dataset, asked for as (epoch, indices).

    `data`: a pair of tensors (inputs, targets), an object with arrays `images` and `labels` such as
    `cvlib.datasets.Dataset`, or any map-style dataset of pairs. The last may augment at random with
    `random`, `numpy.random` or `torch`: before each example all three are seeded from (seed, epoch,
    index), so an example looks the same whichever process loads it, and whenever.
    """

    def __init__(self, data: Any, seed: int = 0) -> None:
        if hasattr(data, "images") and hasattr(data, "labels"):
            data = (data.images, data.labels)
        self.tensors: tuple[Tensor, ...] | None = None
        if isinstance(data, tuple):
            self.tensors = tuple(torch.as_tensor(array) for array in data)
            lengths = [len(tensor) for tensor in self.tensors]
            if len(lengths) != 2 or lengths[0] != lengths[1]:
                raise ValueError(f"expected inputs and as many targets, got lengths {lengths}")
        self.data = data
        self.seed = seed
        self.count = len(data) if self.tensors is None else len(self.tensors[0])
        if not self.count:
            raise ValueError("expected at least one example, got none")

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, request: tuple[int, Sequence[int]]) -> list[Any]:
        epoch, indices = request
        if self.tensors is not None:
            return [tensor[torch.as_tensor(indices)] for tensor in self.tensors]
        examples = []
        with torch_random.preserved():
            for index in indices:
                torch_random.reseed(self.seed, epoch, index)
                examples.append(self.data[index])
        return default_collate(examples)


@dataclass(frozen=True)
class Share:
    """One process's part of a mini-batch: its inputs, their targets, and how much they count.

    `weight` is processes · (examples here) / (examples in the whole batch), so that the mean over
    the processes of weight · (mean loss here) is the mean loss of the whole batch.
    """

    inputs: Tensor
    targets: Tensor
    examples: int
    weight: float


class Batches:
    """The mini-batches of every epoch: each example once, in an order drawn from (seed, epoch).

    `data` as in `Examples`; the last batch of an epoch may be smaller. With `workers`, that many
    processes load ahead; they change nothing but the speed.
    Raises ValueError for a batch size below 1, a negative seed or no examples.
    """

    def __init__(self, data: Any, size: int, *, seed: int = 0, workers: int = 0) -> None:
        for name, value, least in (("size", size, 1), ("seed", seed, 0), ("workers", workers, 0)):
            if value < least:
                raise ValueError(f"{name} must be at least {least}, got {value}")
        self.examples = Examples(data, seed)
        self.size = size
        self.seed = seed
        self.workers = workers

    def __len__(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self.examples) // self.size)

    def order(self, epoch: int) -> NDArray[np.int64]:
        """Return the order in which an epoch visits the examples."""
        return np.random.default_rng((self.seed, epoch)).permutation(len(self.examples))

    def shares(
        self,
        epoch: int,
        order: NDArray[np.int64],
        *,
        start: int = 0,
        rank: int = 0,
        processes: int = 1,
        pinned: bool = False,
    ) -> Iterator[Share]:
        """Yield this process's part of every batch from number `start` on.

        Of each batch, process `rank` takes the examples rank, rank + processes, … . One that gets
        none borrows the batch's first and counts it with weight 0, since all must take part.
        """
        whole = [order[k : k + self.size] for k in range(0, len(order), self.size)][start:]
        mine = [batch[rank::processes] for batch in whole]
        requests = [
            (epoch, (part if len(part) else batch[:1]).tolist())
            for part, batch in zip(mine, whole, strict=True)
        ]
        loaded = load(self.examples, requests, workers=self.workers, pinned=pinned)
        for part, batch, (inputs, targets) in zip(mine, whole, loaded, strict=True):
            yield Share(inputs, targets, len(part), processes * len(part) / len(batch))


def load(
    examples: Examples,
    requests: Sequence[tuple[int, list[int]]],
    *,
    workers: int = 0,
    pinned: bool = False,
) -> DataLoader[Any]:
    """Return a loader of whole batches."""
    return DataLoader(
        examples,
        batch_size=None,
        sampler=requests,  # type: ignore[arg-type]
        num_workers=workers,
        pin_memory=pinned,
        # without a generator of its own, each new loader takes a number from torch's global one,
        # and a run that was continued would see other dropout masks from there on
        generator=torch.Generator(),
    )
