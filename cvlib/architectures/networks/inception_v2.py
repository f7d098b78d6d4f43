"""Inception-v2 as BN-Inception: two 3 × 3 for a 5 × 5, batch norm everywhere.

Source: Ioffe and Szegedy, Batch normalization, ICML 2015, figure 5 (the table of the network).
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from cvlib.architectures.networks.blocks import ConvReLU, he_normal
from cvlib.architectures.networks.branches import Side
from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register


class InceptionBN(Side):
    """1 × 1 | 1 × 1, 3 × 3 | 1 × 1, 3 × 3, 3 × 3 | pooling, 1 × 1.

    Modules without a 1 × 1 branch stride by 2, and pass the pooled maps on as they are.
    """

    def __init__(self, channels: int, widths: tuple[int, ...], pooling: str) -> None:
        super().__init__()
        one, reduce3, three, reduce_double, double, pool = widths
        stride = 1 if one else 2
        conv = partial(ConvReLU, eps=0.001)
        self.branch1x1 = conv(channels, one, 1) if one else None
        self.branch3x3 = nn.Sequential(conv(channels, reduce3, 1), conv(reduce3, three, 3, stride))
        self.branch3x3dbl = nn.Sequential(
            conv(channels, reduce_double, 1),
            conv(reduce_double, double, 3),
            conv(double, double, 3, stride),
        )
        padding = int(stride == 1)
        self.pool: nn.Module = nn.MaxPool2d(3, stride, padding, ceil_mode=stride == 2)
        if pooling == "average":
            self.pool = nn.AvgPool2d(3, stride, padding)
        self.branch_pool = conv(channels, pool, 1) if pool else nn.Identity()
        self.out_channels = one + three + double + (pool or channels)

    def branches(self, x: Tensor) -> list[Tensor]:
        first = [] if self.branch1x1 is None else [self.branch1x1(x)]
        return [*first, self.branch3x3(x), self.branch3x3dbl(x), self.branch_pool(self.pool(x))]


#: #1×1, #3×3 reduce, #3×3, double #3×3 reduce, double #3×3, pool projection; kind of pooling.
TABLE = {
    "3a": ((64, 64, 64, 64, 96, 32), "average"),
    "3b": ((64, 64, 96, 64, 96, 64), "average"),
    "3c": ((0, 128, 160, 64, 96, 0), "max"),
    "4a": ((224, 64, 96, 96, 128, 128), "average"),
    "4b": ((192, 96, 128, 96, 128, 128), "average"),
    "4c": ((160, 128, 160, 128, 160, 96), "average"),
    "4d": ((96, 128, 192, 160, 192, 96), "average"),
    "4e": ((0, 128, 192, 192, 256, 0), "max"),
    "5a": ((352, 192, 320, 160, 224, 128), "average"),
    "5b": ((352, 192, 320, 192, 224, 128), "max"),
}


class InceptionV2(Network):
    """Ten modules, two of which halve the size instead of a pooling between."""

    num_features = 1024

    def __init__(self, *, num_classes: int, in_channels: int, dropout: float = 0.2) -> None:
        super().__init__(num_classes, in_channels)
        conv = partial(ConvReLU, eps=0.001)
        layers: dict[str, nn.Module] = {
            "conv1": conv(in_channels, 64, 7, 2),
            "pool1": nn.MaxPool2d(3, 2, ceil_mode=True),
            "conv2": conv(64, 64, 1),
            "conv3": conv(64, 192, 3),
            "pool2": nn.MaxPool2d(3, 2, ceil_mode=True),
        }
        channels = 192
        for name, (widths, pooling) in TABLE.items():
            module = InceptionBN(channels, widths, pooling)
            layers[f"inception{name}"] = module
            channels = module.out_channels
        self.features = nn.Sequential()
        for name, layer in layers.items():
            self.features.add_module(name, layer)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = score_layer(channels, num_classes)
        self.apply(self.init_layer)

    def init_layer(self, layer: nn.Module) -> None:
        he_normal(layer)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.features(x)

    def forward_head(self, x: Tensor) -> Tensor:
        return self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))


register("inception_v2", InceptionV2)
