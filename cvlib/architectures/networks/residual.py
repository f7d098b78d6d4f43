"""The way around a residual block: identity, zeros (A) or projection (B); and how they join."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Fusion = Callable[[Tensor, Tensor], Tensor]
#: "A" pads the new channels with zeros, "B" projects where the shape changes.
Option = Literal["A", "B"]


class ZeroPadShortcut(nn.Module):
    """Option A, without parameters: every s-th pixel, zeros behind the channels that there are.

    out[:, c, i, j] = x[:, c, s·i, s·j] for c < C, else 0.

    Shapes: (N, C, H, W) -> (N, K, ⌈H/s⌉, ⌈W/s⌉).
    Source: He et al., Deep residual learning for image recognition, CVPR 2016, §3.3 and §4.2.
    """

    def __init__(self, channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.more = out_channels - channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        x = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(x, (0, 0, 0, 0, 0, self.more))


def make_shortcut(channels: int, out_channels: int, stride: int, option: Option) -> nn.Module:
    """Make the way around a block: the identity wherever it fits.

    Raises ValueError for an option other than A and B.
    """
    if option not in ("A", "B"):
        raise ValueError(f"shortcut must be 'A' (zeros) or 'B' (projection), got {option!r}")
    if stride == 1 and channels == out_channels:
        return nn.Identity()
    if option == "A":
        return ZeroPadShortcut(channels, out_channels, stride)
    return nn.Sequential(
        nn.Conv2d(channels, out_channels, 1, stride, bias=False), nn.BatchNorm2d(out_channels)
    )


class ResidualBlock(nn.Module):
    """A block with a way around it, `downsample`; None makes it plain.

    `fusion` joins the two, and may be replaced: `torch.add` is a residual block.
    """

    downsample: nn.Module | None

    def __init__(self, fusion: Fusion = torch.add) -> None:
        super().__init__()
        self.fusion = fusion

    def join(self, out: Tensor, x: Tensor) -> Tensor:
        """Return F(x) joined with the shortcut of x; F(x) itself in a plain block."""
        return out if self.downsample is None else self.fusion(out, self.downsample(x))


def residual_blocks(network: nn.Module) -> list[ResidualBlock]:
    """List the blocks of a network that have a way around, from the image on."""
    blocks = [m for m in network.modules() if isinstance(m, ResidualBlock)]
    return [block for block in blocks if block.downsample is not None]
