"""DenseNet: every layer reads the maps of all layers before it, and adds a few of its own.

Source: Huang, Liu, van der Maaten and Weinberger, Densely connected convolutional networks, CVPR
2017, table 1 and §3.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.architectures.networks.blocks import he_normal
from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register


class DenseLayer(nn.Module):
    """BN, ReLU, 3 × 3 to `growth` maps; as a bottleneck, BN, ReLU, 1 × 1 to 4 · growth before."""

    def __init__(self, channels: int, growth: int, *, bottleneck: bool, dropout: float) -> None:
        super().__init__()
        self.bottleneck = bottleneck
        self.norm1 = nn.BatchNorm2d(channels)
        if bottleneck:
            self.conv1 = nn.Conv2d(channels, 4 * growth, 1, bias=False)
            self.norm2 = nn.BatchNorm2d(4 * growth)
            self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)
        else:
            self.conv1 = nn.Conv2d(channels, growth, 3, padding=1, bias=False)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(functional.relu(self.norm1(x)))
        if self.bottleneck:
            out = self.conv2(functional.relu(self.norm2(out)))
        return self.dropout(out)


class DenseBlock(nn.ModuleDict):
    """Figure 1: x_l = H_l([x_0, x_1, …, x_{l-1}]); gives all of them, (N, C + L · growth, H, W)."""

    def __init__(
        self, layers: int, channels: int, growth: int, *, bottleneck: bool, dropout: float
    ) -> None:
        super().__init__()
        for k in range(layers):
            self[f"denselayer{k + 1}"] = DenseLayer(
                channels + k * growth, growth, bottleneck=bottleneck, dropout=dropout
            )

    def forward(self, x: Tensor) -> Tensor:
        maps = [x]
        for layer in self.values():
            maps.append(layer(torch.cat(maps, 1)))
        return torch.cat(maps, 1)


def transition(channels: int, out_channels: int) -> nn.Sequential:
    """Between two blocks: BN, ReLU, 1 × 1 to fewer maps, average of 2 × 2 pixels."""
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(),
            conv=nn.Conv2d(channels, out_channels, 1, bias=False),
            pool=nn.AvgPool2d(2, 2),
        )
    )


class DenseNet(Network):
    """Dense blocks of `depths` layers with transitions between, BN and ReLU at the end.

    `compression` is the share θ of maps that a transition keeps; with `bottleneck` and θ < 1 the
    paper calls it DenseNet-BC. With `cifar` it starts with a 3 × 3 convolution only.
    """

    heads = ("classifier",)

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        growth: int,
        depths: tuple[int, ...],
        stem: int,
        bottleneck: bool = True,
        compression: float = 0.5,
        cifar: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(num_classes, in_channels)
        kernel, stride = (3, 1) if cifar else (7, 2)
        first = nn.Conv2d(in_channels, stem, kernel, stride, kernel // 2, bias=False)
        features: dict[str, nn.Module] = {"conv0": first}
        if not cifar:
            features["norm0"] = nn.BatchNorm2d(stem)
            features["relu0"] = nn.ReLU()
            features["pool0"] = nn.MaxPool2d(3, 2, 1)
        channels = stem
        for k, layers in enumerate(depths, start=1):
            features[f"denseblock{k}"] = DenseBlock(
                layers, channels, growth, bottleneck=bottleneck, dropout=dropout
            )
            channels += layers * growth
            if k < len(depths):
                kept = int(compression * channels)
                features[f"transition{k}"] = transition(channels, kept)
                channels = kept
        features[f"norm{len(depths) + 1}"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(OrderedDict(features))
        self.classifier = score_layer(channels, num_classes)
        self.num_features = channels
        self.apply(self.init_layer)

    def init_layer(self, layer: nn.Module) -> None:
        he_normal(layer, "fan_in")
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.bias)

    def forward_features(self, x: Tensor) -> Tensor:
        return functional.relu(self.features(x))

    def forward_head(self, x: Tensor) -> Tensor:
        x = functional.adaptive_avg_pool2d(x, (1, 1))
        return self.classifier(torch.flatten(x, 1))


for _depth, _growth, _stem, _blocks in (
    (121, 32, 64, (6, 12, 24, 16)),
    (169, 32, 64, (6, 12, 32, 32)),
    (201, 32, 64, (6, 12, 48, 32)),
    (161, 48, 96, (6, 12, 36, 24)),
):
    register(f"densenet{_depth}", DenseNet, growth=_growth, depths=_blocks, stem=_stem, cifar=False,
             bottleneck=True, compression=0.5)  # fmt: skip


def register_cifar(name: str, depth: int, growth: int, *, bc: bool) -> None:
    """Name one of the paper's networks on CIFAR: three equal blocks, depth = 3L + 4 or 6L + 4."""
    layers = (depth - 4) // (6 if bc else 3)
    register(
        name, DenseNet, size=32, num_classes=10, growth=growth, depths=(layers,) * 3,
        stem=2 * growth if bc else 16, bottleneck=bc, compression=0.5 if bc else 1.0, cifar=True,
    )  # fmt: skip


for _depth in (40, 100):
    register_cifar(f"cifar_densenet{_depth}_12", _depth, 12, bc=False)
for _depth, _growth in ((100, 12), (250, 24), (190, 40)):
    register_cifar(f"cifar_densenet_bc{_depth}_{_growth}", _depth, _growth, bc=True)
