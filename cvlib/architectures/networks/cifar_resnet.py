"""The ResNets that the paper measures on CIFAR: small, deep, and without a parameter in a shortcut.

Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, CVPR 2016, §4.2.
"""

from __future__ import annotations

import torch

from cvlib.architectures.networks.registry import register
from cvlib.architectures.networks.residual import Fusion, Option
from cvlib.architectures.networks.resnet import BasicBlock, ResNet


class CifarResNet(ResNet):
    """A 3 × 3 convolution, three stages of n basic blocks with 16, 32 and 64 maps: 6n + 2 layers.

    With option A, the paper's choice, the plain network has as many parameters and multiplications.
    Raises ValueError for a depth that is not 6n + 2.
    """

    def __init__(
        self,
        *,
        num_classes: int,
        in_channels: int,
        depth: int,
        shortcut: Option = "A",
        residual: bool = True,
        fusion: Fusion = torch.add,
        zero_init_residual: bool = False,
    ) -> None:
        if depth < 8 or depth % 6 != 2:
            raise ValueError(f"depth must be 6n + 2 with n of at least 1, got {depth}")
        super().__init__(
            num_classes=num_classes,
            in_channels=in_channels,
            block=BasicBlock,
            depths=((depth - 2) // 6,) * 3,
            cifar=True,
            shortcut=shortcut,
            residual=residual,
            fusion=fusion,
            zero_init_residual=zero_init_residual,
        )


for _depth in (20, 32, 44, 56, 110, 1202):
    register(f"cifar_resnet{_depth}", CifarResNet, size=32, num_classes=10, depth=_depth)
