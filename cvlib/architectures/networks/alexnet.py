"""AlexNet: the single tower that torchvision has, and the two towers of the paper.

Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural
networks, 2012, figure 2; the single tower is Krizhevsky's One weird trick for parallelizing
convolutional neural networks, 2014.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register


class AlexNet(Network):
    """Five convolutions and three fully connected layers, of which the latter hold 96 % of weights.

    Images of another size than the usual one are averaged to the 6 × 6 maps that they expect.
    """

    heads = ("classifier.6",)
    num_features = 4096

    def __init__(self, *, num_classes: int, in_channels: int, dropout: float = 0.5) -> None:
        super().__init__(num_classes, in_channels)
        self.features = self.make_features(in_channels)
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(),
            nn.Dropout(dropout), nn.Linear(4096, 4096), nn.ReLU(),
            score_layer(4096, num_classes),
        )  # fmt: skip
        self.apply(self.init_layer)

    def make_features(self, in_channels: int) -> nn.Sequential:
        """Build the convolutional part of the single tower, for images of 224 × 224."""
        return nn.Sequential(
            nn.Conv2d(in_channels, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip

    def forward_features(self, x: Tensor) -> Tensor:
        return self.features(x)

    def forward_head(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.avgpool(x), 1))


class AlexNetPaper(AlexNet):
    """The network of 2012: two groups, local response norm, overlapping pooling; 227 × 227.

    The second, fourth and fifth convolution see the maps of their own half only.
    """

    def make_features(self, in_channels: int) -> nn.Sequential:
        """Build the convolutional part; the norm has k = 2, n = 5, α = 1e-4, β = 0.75."""

        def norm() -> nn.Module:
            return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)  # PyTorch divides α by n

        return nn.Sequential(
            nn.Conv2d(in_channels, 96, 11, 4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1, groups=2), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1, groups=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip

    def init_layer(self, layer: nn.Module) -> None:
        """Draw N(0, 0.01²); biases are 1 behind the first ReLUs of each tower's layers, else 0.

        Source: the paper's §5: 1 in the convolutions 2, 4 and 5 and the hidden layers.
        """
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            nn.init.normal_(layer.weight, 0.0, 0.01)
            hidden = isinstance(layer, nn.Linear) and layer.out_features == 4096
            grouped = isinstance(layer, nn.Conv2d) and layer.groups == 2
            nn.init.constant_(layer.bias, float(hidden or grouped))


register("alexnet", AlexNet)
register("alexnet_paper", AlexNetPaper, size=227)
