"""Weights and images that depend on names and indices only, and what is kept of a result.

Any library that has the same keys gets the same network: no random numbers of any version.
"""

import hashlib
import math
import zlib

import numpy as np
import torch
from torch import nn

CHUNK = 1 << 20


def numbers(name, shape, low, high):
    """Spread numbers evenly over [low, high): SplitMix64 of the index, seeded by the name."""
    count = math.prod(shape)
    out = torch.empty(count, dtype=torch.float64)
    start = np.uint64(zlib.crc32(name.encode()) << 32)
    for first in range(0, count, CHUNK):
        last = min(first + CHUNK, count)
        z = np.arange(first + 1, last + 1, dtype=np.uint64)
        with np.errstate(over="ignore"):
            z = z * np.uint64(0x9E3779B97F4A7C15) + start
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
        unit = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
        out[first:last] = torch.from_numpy(low + (high - low) * unit)
    return out.reshape(shape)


def limits(key, shape):
    """Between which limits the numbers of a key lie: activations keep their size, roughly."""
    if key.endswith(("running_mean", "bias")):
        return -0.1, 0.1
    if len(shape) < 2:  # scales of batch norm, and running variances
        return 0.5, 1.5
    bound = math.sqrt(6 / math.prod(shape[1:]))
    return -bound, bound


def fill(model: nn.Module) -> nn.Module:
    """Give a network, of the meta device too, its fixed weights in float64, and no dropout."""
    model = model.to_empty(device="cpu").double()
    for key, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(numbers(key, tuple(tensor.shape), *limits(key, tensor.shape)))
        else:
            tensor.zero_()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model


def image(size, count=1):
    """Make a batch (count, 3, size, size) of noise between -2 and 2."""
    return numbers(f"image {size}", (count, 3, size, size), -2.0, 2.0)


def sample(scores):
    """Keep nine numbers of a batch of vectors: eight, spread evenly, and the norm."""
    flat = scores.detach().flatten()
    step = len(flat) // 8
    return [*flat[: 8 * step : step].tolist(), flat.norm().item()]


def digest(lines):
    """Return sixteen hexadecimal digits that change with any of the lines."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def outline(model):
    """Describe keys and shapes: per child the number of keys and a digest of their lines."""
    lines: dict[str, list[str]] = {}
    for key, tensor in model.state_dict().items():
        child = ".".join(key.split(".")[:2]) if key.startswith("features") else key.split(".")[0]
        lines.setdefault(child, []).append(f"{key} {tuple(tensor.shape)} {tensor.dtype}")
    return {child: f"{len(rows)} {digest(rows)}" for child, rows in lines.items()}
