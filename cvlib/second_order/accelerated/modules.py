"""Modules with a fusion as an option: where two branches meet, and a small residual network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from cvlib.second_order.accelerated.fusion import add_up
from cvlib.second_order.terms import EPS, check_eps, check_terms
from cvlib.second_order.validation import check_probability


class Fusion(nn.Module):
    """Where two branches of a network meet: Σ t(f1, f2) over the terms, a plain sum by default.

    Any block takes one: ``self.fusion(shortcut, branch)`` in the place of ``shortcut + branch``. It
    has no parameters and keeps no state, so that a state dict does not change. Names of terms as in
    `reference.fuse_forward`; raises ValueError for an unknown one or eps ≤ 0.
    """

    def __init__(self, terms: Sequence[str] = ("sum",), *, eps: float = EPS) -> None:
        super().__init__()
        self.terms, self.eps = check_terms(terms), check_eps(eps)

    def forward(self, f1: Tensor, f2: Tensor) -> Tensor:
        """Fuse two maps of one shape."""
        return add_up(f1, f2, self.terms, self.eps)

    def extra_repr(self) -> str:
        """What `print` says of it."""
        return " + ".join(self.terms)


class StochasticDepth(nn.Module):
    """Let a branch through or not, at random while training: what a shortcut then adds.

    Training: b · f with P(b = 1) = probability, or with `inverted` b/p · f. Test: p · f, or f. One
    draw a mini-batch as in the paper, or one an image with ``each_image=True``. Raises ValueError
    for a probability outside (0, 1].
    Source: Huang et al., Deep networks with stochastic depth, 2016, §3.
    """

    def __init__(
        self, probability: float, *, inverted: bool = False, each_image: bool = False
    ) -> None:
        super().__init__()
        check_probability("probability", probability)
        self.probability, self.inverted, self.each_image = probability, inverted, each_image

    def forward(self, f: Tensor) -> Tensor:
        """Return the branch, nothing of it, or its mean share."""
        if self.training:
            shape = (f.shape[0] if self.each_image else 1, *(1,) * (f.ndim - 1))
            kept = (torch.rand(shape, device=f.device) < self.probability).to(f.dtype)
            return f * (kept / self.probability if self.inverted else kept)
        return f if self.inverted else f * self.probability

    def extra_repr(self) -> str:
        """What `print` says of it."""
        return f"probability={self.probability:g}, inverted={self.inverted}"


class ResidualBlock(nn.Module):
    """Two 3×3 convolutions with batch norm beside a shortcut; both meet in a fusion, then ReLU.

    out = ReLU(fusion(shortcut(x), F(x))), F = conv–BN–ReLU–conv–BN

    Where stride or channels change, the shortcut is a 1×1 convolution with batch norm.
    Shapes: (N, channels, H, W) -> (N, kernels, ⌈H / stride⌉, ⌈W / stride⌉).
    Source: He et al., Deep residual learning for image recognition, 2016, §3.
    """

    def __init__(
        self,
        channels: int,
        kernels: int,
        *,
        stride: int = 1,
        terms: Sequence[str] = ("sum",),
        eps: float = EPS,
        survival: float = 1.0,
    ) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.Conv2d(channels, kernels, 3, stride, 1, bias=False),
            nn.BatchNorm2d(kernels),
            nn.ReLU(),
            nn.Conv2d(kernels, kernels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(kernels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or channels != kernels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, kernels, 1, stride, bias=False), nn.BatchNorm2d(kernels)
            )
        self.depth = StochasticDepth(survival) if survival < 1 else nn.Identity()
        self.fusion = Fusion(terms, eps=eps)

    def forward(self, x: Tensor) -> Tensor:
        """Fuse the shortcut with the branch."""
        return functional.relu(self.fusion(self.shortcut(x), self.depth(self.branch(x))))


class ResidualStack(nn.Module):
    """A small residual network: a 3×3 convolution, blocks of given widths, pooling and scores.

    The map is halved wherever the width changes. `survival` gives each block the probability to
    survive a training step (stochastic depth).
    Shapes: (N, channels, H, W) -> (N, classes). Raises ValueError where there is not one
    probability a block.
    """

    def __init__(
        self,
        widths: Sequence[int] = (8, 8, 16, 16),
        *,
        channels: int = 1,
        classes: int = 10,
        terms: Sequence[str] = ("sum",),
        eps: float = EPS,
        survival: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        kept = [1.0] * len(widths) if survival is None else [float(p) for p in survival]
        if len(kept) != len(widths):
            raise ValueError(f"expected one survival a block, {len(widths)}, got {len(kept)}")
        before = widths[0]
        self.stem = nn.Sequential(
            nn.Conv2d(channels, before, 3, 1, 1, bias=False), nn.BatchNorm2d(before), nn.ReLU()
        )
        blocks = []
        for width, probability in zip(widths, kept, strict=True):
            stride = 1 if width == before else 2
            blocks.append(
                ResidualBlock(
                    before, width, stride=stride, terms=terms, eps=eps, survival=probability
                )
            )
            before = width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Score images."""
        out: Tensor = self.head(self.blocks(self.stem(x)))
        return out
