"""ResNet, its wide form, the strides of its paper, and the plain network beside each.

Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, CVPR 2016, table 1 and
figure 5; Zagoruyko and Komodakis, Wide residual networks, BMVC 2016, §3.4, for the wide form.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.architectures.networks.blocks import he_normal
from cvlib.architectures.networks.network import Network, score_layer
from cvlib.architectures.networks.registry import register
from cvlib.architectures.networks.residual import Fusion, Option, ResidualBlock, make_shortcut


class BasicBlock(ResidualBlock):
    """Figure 5, left: two 3 × 3 convolutions, and the sum before the last ReLU."""

    expansion = 1

    def __init__(
        self,
        channels: int,
        width: int,
        stride: int,
        downsample: nn.Module | None,
        fusion: Fusion = torch.add,
    ) -> None:
        super().__init__(fusion)
        self.conv1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.last_norm = "bn2"
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return functional.relu(self.join(out, x))


class Bottleneck(ResidualBlock):
    """Figure 5, right: 1 × 1 to fewer channels, 3 × 3 there, 1 × 1 back to four times as many.

    The paper strides in the first 1 × 1, which skips three quarters of the pixels; nowadays the
    3 × 3 strides. The parameters are the same.
    """

    expansion = 4

    def __init__(
        self,
        channels: int,
        width: int,
        stride: int,
        downsample: nn.Module | None,
        fusion: Fusion = torch.add,
        *,
        inner: int = 1,
        stride_on: Literal["3x3", "1x1"] = "3x3",
    ) -> None:
        super().__init__(fusion)
        first, second = (stride, 1) if stride_on == "1x1" else (1, stride)
        wide, out = width * inner, width * self.expansion
        self.conv1 = nn.Conv2d(channels, wide, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(wide)
        self.conv2 = nn.Conv2d(wide, wide, 3, second, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(wide)
        self.conv3 = nn.Conv2d(wide, out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(out)
        self.last_norm = "bn3"
        self.downsample = downsample

    def forward(self, x: Tensor) -> Tensor:
        out = functional.relu(self.bn1(self.conv1(x)))
        out = functional.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return functional.relu(self.join(out, x))


class ResNet(Network):
    """Stages of blocks, each half the size and twice the width of the one before.

    `depths` counts the blocks of each stage. On ImageNet a 7 × 7 convolution and a pooling come
    first, and the widths are 64, 128, …; with `cifar` a 3 × 3 convolution, and 16, 32, 64.

    `residual=False` gives the plain network, without any shortcut; `shortcut` "A" has none with
    parameters, so that plain and residual have as many. `zero_init_residual` starts every block as
    the identity (Goyal et al., 2017, §5.1). `fusion` joins the two ways of a block.
    """

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        block: type[BasicBlock] | type[Bottleneck],
        depths: tuple[int, ...],
        cifar: bool = False,
        inner: int = 1,
        stride_on: Literal["3x3", "1x1"] = "3x3",
        shortcut: Option = "B",
        residual: bool = True,
        fusion: Fusion = torch.add,
        zero_init_residual: bool = False,
    ) -> None:
        super().__init__(num_classes, in_channels)
        if stride_on not in ("3x3", "1x1"):
            raise ValueError(f"stride_on must be '3x3' or '1x1', got {stride_on!r}")
        channels = width = 16 if cifar else 64
        kernel, stride = (3, 1) if cifar else (7, 2)
        self.conv1 = nn.Conv2d(in_channels, channels, kernel, stride, kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.maxpool: nn.Module = nn.Identity() if cifar else nn.MaxPool2d(3, 2, 1)
        more = {} if block is BasicBlock else {"inner": inner, "stride_on": stride_on}
        self.stages = [f"layer{k}" for k in range(1, len(depths) + 1)]
        for stage, depth in enumerate(depths):
            blocks = []
            out = width * 2**stage * block.expansion
            for k in range(depth):
                stride = 2 if stage and not k else 1
                way = make_shortcut(channels, out, stride, shortcut) if residual else None
                blocks.append(block(channels, width * 2**stage, stride, way, fusion, **more))  # type: ignore[arg-type]
                channels = out
            self.add_module(self.stages[stage], nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = score_layer(channels, num_classes)
        self.num_features = channels
        self.apply(self.init_layer)
        if zero_init_residual:
            for each in self.modules():
                if isinstance(each, BasicBlock | Bottleneck):
                    nn.init.zeros_(getattr(each, each.last_norm).weight)

    def init_layer(self, layer: nn.Module) -> None:
        he_normal(layer)

    def forward_features(self, x: Tensor) -> Tensor:
        x = self.maxpool(functional.relu(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return x

    def forward_head(self, x: Tensor) -> Tensor:
        return self.fc(torch.flatten(self.avgpool(x), 1))


DEPTHS = {
    18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3),
}  # fmt: skip
for _depth, _stages in DEPTHS.items():
    if _depth < 50:
        register(f"resnet{_depth}", ResNet, block=BasicBlock, depths=_stages, cifar=False,
                 inner=1, stride_on="3x3")  # fmt: skip
        continue
    _deep: dict[str, Any] = {"block": Bottleneck, "depths": _stages, "cifar": False}
    register(f"resnet{_depth}", ResNet, **_deep, inner=1)
    register(f"resnet{_depth}_paper", ResNet, **_deep, inner=1, stride_on="1x1")
    if _depth < 152:
        register(f"wide_resnet{_depth}_2", ResNet, **_deep, inner=2)
