"""Measured experiments on effective receptive fields, which the chapter reports."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from cvlib.arrays import Array
from cvlib.receptive_field.gradients import gradient_power
from cvlib.receptive_field.graph_network import GraphNetwork
from cvlib.receptive_field.reference.graph import INPUT, Graph
from cvlib.receptive_field.reference.layer_geometry import LayerGeometry
from cvlib.receptive_field.reference.networks import Network, as_graph, receptive_field
from cvlib.receptive_field.reference.spread import measured_spread

KINDS = ("linear", "relu", "residual")


def plain_or_residual(depth: int, *, residual: bool = False) -> Graph:
    """Stack 3 × 3 windows at stride 1, each with a skip around it if `residual`."""
    graph, x = Graph(), INPUT
    for _ in range(depth):
        deep = graph.window(x, LayerGeometry(3, 1, 1))
        x = graph.merge(x, deep) if residual else deep
    return graph


def field_image(network: Network) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the first unit that sees no padding and the smallest image that holds its window."""
    axes = receptive_field(as_graph(network)).axes
    unit = tuple(math.ceil(-a.first / a.stride) for a in axes)
    return unit, tuple(a.window(i)[1] + 1 for a, i in zip(axes, unit, strict=True))


def effective_power(
    network: Network,
    *,
    seed: int,
    channels: int = 8,
    relu: bool = False,
    images: int = 1,
) -> Array:
    """Return the mean squared gradient of one unit of a network with random weights, (H, W).

    Weights, images (white noise) and the mixture of the unit's channels follow from the seed.
    """
    unit, size = field_image(network)
    activation = "relu" if relu else "none"
    module = GraphNetwork(network, channels=channels, activation=activation, seed=seed)  # type: ignore[arg-type]
    generator = torch.Generator().manual_seed(1000 + seed)
    noise = torch.randn(images, channels, *size, generator=generator)
    return gradient_power(module, noise, unit=unit, seed=seed)


@dataclass(frozen=True)
class WidthLaw:
    """Measured standard deviations in pixels, ``widths[kind]`` of shape (seeds, depths)."""

    depths: tuple[int, ...]
    widths: Mapping[str, Array]

    def exponents(self, kind: str) -> Array:
        """The slope of log width over log depth, one for each seed."""
        x = np.log(self.depths)
        return np.array([np.polyfit(x, np.log(w), 1)[0] for w in self.widths[kind]])


def width_law(*, depths: Sequence[int], seeds: Sequence[int], channels: int = 8) -> WidthLaw:
    """Measure the effective field of untrained 3 × 3 stacks: linear, with ReLU, with skips."""
    widths = {}
    for kind in KINDS:
        graphs = [plain_or_residual(depth, residual=kind == "residual") for depth in depths]
        widths[kind] = np.array(
            [
                [
                    np.mean(
                        measured_spread(
                            effective_power(
                                graph,
                                seed=seed,
                                channels=channels,
                                relu=kind == "relu",
                                images=4 if kind == "relu" else 1,
                            )
                        )
                    )
                    for graph in graphs
                ]
                for seed in seeds
            ]
        )
    return WidthLaw(tuple(depths), widths)


def alexnet_width(images: Tensor, *, seeds: Sequence[int], width: int = 12) -> Array:
    """Measure the effective field of untrained AlexNets with true max pooling, one σ a seed.

    The images are (N, 3, 259, 259), for which unit (2, 2) of the last map sees no padding.
    """
    maps = [gradient_power(_alexnet(width, s), images, unit=(2, 2), seed=s) for s in seeds]
    return np.array([np.mean(measured_spread(power)) for power in maps])


def _alexnet(width: int, seed: int) -> nn.Sequential:
    w = width
    layers = [
        nn.Conv2d(3, w, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(w, 2 * w, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(2 * w, 4 * w, 3, padding=1), nn.ReLU(),
        nn.Conv2d(4 * w, 4 * w, 3, padding=1), nn.ReLU(),
        nn.Conv2d(4 * w, 4 * w, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    ]  # fmt: skip
    return he_initialized(nn.Sequential(*layers), seed)


def he_initialized(module: nn.Sequential, seed: int) -> nn.Sequential:
    """Draw the weights of a module for ReLU, biases 0, from a seed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.ndim > 1:
                std = math.sqrt(2 / math.prod(parameter.shape[1:]))
                parameter.normal_(0.0, std, generator=generator)
            else:
                parameter.zero_()
    return module


def blank_response(depth: int, size: int, *, seed: int = 0, channels: int = 8) -> Array:
    """Show a blank image to an untrained padded 3 × 3 stack: how far each unit is from the middle.

    |y(i, j) - y(middle)| / |y(middle)| over the channels, (size, size). Behind a leaky ReLU, which
    has no dead units that hide the border from those behind them.
    """
    layers: list[nn.Module] = []
    for k in range(depth):
        layers += [nn.Conv2d(channels if k else 1, channels, 3, padding=1), nn.LeakyReLU(0.1)]
    network = he_initialized(nn.Sequential(*layers), seed).double()
    with torch.no_grad():
        out = network(torch.ones(1, 1, size, size, dtype=torch.float64))[0].numpy()
    middle = out[:, size // 2, size // 2][:, None, None]
    return np.linalg.norm(out - middle, axis=0) / np.linalg.norm(middle)
