"""LeNet-5 as it is built today. As it was in 1998 it stands in `cvlib.training`, in NumPy.

Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition,
1998, figure 2.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register


class LeNet5(Network):
    """C1 6 maps, S2, C3 16 maps, S4, C5 120, F6 84, scores: (N, 1, 32, 32) -> (N, 10).

    Kernels are 5 × 5, poolings 2 × 2 maxima, activations ReLUs. C5 sees 5 × 5 maps; other images
    than 32 × 32 are averaged to that.
    """

    heads = ("classifier.4",)
    num_features = 84

    def __init__(self, *, num_classes: int, in_channels: int) -> None:
        super().__init__(num_classes, in_channels)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d((5, 5))
        self.classifier = nn.Sequential(
            nn.Linear(16 * 5 * 5, 120), nn.ReLU(),
            nn.Linear(120, 84), nn.ReLU(),
            score_layer(84, num_classes),
        )  # fmt: skip

    def forward_features(self, x: Tensor) -> Tensor:
        return self.features(x)

    def forward_head(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(x), 1))


register("lenet5", LeNet5, size=32, num_classes=10, in_channels=1)
