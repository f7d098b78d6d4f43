"""Several processes that train one model, each on its own device, started by `torchrun`.

    torchrun --nproc-per-node 4 my_training.py

starts the script four times. `join` finds the others; every process computes the gradient of its
share of the mini-batch, and DistributedDataParallel averages the gradients. The script stays the
same for one process.
"""

from __future__ import annotations

import atexit
import os
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed, nn

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """The processes that train together: which of them this one is, and its device."""

    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this is the process that writes files and talks."""
        return self.rank == 0

    def wrap(self, model: nn.Module) -> nn.Module:
        """Return a model whose gradients are averaged over the processes; itself if alone."""
        if self.size == 1:
            return model
        ids = [self.device] if self.device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(model, device_ids=ids)

    def total(self, values: Tensor) -> Tensor:
        """Return the sum over the processes."""
        if self.size > 1:
            values = values.clone()
            distributed.all_reduce(values)
        return values

    def gather(self, item: T) -> list[T]:
        """Return every process's item, in the order of their ranks."""
        if self.size == 1:
            return [item]
        items: list[Any] = [None] * self.size
        distributed.all_gather_object(items, item)
        return items

    def tell(self, item: T) -> T:
        """Return the item of process 0."""
        if self.size == 1:
            return item
        box: list[Any] = [item]
        distributed.broadcast_object_list(box, src=0)
        return box[0]

    def share_buffers(self, model: nn.Module) -> None:
        """Give all processes the buffers of process 0, such as running statistics."""
        if self.size > 1:
            for buffer in model.buffers():
                distributed.broadcast(buffer, src=0)


def join(device: str | torch.device | None = None) -> World:
    """Find the other processes, if `torchrun` started any, and choose a device.

    Without a device: the GPU of this process's number on its machine if there are GPUs, else the
    CPU. GPUs talk through NCCL, CPUs through Gloo.
    Raises RuntimeError when there are more processes on a machine than GPUs.
    """
    local = int(os.environ.get("LOCAL_RANK", 0))
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(device)
    if device.type == "cuda":
        if device.index is None:
            device = torch.device("cuda", local)
        if device.index >= torch.cuda.device_count():
            raise RuntimeError(
                f"process {local} of this machine asks for {device}, but there are "
                f"{torch.cuda.device_count()} GPUs: start at most one process for each"
            )
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        if int(os.environ.get("WORLD_SIZE", 1)) == 1:
            return World(0, 1, device)
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(_leave)
    return World(distributed.get_rank(), distributed.get_world_size(), device)


def _leave() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()
