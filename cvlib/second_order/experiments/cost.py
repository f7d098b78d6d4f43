"""What a fusion costs: exact bytes kept for the backward pass, multiplications, and time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from cvlib.saved_tensors import saved_bytes
from cvlib.second_order.accelerated.modules import ResidualStack
from cvlib.second_order.experiments.fusions import terms_of


def fusion_bytes(
    fusions: Sequence[str],
    *,
    widths: Sequence[int] = (8, 8, 16, 16),
    images: int = 64,
    training: bool = True,
) -> dict[str, int]:
    """Count what a training step of the networks of `train_fusions` keeps, fusion by fusion.

    With ``training=False`` without gradients, as at test time: nothing. Raises ValueError for an
    unknown fusion.
    """
    found = {}
    for fusion in fusions:
        network = ResidualStack(widths, terms=terms_of(fusion)).train(training)
        x = torch.zeros(images, 1, 8, 8)
        labels = torch.zeros(images, dtype=torch.long)
        with torch.set_grad_enabled(training):
            found[fusion] = saved_bytes(
                partial(_loss, network, x, labels),
                leave_out=[x, labels, *network.parameters(), *network.buffers()],
            )
    return found


def _loss(network: ResidualStack, x: Tensor, labels: Tensor) -> Tensor:
    return functional.cross_entropy(network(x), labels)


def extra_multiplications(channels: int, *, kernel: int = 3, convolutions: int = 2) -> float:
    """Return what one more multiplication an output number adds to a block's, as a share of them.

    A block of convolutions that keep `channels` multiplies kernel² · channels times for each of its
    numbers and each convolution: 1 / (2 · 9 · channels) for the block of two 3×3.
    """
    return 1 / (convolutions * kernel**2 * channels)


def step_seconds(
    fusions: Sequence[str],
    *,
    rounds: int = 20,
    widths: Sequence[int] = (8, 8, 16, 16),
    images: int = 64,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, npt.NDArray[np.float64]]:
    """Time a training step of each fusion, round by round, so that a busy machine slows all alike.

    Print the ratios; assert nothing. Returns seconds (rounds,) a fusion. Raises ValueError for an
    unknown fusion.
    """
    networks = {fusion: ResidualStack(widths, terms=terms_of(fusion)) for fusion in fusions}
    x, labels = torch.randn(images, 1, 8, 8), torch.zeros(images, dtype=torch.long)
    seconds: dict[str, list[float]] = {fusion: [] for fusion in fusions}
    for _ in range(rounds):
        for fusion, network in networks.items():
            start = clock()
            _loss(network, x, labels).backward()
            seconds[fusion].append(clock() - start)
    return {fusion: np.array(each) for fusion, each in seconds.items()}
