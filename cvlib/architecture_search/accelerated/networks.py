"""The network that a code means, as a PyTorch module that can be trained."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from cvlib.architecture_search.reference.codes import Code, format_code, parse_code
from cvlib.architecture_search.reference.stages import decode_stage


class ConvolutionNode(nn.Sequential):
    """One node: convolution without bias, batch norm, ReLU; the size of the map stays."""

    def __init__(self, in_channels: int, channels: int, kernel_size: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, channels, kernel_size, padding=kernel_size // 2, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )


class GeneticStage(nn.Module):
    """One stage: the default input node, the nodes of the code, the default output node.

    Its nodes are named "input", "1" … "K" and "output"; isolated ones are not there, and without a
    connection "input" is alone.

    Shapes: (N, in_channels, H, W) -> (N, channels, H, W).
    Raises ValueError for bits that no K has and for an even kernel_size.
    """

    def __init__(
        self, bits: Sequence[int], in_channels: int, channels: int, kernel_size: int = 3
    ) -> None:
        super().__init__()
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size must be odd, to keep the size of the map, got {kernel_size}"
            )
        self.graph = decode_stage(bits)
        inner = [*map(str, self.graph.kept), "output"] if self.graph.edges else []
        self.nodes = nn.ModuleDict({"input": ConvolutionNode(in_channels, channels, kernel_size)})
        self.nodes.update(
            {name: ConvolutionNode(channels, channels, kernel_size) for name in inner}
        )

    def forward(self, x: Tensor) -> Tensor:
        """Compute the stage."""
        first = self.nodes["input"](x)
        if not self.graph.edges:
            return first
        maps: dict[int, Tensor] = {}
        for node in self.graph.kept:
            inputs = [maps[i] for i in self.graph.predecessors(node)]
            maps[node] = self.nodes[str(node)](_added(inputs) if inputs else first)
        return self.nodes["output"](_added([maps[node] for node in self.graph.sinks]))


def _added(maps: Sequence[Tensor]) -> Tensor:
    total = maps[0]
    for other in maps[1:]:
        total = total + other
    return total


class GeneticNetwork(nn.Module):
    """The stages of a code, a 2 × 2 max pooling after each, and a classifier.

    ``channels`` has one number a stage. The classifier has ``hidden`` units on the flattened map of
    an image of ``image_size`` pixels a side, ReLU, dropout and a linear layer; with ``hidden=0`` it
    is a linear layer on the mean of each channel. Kernels are drawn from the seed alone (He et al.,
    2015).

    The paper's network for CIFAR-10 has stages of 3, 4 and 5 nodes with 8, 16 and 32 channels; the
    defaults from ``kernel_size`` on are its.

    Shapes: (N, in_channels, S, S) -> (N, num_classes).
    Raises ValueError for a code without stages or with bits that no K has, for another number of
    channels than stages, and for images that the poolings leave no pixel of.
    Source: Xie and Yuille, Genetic CNN, 2017, sections 3.1 and 4.2.
    """

    def __init__(
        self,
        code: Code | str,
        *,
        channels: Sequence[int],
        in_channels: int = 3,
        image_size: int = 32,
        num_classes: int = 10,
        kernel_size: int = 5,
        hidden: int = 128,
        dropout: float = 0.5,
        seed: int = 0,
    ) -> None:
        super().__init__()
        code = parse_code(code) if isinstance(code, str) else code
        if not code or len(channels) != len(code):
            raise ValueError(
                f"channels must have one number a stage, {len(code)}, got {len(channels)}: "
                f"{tuple(channels)}"
            )
        side = image_size // 2 ** len(code)
        if side < 1:
            raise ValueError(
                f"image_size must be at least {2 ** len(code)}: {len(code)} poolings halve it, "
                f"got {image_size}"
            )
        self.code = format_code(code)
        parts: list[nn.Module] = []
        for bits, before, width in zip(code, (in_channels, *channels), channels, strict=False):
            parts += [GeneticStage(bits, before, width, kernel_size), nn.MaxPool2d(2)]
        self.features = nn.Sequential(*parts)
        head: list[nn.Module] = [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
        if hidden:
            dense = nn.Linear(channels[-1] * side**2, hidden)
            head = [nn.Flatten(), dense, nn.ReLU(), nn.Dropout(dropout)]
        self.classifier = nn.Sequential(*head, nn.Linear(hidden or channels[-1], num_classes))
        self._draw_parameters(seed)

    def _draw_parameters(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Score images."""
        return self.classifier(self.features(x))
