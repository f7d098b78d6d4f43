"""SqueezeNet: fire modules, and scores at every place whose mean is the answer.

Source: Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and < 0.5MB
model size, 2016, table 1 and figure 1; version 1.1 is that of the authors' repository.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register


class Fire(nn.Module):
    """Figure 1: squeeze by 1 × 1, then expand by 1 × 1 and by 3 × 3 side by side."""

    def __init__(self, channels: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu(self.squeeze(x))
        return functional.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], 1))


def fires(channels: int, *settings: tuple[int, int]) -> list[nn.Module]:
    """Chain fire modules, each (squeeze, expand)."""
    modules: list[nn.Module] = []
    for squeeze, expand in settings:
        modules.append(Fire(channels, squeeze, expand))
        channels = 2 * expand
    return modules


class SqueezeNet(Network):
    """A convolution, eight fire modules with three poolings between, scores by 1 × 1.

    The scores pass a ReLU, so they are never negative. The poolings round up.
    """

    heads = ("classifier.1",)
    num_features = 512
    scores_by_convolution = True

    def __init__(
        self, *, num_classes: int, in_channels: int, early_pooling: bool, dropout: float = 0.5
    ) -> None:
        super().__init__(num_classes, in_channels)

        def pool() -> nn.Module:
            return nn.MaxPool2d(3, 2, ceil_mode=True)

        small, large = [(16, 64)] * 2, [(48, 192)] * 2 + [(64, 256)]
        if early_pooling:  # 1.1
            stem: nn.Module = nn.Conv2d(in_channels, 64, 3, 2)
            body = [
                *fires(64, *small), pool(), *fires(128, (32, 128), (32, 128)), pool(),
                *fires(256, *large, (64, 256)),
            ]  # fmt: skip
        else:
            stem = nn.Conv2d(in_channels, 96, 7, 2)
            body = [
                *fires(96, *small, (32, 128)), pool(), *fires(256, (32, 128), *large), pool(),
                *fires(512, (64, 256)),
            ]  # fmt: skip
        self.features = nn.Sequential(stem, nn.ReLU(), pool(), *body)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), score_layer(512, num_classes, conv=True), nn.ReLU(),
            nn.AdaptiveAvgPool2d((1, 1)),
        )  # fmt: skip
        self.apply(self.init_layer)

    def init_layer(self, layer: nn.Module) -> None:
        """Draw He's uniform, and N(0, 0.01²) for the last convolution."""
        if isinstance(layer, nn.Conv2d) and layer.bias is not None:
            nn.init.zeros_(layer.bias)
            if layer is self.classifier[1]:
                nn.init.normal_(layer.weight, 0.0, 0.01)
            else:
                nn.init.kaiming_uniform_(layer.weight)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.features(x)

    def forward_head(self, x: Tensor) -> Tensor:
        return torch.flatten(self.classifier(x), 1)


register("squeezenet1_0", SqueezeNet, early_pooling=False)
register("squeezenet1_1", SqueezeNet, early_pooling=True)
