"""The modules of Inception-v3: factorized convolutions side by side, and two grid reductions.

Source: Szegedy et al., Rethinking the inception architecture, CVPR 2016, figures 5, 6, 7 and 10.
All average poolings count the zeros of their padding.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.architectures.networks.blocks import ConvReLU
from cvlib.architectures.networks.branches import Side, average3

conv = partial(ConvReLU, eps=0.001)
ROW, COLUMN = (1, 7), (7, 1)


class ModuleA(Side):
    """Figure 5: 1 × 1 | 5 × 5 | two 3 × 3 | average; the release keeps the 5 × 5."""

    def __init__(self, channels: int, pool: int) -> None:
        super().__init__()
        self.branch1x1 = conv(channels, 64, 1)
        self.branch5x5_1 = conv(channels, 48, 1)
        self.branch5x5_2 = conv(48, 64, 5)
        self.branch3x3dbl_1 = conv(channels, 64, 1)
        self.branch3x3dbl_2 = conv(64, 96, 3)
        self.branch3x3dbl_3 = conv(96, 96, 3)
        self.branch_pool = conv(channels, pool, 1)

    def branches(self, x: Tensor) -> list[Tensor]:
        return [
            self.branch1x1(x),
            self.branch5x5_2(self.branch5x5_1(x)),
            self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x))),
            self.branch_pool(average3(x)),
        ]


class GridReduction1(Side):
    """Figure 10, from 35 × 35 to 17 × 17: strided convolutions beside a strided maximum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch3x3 = conv(channels, 384, 3, 2, 0)
        self.branch3x3dbl_1 = conv(channels, 64, 1)
        self.branch3x3dbl_2 = conv(64, 96, 3)
        self.branch3x3dbl_3 = conv(96, 96, 3, 2, 0)

    def branches(self, x: Tensor) -> list[Tensor]:
        return [
            self.branch3x3(x),
            self.branch3x3dbl_3(self.branch3x3dbl_2(self.branch3x3dbl_1(x))),
            functional.max_pool2d(x, 3, stride=2),
        ]


class ModuleB(Side):
    """Figure 6 with n = 7: 7 × 7 as 1 × 7 and 7 × 1, once and twice, with `inner` maps between."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.branch1x1 = conv(channels, 192, 1)
        self.branch7x7_1 = conv(channels, inner, 1)
        self.branch7x7_2 = conv(inner, inner, ROW)
        self.branch7x7_3 = conv(inner, 192, COLUMN)
        self.branch7x7dbl_1 = conv(channels, inner, 1)
        self.branch7x7dbl_2 = conv(inner, inner, COLUMN)
        self.branch7x7dbl_3 = conv(inner, inner, ROW)
        self.branch7x7dbl_4 = conv(inner, inner, COLUMN)
        self.branch7x7dbl_5 = conv(inner, 192, ROW)
        self.branch_pool = conv(channels, 192, 1)

    def branches(self, x: Tensor) -> list[Tensor]:
        twice = self.branch7x7dbl_3(self.branch7x7dbl_2(self.branch7x7dbl_1(x)))
        return [
            self.branch1x1(x),
            self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x))),
            self.branch7x7dbl_5(self.branch7x7dbl_4(twice)),
            self.branch_pool(average3(x)),
        ]


class GridReduction2(Side):
    """The same from 17 × 17 to 8 × 8, with a factorized 7 × 7 before the second strided 3 × 3."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch3x3_1 = conv(channels, 192, 1)
        self.branch3x3_2 = conv(192, 320, 3, 2, 0)
        self.branch7x7x3_1 = conv(channels, 192, 1)
        self.branch7x7x3_2 = conv(192, 192, ROW)
        self.branch7x7x3_3 = conv(192, 192, COLUMN)
        self.branch7x7x3_4 = conv(192, 192, 3, 2, 0)

    def branches(self, x: Tensor) -> list[Tensor]:
        seven = self.branch7x7x3_3(self.branch7x7x3_2(self.branch7x7x3_1(x)))
        return [
            self.branch3x3_2(self.branch3x3_1(x)),
            self.branch7x7x3_4(seven),
            functional.max_pool2d(x, 3, stride=2),
        ]


class ModuleC(Side):
    """Figure 7: 1 × 3 and 3 × 1 side by side, behind a 1 × 1 and behind a 3 × 3."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.branch1x1 = conv(channels, 320, 1)
        self.branch3x3_1 = conv(channels, 384, 1)
        self.branch3x3_2a = conv(384, 384, (1, 3))
        self.branch3x3_2b = conv(384, 384, (3, 1))
        self.branch3x3dbl_1 = conv(channels, 448, 1)
        self.branch3x3dbl_2 = conv(448, 384, 3)
        self.branch3x3dbl_3a = conv(384, 384, (1, 3))
        self.branch3x3dbl_3b = conv(384, 384, (3, 1))
        self.branch_pool = conv(channels, 192, 1)

    def branches(self, x: Tensor) -> list[Tensor]:
        single = self.branch3x3_1(x)
        double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
        return [
            self.branch1x1(x),
            torch.cat([self.branch3x3_2a(single), self.branch3x3_2b(single)], 1),
            torch.cat([self.branch3x3dbl_3a(double), self.branch3x3dbl_3b(double)], 1),
            self.branch_pool(average3(x)),
        ]
