"""Inception-v3: modules A, B and C at three sizes, and reductions between that lose nothing.

Source: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the inception architecture for
computer vision, CVPR 2016, table 1; widths, names and unpadded stem are those of the release.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.architectures.networks.branches import check_transform, published_input
from cvlib.architectures.networks.inception_modules import (
    GridReduction1,
    GridReduction2,
    ModuleA,
    ModuleB,
    ModuleC,
    conv,
)
from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register


class InceptionOutputs(NamedTuple):
    """Scores in training: of the end, and of the head on the 17 × 17 maps."""

    logits: Tensor
    aux_logits: Tensor


class AuxHead(nn.Module):
    """5 × 5 averages with stride 3, 1 × 1 to 128 maps, 5 × 5 to 768, their mean, scores."""

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.conv0 = conv(channels, 128, 1)
        self.conv1 = conv(128, 768, 5, padding=0)
        self.fc = nn.Linear(768, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(self.conv0(functional.avg_pool2d(x, 5, stride=3)))
        return self.fc(torch.flatten(functional.adaptive_avg_pool2d(x, (1, 1)), 1))


class InceptionV3(Network):
    """Three modules A at 35 × 35, four B at 17 × 17, two C at 8 × 8, of images of 299 × 299.

    In training it returns `InceptionOutputs` if it has its head. `transform_input` is for the
    published weights, see `published_input`.
    """

    heads = ("fc", "AuxLogits.fc")
    num_features = 2048

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        aux_logits: bool = True,
        transform_input: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(num_classes, in_channels)
        check_transform(transform_input, in_channels)
        self.transform_input = transform_input
        self.Conv2d_1a_3x3 = conv(in_channels, 32, 3, 2, 0)
        self.Conv2d_2a_3x3 = conv(32, 32, 3, 1, 0)
        self.Conv2d_2b_3x3 = conv(32, 64, 3)
        self.maxpool1 = nn.MaxPool2d(3, 2)
        self.Conv2d_3b_1x1 = conv(64, 80, 1)
        self.Conv2d_4a_3x3 = conv(80, 192, 3, 1, 0)
        self.maxpool2 = nn.MaxPool2d(3, 2)
        self.Mixed_5b = ModuleA(192, 32)
        self.Mixed_5c = ModuleA(256, 64)
        self.Mixed_5d = ModuleA(288, 64)
        self.Mixed_6a = GridReduction1(288)
        self.Mixed_6b = ModuleB(768, 128)
        self.Mixed_6c = ModuleB(768, 160)
        self.Mixed_6d = ModuleB(768, 160)
        self.Mixed_6e = ModuleB(768, 192)
        self.AuxLogits = AuxHead(768, num_classes) if aux_logits and num_classes else None
        self.Mixed_7a = GridReduction2(768)
        self.Mixed_7b = ModuleC(1280)
        self.Mixed_7c = ModuleC(2048)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = score_layer(2048, num_classes)
        self.apply(self.init_layer)

    def init_layer(self, layer: nn.Module) -> None:
        """Draw N(0, 0.1²), cut off at ±2; 0.001 for the scores of the head in the middle."""
        if isinstance(layer, nn.Conv2d | nn.Linear):
            middle = self.AuxLogits is not None and layer is self.AuxLogits.fc
            nn.init.trunc_normal_(layer.weight, std=0.001 if middle else 0.1, a=-2.0, b=2.0)

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the maps that the middle head reads, and the last ones."""
        x = published_input(x) if self.transform_input else x
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(self.maxpool1(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(self.maxpool2(x))))
        x = self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))
        middle = self.Mixed_6e(self.Mixed_6d(x))
        return middle, self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(middle)))

    def forward_features(self, x: Tensor) -> Tensor:
        return self.maps(x)[1]

    def forward_head(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(self.dropout(self.avgpool(x)), 1))

    def scores(self, x: Tensor) -> Tensor | InceptionOutputs:
        middle, last = self.maps(x)
        if not self.training or self.AuxLogits is None:
            return self.forward_head(last)
        return InceptionOutputs(self.forward_head(last), self.AuxLogits(middle))


register("inception_v3", InceptionV3, size=299)
