"""Wide ResNets on CIFAR: fewer layers, k times as many maps, batch norm and ReLU first.

Source: Zagoruyko and Komodakis, Wide residual networks, BMVC 2016, table 1 and figure 1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.architectures.networks.blocks import he_normal
from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register
from cvlib.architectures.networks.residual import Fusion, ResidualBlock


class WideBlock(ResidualBlock):
    """Figure 1 (b, d): BN, ReLU, 3 × 3, twice, with dropout between; nothing after the sum.

    Where the shape changes, the shortcut is a 1 × 1 convolution of what the first ReLU gives.
    """

    def __init__(
        self,
        channels: int,
        width: int,
        stride: int,
        *,
        dropout: float = 0.0,
        residual: bool = True,
        fusion: Fusion = torch.add,
    ) -> None:
        super().__init__(fusion)
        self.same = stride == 1 and channels == width
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.downsample = None
        if residual:
            conv = nn.Conv2d(channels, width, 1, stride, bias=False)
            self.downsample = nn.Identity() if self.same else conv

    def forward(self, x: Tensor) -> Tensor:
        first = functional.relu(self.bn1(x))
        out = functional.relu(self.bn2(self.conv1(first)))
        out = self.conv2(self.dropout(out))
        return self.join(out, x if self.same else first)


class WideResNet(Network):
    """WRN-d-k: three stages of (d - 4) / 6 blocks with 16k, 32k and 64k maps.

    Raises ValueError for a depth that is not 6n + 4.
    """

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        depth: int,
        width: int,
        dropout: float = 0.0,
        residual: bool = True,
        fusion: Fusion = torch.add,
    ) -> None:
        super().__init__(num_classes, in_channels)
        if depth < 10 or depth % 6 != 4:
            raise ValueError(f"depth must be 6n + 4 with n of at least 1, got {depth}")
        self.conv1 = nn.Conv2d(in_channels, 16, 3, 1, 1, bias=False)
        stages, channels = [], 16
        for stage in range(3):
            blocks, out = [], 16 * width * 2**stage
            for k in range((depth - 4) // 6):
                stride = 2 if stage and not k else 1
                block = WideBlock(
                    channels, out, stride, dropout=dropout, residual=residual, fusion=fusion
                )
                blocks.append(block)
                channels = out
            stages.append(nn.Sequential(*blocks))
        self.layer1, self.layer2, self.layer3 = stages
        self.bn = nn.BatchNorm2d(channels)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = score_layer(channels, num_classes)
        self.num_features = channels
        self.apply(self.init_layer)

    def init_layer(self, layer: nn.Module) -> None:
        he_normal(layer)

    def forward_features(self, x: Tensor) -> Tensor:
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return functional.relu(self.bn(x))

    def forward_head(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(self.avgpool(x), 1))


for _depth, _width in ((28, 10), (40, 4), (16, 8), (16, 4)):
    register(
        f"wrn{_depth}_{_width}", WideResNet, size=32, num_classes=10, depth=_depth, width=_width
    )
