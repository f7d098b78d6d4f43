"""MobileNet v1 and v2: a convolution in each map by itself, then 1 × 1 across the maps.

Source: Howard et al., MobileNets: efficient convolutional neural networks for mobile vision
applications, 2017, table 1; Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks,
CVPR 2018, table 2 and figure 4.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.architectures.networks.blocks import he_normal
from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register
from cvlib.architectures.networks.residual import Fusion, ResidualBlock


def unit(
    channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1, *, six: bool = False
) -> nn.Sequential:
    """Convolution, batch norm and ReLU, or the ReLU6 that is cut off at 6."""
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU6() if six else nn.ReLU(),
    )


def check_width(width_mult: float) -> None:
    """Demand a positive width multiplier."""
    if not width_mult > 0:
        raise ValueError(f"width_mult must be above 0, got {width_mult}")


class MobileNet(Network):
    """Shared by both versions: features, their mean, dropout and the scores."""

    heads = ("classifier.1",)

    def finish(self, features: list[nn.Module], channels: int, dropout: float) -> None:
        """Put the features and the classifier in place, and draw the weights."""
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), score_layer(channels, self.num_classes)
        )
        self.num_features = channels
        self.apply(self.init_layer)

    def init_layer(self, layer: nn.Module) -> None:
        he_normal(layer, linear_std=0.01)

    def forward_features(self, x: Tensor) -> Tensor:
        return self.features(x)

    def forward_head(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(functional.adaptive_avg_pool2d(x, (1, 1)), 1))


class MobileNetV1(MobileNet):
    """A convolution and thirteen depthwise-separable ones; `width_mult` is the paper's α.

    Every width, that of the first convolution too, is ⌊α · width⌋ and at least 8.
    """

    #: Width and stride of each separable convolution.
    LAYERS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5,
              (1024, 2), (1024, 1))  # fmt: skip

    def __init__(
        self, *, num_classes: int, in_channels: int, width_mult: float = 1.0, dropout: float = 0.001
    ) -> None:
        super().__init__(num_classes, in_channels)
        check_width(width_mult)
        channels = max(8, int(32 * width_mult))
        features: list[nn.Module] = [unit(in_channels, channels, 3, 2)]
        for width, stride in self.LAYERS:
            out = max(8, int(width * width_mult))
            depthwise = unit(channels, channels, 3, stride, channels)
            features.append(nn.Sequential(depthwise, unit(channels, out, 1)))
            channels = out
        self.finish(features, channels, dropout)


class InvertedResidual(ResidualBlock):
    """Figure 4 (d): expand by 1 × 1, filter each map by 3 × 3, project by 1 × 1 without ReLU.

    The shortcut joins the thin ends, where stride and width allow.
    """

    def __init__(
        self,
        channels: int,
        out: int,
        stride: int,
        expansion: int,
        *,
        residual: bool = True,
        fusion: Fusion = torch.add,
    ) -> None:
        fits = residual and stride == 1 and channels == out
        super().__init__(fusion)
        self.downsample = nn.Identity() if fits else None
        wide = channels * expansion
        self.conv = nn.Sequential(
            *([unit(channels, wide, 1, six=True)] if expansion > 1 else []),
            unit(wide, wide, 3, stride, wide, six=True),
            nn.Conv2d(wide, out, 1, bias=False),
            nn.BatchNorm2d(out),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.join(self.conv(x), x)


def make_divisible(width: float, divisor: int = 8) -> int:
    """Round to a multiple of 8, at least 8, and up where rounding would take more than a tenth."""
    rounded = max(divisor, int(width + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * width else rounded


class MobileNetV2(MobileNet):
    """Table 2: seventeen inverted residuals; the last width is never less than 1280."""

    #: Expansion, width, repeats and stride of the first of them.
    STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
              (6, 160, 3, 2), (6, 320, 1, 1))  # fmt: skip

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        width_mult: float = 1.0,
        dropout: float = 0.2,
        residual: bool = True,
        fusion: Fusion = torch.add,
    ) -> None:
        super().__init__(num_classes, in_channels)
        check_width(width_mult)
        channels = make_divisible(32 * width_mult)
        features: list[nn.Module] = [unit(in_channels, channels, 3, 2, six=True)]
        for expansion, width, repeats, first in self.STAGES:
            out = make_divisible(width * width_mult)
            for k in range(repeats):
                stride = 1 if k else first
                block = InvertedResidual(
                    channels, out, stride, expansion, residual=residual, fusion=fusion
                )
                features.append(block)
                channels = out
        last = make_divisible(1280 * max(1.0, width_mult))
        features.append(unit(channels, last, 1, six=True))
        self.finish(features, last, dropout)


register("mobilenet_v1", MobileNetV1)
register("mobilenet_v2", MobileNetV2)
