"""Train units to report rings of pixels: which part of its field does a unit learn to use?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from cvlib.arrays import Array
from cvlib.receptive_field.experiments import he_initialized
from cvlib.receptive_field.gradients import unit_gradient
from cvlib.receptive_field.reference.spread import measured_spread


@dataclass(frozen=True)
class Rings:
    """Training on one ring of pixels each: error and width, all of shape (seeds, rings)."""

    rings: tuple[tuple[int, int], ...]
    error: Array
    before: Array
    after: Array


def learn_rings(
    rings: Sequence[tuple[int, int]],
    *,
    seeds: Sequence[int],
    depth: int = 6,
    steps: int = 200,
    channels: int = 8,
    batch: int = 32,
) -> Rings:
    """Train one unit to report the mean of a ring of pixels, at several distances from its centre.

    The unit stands on `depth` unpadded 3 × 3 layers with leaky ReLU; its field is white noise.
    A ring (a, b) holds the pixels with max(|row|, |column|) between a and b; its target has mean 0
    and variance 1, so that an error of 1 is no better than guessing. Adam, learning rate 0.003.
    All networks are trained side by side; those of one seed start alike and see the same images.
    """
    networks = [
        he_initialized(_ring_network(depth, channels), seed) for seed in seeds for _ in rings
    ]
    network = side_by_side(networks)
    masks = torch.stack([_ring(depth, *ring) for ring in rings])
    side = masks.shape[-1]
    generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]

    def images(count: int) -> Tensor:
        """White noise, the same for all networks of a seed: (count, seeds, rings, side, side)."""
        drawn = [torch.randn(count, 1, side, side, generator=g) for g in generators]
        return torch.stack(drawn, dim=1).expand(-1, -1, len(rings), -1, -1)

    def errors(x: Tensor) -> Tensor:
        """The mean squared error of every network, (seeds · rings,)."""
        target = (x * masks).sum(dim=(-2, -1)).flatten(1)
        return (_predictions(network, x) - target).square().mean(0)

    test = images(256)
    before = _widths(network, test)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        errors(images(batch)).sum().backward()
        optimizer.step()
    with torch.no_grad():
        error = torch.stack([errors(part) for part in test.split(64)]).mean(0).numpy()
    shape = len(seeds), len(rings)
    return Rings(
        tuple(rings),
        error.reshape(shape).astype(float),
        before.reshape(shape),
        _widths(network, test).reshape(shape),
    )


def _ring(depth: int, first: int, last: int) -> Tensor:
    """Weights of the pixels of a ring, their squares adding up to 1."""
    place = (torch.arange(2 * depth + 1) - depth).abs()
    distance = torch.maximum(place[:, None], place)
    mask = ((distance >= first) & (distance <= last)).float()
    return mask / mask.sum().sqrt()


def _ring_network(depth: int, channels: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for k in range(depth):
        layers += [nn.Conv2d(channels if k else 1, channels, 3), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers, nn.Conv2d(channels, 1, 1))


def side_by_side(networks: Sequence[nn.Sequential]) -> nn.Sequential:
    """Join networks of one design into one, each convolution with a group for every network.

    Channels of input and output stand network after network; none sees another's numbers.
    """
    count, joined = len(networks), []
    for layers in zip(*networks, strict=True):
        first = layers[0]
        if isinstance(first, nn.Conv2d):
            first = nn.Conv2d(
                count * first.in_channels,
                count * first.out_channels,
                first.kernel_size,  # type: ignore[arg-type]
                first.stride,  # type: ignore[arg-type]
                first.padding,  # type: ignore[arg-type]
                groups=count,
            )
            with torch.no_grad():
                first.weight.copy_(torch.cat([layer.weight for layer in layers]))
                first.bias.copy_(torch.cat([layer.bias for layer in layers]))  # type: ignore[union-attr]
        joined.append(first)
    # the fast layout for grouped convolutions on a processor
    return nn.Sequential(*joined).to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _predictions(network: nn.Module, x: Tensor) -> Tensor:
    return network(x.flatten(1, 2).contiguous(memory_format=torch.channels_last)).flatten(1)


def _widths(network: nn.Module, test: Tensor) -> Array:
    """The width of every network's effective field on the test images, in pixels."""
    parts = [unit_gradient(network, x.flatten(1, 2)).square() for x in test.split(64)]
    return np.array([np.mean(measured_spread(p)) for p in torch.cat(parts).mean(0).numpy()])
