"""Turn a graph of windows into a PyTorch network with random weights, to be measured."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.receptive_field.reference.graph import INPUT
from cvlib.receptive_field.reference.networks import Network, as_graph

_CONV: dict[int, tuple[Any, Any]] = {
    1: (nn.Conv1d, nn.ConvTranspose1d),
    2: (nn.Conv2d, nn.ConvTranspose2d),
    3: (nn.Conv3d, nn.ConvTranspose3d),
}


class GraphNetwork(nn.Module):
    """A network with the windows and merges of a graph: every window is a convolution.

    All maps have `channels` channels; branches are added, each times the root of its share. The
    weights are normal with mean 0, scaled so that the size of the activations is kept (twice the
    variance with ReLU, which follows every window). Nodes that see everything are not supported.
    """

    def __init__(
        self,
        network: Network,
        *,
        channels: int = 1,
        activation: Literal["none", "relu"] = "none",
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.graph = as_graph(network)
        self.activation = activation
        self.windows = nn.ModuleDict()
        generator = torch.Generator().manual_seed(seed)
        gain = 2.0 if activation == "relu" else 1.0
        for step in self.graph.steps():
            if step.everything or (step.layer is not None and step.layer.ceil):
                raise ValueError(f"node {step.name!r} is not a window of fixed size")
            if step.layer is None:
                continue
            layer = step.layer
            kind = _CONV[self.graph.axes][layer.transposed]
            more = tuple(p - a for p, a in zip(layer.padding, layer.padding_after, strict=True))
            options: dict[str, Any] = {"padding": layer.padding, "output_padding": more}
            conv = kind(
                channels,
                channels,
                layer.kernel,
                layer.stride,
                dilation=layer.dilation,
                bias=False,
                **(options if layer.transposed else {}),
            )
            fan = channels * math.prod(layer.kernel)
            if layer.transposed:
                fan = max(1, fan // math.prod(layer.stride))
            with torch.no_grad():
                conv.weight.normal_(0.0, math.sqrt(gain / fan), generator=generator)
            self.windows[self._key(step.name)] = conv

    @staticmethod
    def _key(name: str) -> str:
        return name.replace(".", "/")

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, channels, H, W) to the output of the graph."""
        maps = {INPUT: x}
        for step in self.graph.steps():
            first = maps[step.inputs[0]]
            if step.layer is None:
                shares = step.shares or (1.0,) * len(step.inputs)
                scale = [math.sqrt(share / sum(shares)) for share in shares]
                out = torch.zeros(())
                for weight, name in zip(scale, step.inputs, strict=True):
                    out = out + weight * maps[name]
            else:
                if not step.layer.transposed:
                    pads = zip(step.layer.padding, step.layer.padding_after, strict=True)
                    first = functional.pad(first, [p for pair in reversed([*pads]) for p in pair])
                out = self.windows[self._key(step.name)](first)
                out = functional.relu(out) if self.activation == "relu" else out
            maps[step.name] = out
        return maps[self.graph.output]
