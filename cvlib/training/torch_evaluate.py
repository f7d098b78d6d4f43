"""Scores on data that is not trained on, each example counted once however many processes help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from cvlib.training import distributed
from cvlib.training.precision import Precision, wide
from cvlib.training.torch_data import VALIDATION, Examples, load

Score = Callable[[Tensor, Tensor], Tensor]


def correct(outputs: Tensor, targets: Tensor) -> Tensor:
    """Say for every target whether its class has the highest score.

    Shapes: outputs (N, K, …), targets (N, …) -> bool (N, …): images or, for label maps, pixels.
    """
    return outputs.argmax(dim=1) == targets


@torch.no_grad()
def evaluate(
    model: nn.Module,
    data: Any,
    *,
    score: Score = correct,
    size: int = 256,
    precision: str = "float32",
    device: str | torch.device | None = None,
) -> float:
    """Return the mean of `score(outputs, targets)` over all targets of the data.

    The model computes in evaluation mode, `size` examples at a time, and is left in the mode it was
    in. Several processes share the examples, none twice: a sampler that fills up the last round
    with repeated examples, as PyTorch's DistributedSampler does, would count some of them twice.

    `data` as in `Batches`. Raises ValueError for a size below 1 or no examples.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1, got {size}")
    world = distributed.join(device)
    arithmetic = Precision(precision, world.device)
    examples = data if isinstance(data, Examples) else Examples(data)
    mine = list(range(world.rank, len(examples), world.size))
    requests = [(VALIDATION, mine[k : k + size]) for k in range(0, len(mine), size)]
    model.to(world.device)
    world.share_buffers(model)
    was_training = model.training
    model.eval()
    sums = torch.zeros(2, dtype=wide(world.device), device=world.device)
    try:
        for inputs, targets in load(examples, requests):
            goal = targets.to(world.device)
            with arithmetic.autocast():
                found = score(model(inputs.to(world.device)), goal)
            sums += torch.stack([found.sum(dtype=sums.dtype), sums.new_tensor(found.numel())])
    finally:
        model.train(was_training)
    total, count = world.total(sums).tolist()
    return total / count
