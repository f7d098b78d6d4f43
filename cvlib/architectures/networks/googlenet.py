"""GoogLeNet: the network of the paper, and torchvision's with batch norm.

Source: Szegedy et al., Going deeper with convolutions, CVPR 2015, table 1, figures 2 and 3.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.architectures.networks.blocks import ConvReLU, he_normal
from cvlib.architectures.networks.branches import Side, check_transform, published_input
from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register


class GoogLeNetOutputs(NamedTuple):
    """Scores in training: of the end, and of the heads at 4d and at 4a."""

    logits: Tensor
    aux_logits2: Tensor
    aux_logits1: Tensor


class Inception(Side):
    """Figure 2 (b): 1 × 1 | 1 × 1, 3 × 3 | 1 × 1, 5 × 5 | 3 × 3 maximum, 1 × 1.

    `widths` are table 1's, from left to right: #1×1, #3×3 reduce, #3×3, #5×5 reduce, #5×5, pool.
    """

    def __init__(self, channels: int, widths: tuple[int, ...], conv: Any, large: int) -> None:
        super().__init__()
        one, reduce3, three, reduce5, five, pool = widths
        self.branch1 = conv(channels, one, 1)
        self.branch2 = nn.Sequential(conv(channels, reduce3, 1), conv(reduce3, three, 3))
        self.branch3 = nn.Sequential(conv(channels, reduce5, 1), conv(reduce5, five, large))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), conv(channels, pool, 1))

    def branches(self, x: Tensor) -> list[Tensor]:
        return [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]


class AuxHead(nn.Module):
    """§5: an average to 4 × 4, 1 × 1 to 128 maps, 1024 units, dropout of 70 %, scores.

    The paper's pooling is 5 × 5 with stride 3, which makes 4 × 4 of 14 × 14 maps; torchvision's
    adapts its windows. Both adapt to other images.
    """

    def __init__(self, channels: int, classes: int, conv: Any, dropout: float, paper: bool) -> None:
        super().__init__()
        self.paper = paper
        self.conv = conv(channels, 128, 1)
        self.fc1 = nn.Linear(128 * 4 * 4, 1024)
        self.fc2 = nn.Linear(1024, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        if self.paper:
            x = functional.avg_pool2d(x, 5, stride=3)
        x = self.conv(functional.adaptive_avg_pool2d(x, (4, 4)))
        x = functional.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc2(self.dropout(x))


#: Table 1, module by module.
TABLE = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class GoogLeNet(Network):
    """Nine inception modules, and two heads that help in training only.

    As torchvision has it: batch norm with ε = 0.001, a second 3 × 3 where the paper has 5 × 5, and
    a last pooling of 2 × 2. All poolings round up. In training it returns `GoogLeNetOutputs` if it
    has heads. `transform_input` is for the published weights, see `published_input`.
    """

    heads = ("fc", "aux1.fc2", "aux2.fc2")
    num_features = 1024
    #: What the paper has otherwise.
    paper = False

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        aux_logits: bool = True,
        transform_input: bool = False,
        dropout: float = 0.2,
        dropout_aux: float = 0.7,
    ) -> None:
        super().__init__(num_classes, in_channels)
        check_transform(transform_input, in_channels)
        self.transform_input = transform_input
        paper = self.paper
        conv = partial(ConvReLU, norm=not paper, eps=0.001)

        def pool(side: int = 3) -> nn.Module:
            return nn.MaxPool2d(side, 2, ceil_mode=True)

        self.conv1 = conv(in_channels, 64, 7, 2)
        self.maxpool1 = pool()
        self.conv2 = conv(64, 64, 1)
        self.conv3 = conv(64, 192, 3)
        self.maxpool2 = pool()
        channels, widths = 192, {}
        for name, row in TABLE.items():
            self.add_module(f"inception{name}", Inception(channels, row, conv, 5 if paper else 3))
            channels = widths[name] = row[0] + row[2] + row[4] + row[5]
        self.maxpool3 = pool()
        self.maxpool4 = pool(3 if paper else 2)
        self.norm1, self.norm2 = (self.between() for _ in range(2))
        self.aux1: AuxHead | None = None
        self.aux2: AuxHead | None = None
        if aux_logits and num_classes:
            head = partial(
                AuxHead, classes=num_classes, conv=conv, dropout=dropout_aux, paper=paper
            )
            self.aux1, self.aux2 = head(widths["4a"]), head(widths["4d"])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(dropout)
        self.fc = score_layer(channels, num_classes)
        self.apply(self.init_layer)

    def between(self) -> nn.Module:
        """Return what stands around the first convolutions: nothing, with batch norm."""
        return nn.Identity()

    def init_layer(self, layer: nn.Module) -> None:
        """Draw N(0, 0.01²), cut off at ±2, and leave batch norm at 1 and 0."""
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.trunc_normal_(layer.weight, std=0.01, a=-2.0, b=2.0)

    def stage(self, x: Tensor, names: str) -> Tensor:
        """Run the modules of the given names, such as "4b 4c 4d"."""
        for name in names.split():
            x = getattr(self, f"inception{name}")(x)
        return x

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the maps behind 4a and 4d, which the heads read, and the last ones."""
        x = published_input(x) if self.transform_input else x
        x = self.norm1(self.maxpool1(self.conv1(x)))
        x = self.maxpool2(self.norm2(self.conv3(self.conv2(x))))
        x = self.maxpool3(self.stage(x, "3a 3b"))
        first = self.stage(x, "4a")
        second = self.stage(first, "4b 4c 4d")
        x = self.maxpool4(self.stage(second, "4e"))
        return first, second, self.stage(x, "5a 5b")

    def forward_features(self, x: Tensor) -> Tensor:
        return self.maps(x)[2]

    def forward_head(self, x: Tensor) -> Tensor:
        return self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))

    def scores(self, x: Tensor) -> Tensor | GoogLeNetOutputs:
        first, second, last = self.maps(x)
        if not self.training or self.aux1 is None or self.aux2 is None:
            return self.forward_head(last)
        return GoogLeNetOutputs(self.forward_head(last), self.aux2(second), self.aux1(first))


class GoogLeNetPaper(GoogLeNet):
    """The network of 2014: biases and local response norm, no batch norm; 5 × 5 kernels.

    The paper does not say how the weights were drawn; ours are He's.
    """

    paper = True

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        aux_logits: bool = True,
        dropout: float = 0.4,
        dropout_aux: float = 0.7,
    ) -> None:
        super().__init__(
            num_classes=num_classes,
            in_channels=in_channels,
            aux_logits=aux_logits,
            dropout=dropout,
            dropout_aux=dropout_aux,
        )

    def between(self) -> nn.Module:
        """Return a local response norm with AlexNet's constants; the paper gives none."""
        return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0)

    def init_layer(self, layer: nn.Module) -> None:
        he_normal(layer, "fan_in")


register("googlenet", GoogLeNet)
register("googlenet_paper", GoogLeNetPaper)
