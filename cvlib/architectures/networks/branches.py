"""Modules whose branches stand side by side over one map, and are concatenated."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: ImageNet's mean and spread of each colour.
COLOURS = ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))


def published_input(x: Tensor) -> Tensor:
    """Turn images normalized by ImageNet's mean and spread into ones of mean 0.5 and spread 0.5.

    out_c = x_c · (std_c / 0.5) + (mean_c - 0.5) / 0.5: the networks that Google released want it.
    """
    colours = [
        x[:, c : c + 1] * (std / 0.5) + (mean - 0.5) / 0.5 for c, (mean, std) in enumerate(COLOURS)
    ]
    return torch.cat(colours, 1)


def check_transform(transform_input: bool, in_channels: int) -> None:
    """Demand three channels where colours are to be normalized; ValueError says how many came."""
    if transform_input and in_channels != 3:
        raise ValueError(f"transform_input is about 3 colours, in_channels is {in_channels}")


def average3(x: Tensor) -> Tensor:
    """Average 3 × 3 pixels at every place; zeros of the padding are counted."""
    return functional.avg_pool2d(x, 3, stride=1, padding=1)


class Side(nn.Module):
    """Base of modules with branches: the output is their concatenation, in order."""

    def branches(self, x: Tensor) -> list[Tensor]:
        """Return what each branch gives, all (N, ·, H', W')."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(self.branches(x), 1)
