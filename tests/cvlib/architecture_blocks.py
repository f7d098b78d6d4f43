"""The blocks of the architectures composed in PyTorch, with the keys of its published networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from cvlib.architectures import reference


class Shortcut(nn.Module):
    """Option A."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(x, 1, self.stride)
        return F.pad(x, (0, 0, 0, 0, 0, self.channels - x.shape[1]))


def way_round(c: int, k: int, stride: int, option: str) -> nn.Module:
    if stride == 1 and c == k:
        return nn.Identity()
    if option == "A":
        return Shortcut(k, stride)
    return nn.Sequential(nn.Conv2d(c, k, 1, stride, bias=False), nn.BatchNorm2d(k))


class Basic(nn.Module):
    def __init__(self, c: int, k: int, stride: int, option: str) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(c, k, 3, stride, 1, bias=False), nn.BatchNorm2d(k)
        self.conv2, self.bn2 = nn.Conv2d(k, k, 3, 1, 1, bias=False), nn.BatchNorm2d(k)
        self.downsample = way_round(c, k, stride, option)

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


class Bottleneck(nn.Module):
    def __init__(self, c: int, m: int, k: int, stride: int, option: str, on: str) -> None:
        super().__init__()
        first, second = (stride, 1) if on == "1x1" else (1, stride)
        self.conv1, self.bn1 = nn.Conv2d(c, m, 1, first, bias=False), nn.BatchNorm2d(m)
        self.conv2, self.bn2 = nn.Conv2d(m, m, 3, second, 1, bias=False), nn.BatchNorm2d(m)
        self.conv3, self.bn3 = nn.Conv2d(m, k, 1, bias=False), nn.BatchNorm2d(k)
        self.downsample = way_round(c, k, stride, option)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class Unit(nn.Module):
    def __init__(
        self, c: int, k: int, side: int, stride: int = 1, pad: int = -1, norm: bool = True
    ):
        super().__init__()
        pad = side // 2 if pad < 0 else pad
        self.conv = nn.Conv2d(c, k, side, stride, pad, bias=not norm)
        self.bn = nn.BatchNorm2d(k, eps=1e-3) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    def __init__(self, c: int, widths: list[int], large: int, norm: bool) -> None:
        super().__init__()
        one, r3, three, r5, five, pool = widths
        self.branch1 = Unit(c, one, 1, norm=norm)
        self.branch2 = nn.Sequential(Unit(c, r3, 1, norm=norm), Unit(r3, three, 3, norm=norm))
        self.branch3 = nn.Sequential(Unit(c, r5, 1, norm=norm), Unit(r5, five, large, norm=norm))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1), Unit(c, pool, 1, norm=norm))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class GridReduction(nn.Module):
    def __init__(self, c: int, short: int, r: int, long: int) -> None:
        super().__init__()
        self.branch3x3 = Unit(c, short, 3, 2, 0)
        self.branch3x3dbl_1 = Unit(c, r, 1)
        self.branch3x3dbl_2 = Unit(r, long, 3)
        self.branch3x3dbl_3 = Unit(long, long, 3, 2, 0)

    def forward(self, x: Tensor) -> Tensor:
        far = self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x)))
        return torch.cat([self.branch3x3(x), far, F.max_pool2d(x, 3, 2)], 1)


class DenseLayer(nn.Module):
    def __init__(self, c: int, growth: int, bottleneck: bool) -> None:
        super().__init__()
        m = 2 * growth if bottleneck else c
        self.norm1 = nn.BatchNorm2d(c)
        self.conv1 = nn.Conv2d(c, m if bottleneck else growth, 1 if bottleneck else 3,
                               padding=0 if bottleneck else 1, bias=False)  # fmt: skip
        if bottleneck:
            self.norm2, self.conv2 = nn.BatchNorm2d(m), nn.Conv2d(m, growth, 3, 1, 1, bias=False)
        self.bottleneck = bottleneck

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(F.relu(self.norm1(x)))
        return self.conv2(F.relu(self.norm2(y))) if self.bottleneck else y


class DenseBlock(nn.Module):
    def __init__(self, c: int, growth: int, layers: int, bottleneck: bool) -> None:
        super().__init__()
        for k in range(layers):
            self.add_module(f"denselayer{k + 1}", DenseLayer(c + k * growth, growth, bottleneck))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.children():
            x = torch.cat([x, layer(x)], 1)
        return x


class Transition(nn.Module):
    def __init__(self, c: int, k: int) -> None:
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(c), nn.Conv2d(c, k, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(self.conv(F.relu(self.norm(x))), 2)


class Fire(nn.Module):
    def __init__(self, c: int, s: int, one: int, three: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(c, s, 1)
        self.expand1x1, self.expand3x3 = nn.Conv2d(s, one, 1), nn.Conv2d(s, three, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        s = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(s)), F.relu(self.expand3x3(s))], 1)


def filtered(c: int, k: int, side: int, stride: int = 1, groups: int = 1, six: bool = False):
    return nn.Sequential(
        nn.Conv2d(c, k, side, stride, side // 2, groups=groups, bias=False),
        nn.BatchNorm2d(k),
        nn.ReLU6() if six else nn.ReLU(),
    )


def separable(c: int, k: int, stride: int) -> nn.Module:
    return nn.Sequential(filtered(c, c, 3, stride, c), filtered(c, k, 1))


class Inverted(nn.Module):
    def __init__(self, c: int, k: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = c * expansion
        layers = [filtered(c, wide, 1, six=True)] if expansion > 1 else []
        layers.append(filtered(wide, wide, 3, stride, wide, six=True))
        self.conv = nn.Sequential(*layers, nn.Conv2d(wide, k, 1, bias=False), nn.BatchNorm2d(k))
        self.shortcut = stride == 1 and c == k

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.shortcut else self.conv(x)


#: Our name, PyTorch's block, how many channels go in, and the options that ours takes.
Case = tuple[str, Callable[[], nn.Module], int, dict[str, Any]]
CASES: dict[str, Case] = {
    "basic, same shape": ("basic_block", lambda: Basic(4, 4, 1, "B"), 4, {}),
    "basic, option A": ("basic_block", lambda: Basic(3, 5, 2, "A"), 3, {"stride": 2}),
    "basic, option B": ("basic_block", lambda: Basic(3, 5, 2, "B"), 3, {"stride": 2}),
    "bottleneck, same shape": ("bottleneck", lambda: Bottleneck(5, 2, 5, 1, "B", "3x3"), 5, {}),
    "bottleneck, wider": ("bottleneck", lambda: Bottleneck(3, 2, 5, 1, "B", "3x3"), 3, {}),
    "bottleneck, stride on 3×3":
        ("bottleneck", lambda: Bottleneck(4, 2, 6, 2, "B", "3x3"), 4, {"stride": 2}),
    "bottleneck, stride on 1×1":
        ("bottleneck", lambda: Bottleneck(4, 2, 6, 2, "A", "1x1"), 4,
         {"stride": 2, "stride_on": "1x1"}),
    "inception": ("inception", lambda: Inception(4, [2, 3, 4, 2, 3, 1], 5, True), 4, {}),
    "inception, 3×3": ("inception", lambda: Inception(3, [2, 1, 2, 2, 3, 2], 3, True), 3, {}),
    "inception, paper": ("inception", lambda: Inception(4, [2, 3, 4, 2, 3, 1], 5, False), 4, {}),
    "grid reduction": ("grid_reduction", lambda: GridReduction(3, 4, 2, 5), 3, {}),
    "dense layer": ("dense_layer", lambda: DenseLayer(4, 3, True), 4, {}),
    "dense block": ("dense_block", lambda: DenseBlock(3, 2, 3, True), 3, {}),
    "dense block, plain": ("dense_block", lambda: DenseBlock(4, 3, 2, False), 4, {}),
    "transition": ("transition", lambda: Transition(5, 2), 5, {}),
    "fire": ("fire", lambda: Fire(5, 2, 3, 4), 5, {}),
    "separable": ("separable_block", lambda: separable(3, 4, 1), 3, {}),
    "separable, stride 2": ("separable_block", lambda: separable(4, 3, 2), 4, {"stride": 2}),
    "inverted": ("inverted_residual", lambda: Inverted(3, 3, 1, 2), 3, {}),
    "inverted, wider": ("inverted_residual", lambda: Inverted(3, 5, 1, 3), 3, {}),
    "inverted, stride 2": ("inverted_residual", lambda: Inverted(3, 3, 2, 2), 3, {"stride": 2}),
    "inverted, not expanded": ("inverted_residual", lambda: Inverted(4, 4, 1, 1), 4, {}),
}  # fmt: skip


def passes(name: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Our forward and backward of a block."""
    return getattr(reference, f"{name}_forward"), getattr(reference, f"{name}_backward")


def filled(module: nn.Module, seed: int) -> nn.Module:
    """Put random numbers in place of parameters and running statistics, in float64."""
    generator = torch.Generator().manual_seed(seed)
    module.double()
    for key, value in module.state_dict().items():
        if key.endswith("running_var"):
            value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
        elif value.is_floating_point():
            value.copy_(torch.randn(value.shape, generator=generator))
    return module


def arrays(module: nn.Module) -> dict[str, np.ndarray]:
    """The state dict as ours takes it."""
    return {key: value.numpy().copy() for key, value in module.state_dict().items()}
