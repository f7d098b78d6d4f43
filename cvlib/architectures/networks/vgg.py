"""VGG: only 3 × 3 convolutions, doubled in width and halved in size.

Source: Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition,
ICLR 2015, table 1 (columns A, B, D, E).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cvlib.architectures.networks.blocks import he_normal
from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register

WIDTHS = (64, 128, 256, 512, 512)


class VGG(Network):
    """Five stages of `depths` convolutions and a pooling each, then two hidden layers of 4096.

    Images of another size than 224 are averaged to the 7 × 7 maps that these expect.
    """

    heads = ("classifier.6",)
    num_features = 4096

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        depths: tuple[int, ...],
        batch_norm: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__(num_classes, in_channels)
        layers: list[nn.Module] = []
        for depth, width in zip(depths, WIDTHS, strict=True):
            for _ in range(depth):
                layers.append(nn.Conv2d(in_channels, width, 3, padding=1))
                layers += [nn.BatchNorm2d(width), nn.ReLU()] if batch_norm else [nn.ReLU()]
                in_channels = width
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(dropout),
            score_layer(4096, num_classes),
        )  # fmt: skip
        self.apply(self.init_layer)

    def init_layer(self, layer: nn.Module) -> None:
        he_normal(layer, linear_std=0.01)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.features(x)

    def forward_head(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(x), 1))


for _layers, _depths in (
    (11, (1, 1, 2, 2, 2)),
    (13, (2, 2, 2, 2, 2)),
    (16, (2, 2, 3, 3, 3)),
    (19, (2, 2, 4, 4, 4)),
):
    register(f"vgg{_layers}", VGG, depths=_depths, batch_norm=False)
    register(f"vgg{_layers}_bn", VGG, depths=_depths, batch_norm=True)
