"""Train the network of a code on handwritten digits, and count what it gets right."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cvlib.architecture_search.accelerated.networks import GeneticNetwork
from cvlib.architecture_search.evaluation import Evaluator
from cvlib.architecture_search.reference.code_operators import code_operators
from cvlib.architecture_search.reference.codes import Code, format_code
from cvlib.architecture_search.reference.genetic import Settings, evolve
from cvlib.architecture_search.reference.history import History
from cvlib.architecture_search.run_file import RunFile
from cvlib.datasets import batches, load_digits, split

CHANNELS = (8, 16)
#: Images that nothing is chosen by: the same for every seed. Of the others each seed deals its own
#: training and validation images.
TEST, TRAIN, VALIDATION = 450, 900, 447
SPLIT_SEED = 2017


class Accuracies(NamedTuple):
    """Shares of the validation and of the test images that a trained network gets right."""

    validation: float
    test: float


@cache
def _images() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The images that seeds deal anew, and those of the test, each with their labels."""
    test, others = split(load_digits(), (TEST, TRAIN + VALIDATION), seed=SPLIT_SEED)
    (x, y), (z, t) = (
        (torch.from_numpy(part.images), torch.from_numpy(part.labels)) for part in (others, test)
    )
    return (x, y), (z, t)


def train_code(
    code: Code, seed: int, *, steps: int = 60, batch: int = 64, rate: float = 0.1
) -> Accuracies:
    """Train the network of a code from a seed, which deals the images, the start and the order.

    Stages of 8, 16, … channels with 3 × 3 kernels, a linear classifier on the mean of each channel;
    Nesterov momentum 0.9 and a rate that falls along a half cosine.
    """
    torch.set_num_threads(1)  # the order of sums, and so the result, depends on it
    (x, y), (test_x, test_y) = _images()
    rng = np.random.default_rng([seed, 1])
    order = torch.from_numpy(rng.permutation(len(y)))
    train, validation = order[:TRAIN], order[TRAIN:]
    channels = [CHANNELS[0] * 2**k for k in range(len(code))]
    network = GeneticNetwork(
        code, channels=channels, in_channels=1, image_size=8, kernel_size=3, hidden=0, seed=seed
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9, nesterov=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    step = 0
    while step < steps:
        for chosen in batches(TRAIN, batch, rng):
            if step == steps or len(chosen) < batch:
                break
            some = train[torch.from_numpy(chosen)]
            loss = functional.cross_entropy(network(x[some]), y[some])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step += 1
    network.eval()
    with torch.no_grad():
        right = [
            float((network(images).argmax(1) == labels).double().mean())
            for images, labels in ((x[validation], y[validation]), (test_x, test_y))
        ]
    return Accuracies(*right)


def validation_accuracy(code: Code, seed: int) -> float:
    """The fitness of a network: the share of the seed's validation images that it gets right."""
    return train_code(code, seed).validation


def search_digits(
    stages: Sequence[int],
    settings: Settings,
    *,
    seed: int,
    flip_rate: float = 0.1,
    exchange_rate: float = 0.3,
    workers: int = 1,
    path: str | Path | None = None,
) -> History[Code]:
    """Search for a network for handwritten digits, training each that the search comes upon.

    With a path, what was trained stands in a run file there: called again after a kill, the search
    takes it from there and ends as if nothing had happened. Networks can be trained in several
    processes; the result does not depend on their number.

    Raises ValueError if the file is another search's, and as `RunFile` does.
    """
    operators = code_operators(stages, flip_rate=flip_rate, exchange_rate=exchange_rate)
    what = {"task": "digits", "stages": [*stages], "seed": seed}
    with ExitStack() as stack:
        run_file = None if path is None else stack.enter_context(RunFile(path, what))
        evaluate = stack.enter_context(
            Evaluator(
                validation_accuracy, seed=seed, workers=workers, run_file=run_file, name=format_code
            )
        )
        return evolve(operators, evaluate, settings, seed=seed)
