"""Every source of random numbers in a PyTorch program: read, put back, or seeded together.

Python's `random`, NumPy's global generator, PyTorch's on the CPU and that of one more device.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

CPU = torch.device("cpu")


def states(device: torch.device = CPU) -> dict[str, Any]:
    """Return the state of every source as numbers, strings, tuples and tensors only.

    A checkpoint may hold nothing else, so that reading one cannot run code.
    """
    old: Any = np.random.get_state(legacy=True)
    kind, keys, position, has_gauss, gauss = old
    found: dict[str, Any] = {
        "python": random.getstate(),
        "numpy": (kind, torch.from_numpy(keys.astype(np.int64)), position, has_gauss, gauss),
        "torch": torch.get_rng_state(),
    }
    if device.type != "cpu":
        found["device"] = torch.get_device_module(device).get_rng_state(device)
    return found


def restore(found: dict[str, Any], device: torch.device = CPU) -> None:
    """Put back what `states` returned."""
    random.setstate(found["python"])
    kind, keys, *rest = found["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(found["torch"].cpu())
    if device.type != "cpu" and "device" in found:
        torch.get_device_module(device).set_rng_state(found["device"].cpu(), device)


def reseed(*numbers: int, device: torch.device = CPU) -> None:
    """Seed every source from whole numbers of at least 0, such as (seed, epoch, index).

    Other numbers give unrelated streams, however close they are.
    """
    words = np.random.SeedSequence(numbers).generate_state(4, np.uint32)
    random.seed(int(words[0]))
    np.random.seed(words[1])
    # torch.manual_seed would reach for every accelerator; this is the CPU's alone
    torch.default_generator.manual_seed(int(words[2]))
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(int(words[3]))


@contextmanager
def preserved(device: torch.device = CPU) -> Iterator[None]:
    """Leave every source as it was found, whatever is drawn inside."""
    found = states(device)
    try:
        yield
    finally:
        restore(found, device)
