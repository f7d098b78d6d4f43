"""Small networks computed side by side, S of them in one pass of PyTorch, each on its own images.

A convolution is a matrix, so one product of S matrices convolves the images of S networks. None
sees another's numbers: a normalization that looks at one channel, or at groups within a network, is
the same for all together as for each alone. Images stand on the last axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

EPS = 1e-5
MOMENTUM = 0.1
CLASSES = 10
SIDE = 8


@dataclass(frozen=True)
class Design:
    """A network: three 3×3 convolutions, each normalized and followed by ReLU; pooling; scores.

    ``norm`` is one of none, once, batch, layer, instance, group. "once" fixes the statistics of
    the very first batch for ever. ``ghost`` is the ghost batch size (Hoffer et al., 2017): batch
    norm cuts each training batch into parts of so many images, each with statistics of its own, as
    if it lay on a device of its own. ``jolt`` is the spread of the noise by which each normalized
    channel is scaled and shifted anew at every training step (Santurkar et al., 2018).
    """

    norm: str = "batch"
    strides: tuple[int, int, int] = (2, 2, 1)
    widths: tuple[int, int, int] = (8, 16, 16)
    groups: int = 4
    ghost: int = 64
    jolt: float = 0.0


class Stack:
    """The networks of one design, one a seed, and their running statistics.

    The first axis of everything that is learned or kept holds the networks.
    """

    def __init__(self, design: Design, seeds: Sequence[int]) -> None:
        self.design, self.count = design, len(seeds)
        self._generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        self.kernels, self.scales, self.shifts = [], [], []
        self.means, self.vars = [], []
        for before, width in zip((1, *design.widths), design.widths, strict=False):
            # He et al., 2015: variance 2 / (inputs of a unit)
            kernel = (2 / (9 * before)) ** 0.5 * self._drawn(width, before, 3, 3)
            self.kernels.append(kernel.requires_grad_())
            self.scales.append(torch.ones(self.count, width, requires_grad=True))
            self.shifts.append(torch.zeros(self.count, width, requires_grad=True))
            self.means.append(torch.zeros(self.count, width))
            self.vars.append(torch.ones(self.count, width))
        last = design.widths[-1]
        self.head = (last**-0.5 * self._drawn(CLASSES, last)).requires_grad_()
        self.bias = torch.zeros(self.count, CLASSES, 1, requires_grad=True)
        self._started = False

    @property
    def parameters(self) -> list[Tensor]:
        """Everything that is learned."""
        return [*self.kernels, *self.scales, *self.shifts, self.head, self.bias]

    def _drawn(self, *shape: int) -> Tensor:
        """Draw normal numbers for each network from its own generator: (S, *shape)."""
        return torch.stack([torch.randn(shape, generator=g) for g in self._generators])

    def scores(
        self,
        x: Tensor,
        *,
        training: bool,
        by_batches_of: int | None = None,
        seen: list[Tensor] | None = None,
    ) -> Tensor:
        """Score images (S, pixels, N), each network its own -> (S, classes, N).

        Outside training, batch norm uses its running statistics, or with ``by_batches_of`` those of
        so many neighbouring images. What each convolution puts out, (S, C, pixels, N), is added to
        ``seen``.
        """
        side = SIDE
        for layer, stride in enumerate(self.design.strides):
            x, side = convolve(x, self.kernels[layer], side, stride)
            if seen is not None:
                seen.append(x)
            x = functional.relu(self._normalized(x, layer, training, by_batches_of)).flatten(1, 2)
        pooled = x.unflatten(1, (-1, side * side)).mean(2)
        self._started |= training
        return torch.baddbmm(self.bias, self.head, pooled)

    def _normalized(self, x: Tensor, layer: int, training: bool, parts: int | None) -> Tensor:
        """Normalize (S, C, pixels, N) as the design says, scale and shift."""
        design, shape = self.design, x.shape
        scale, shift = self.scales[layer], self.shifts[layer]
        if training and design.jolt:
            noise = design.jolt * self._drawn(2, shape[1])
            scale, shift = scale * noise[:, 0].exp(), shift + scale * noise[:, 1]
        scale, shift = scale.flatten(), shift.flatten()
        x = x.flatten(0, 1)
        groups = {"layer": 1, "group": design.groups, "instance": shape[1]}
        if design.norm in groups:
            each = groups[design.norm] * self.count
            x = functional.group_norm(x.permute(2, 0, 1), each, scale, shift).permute(1, 2, 0)
        elif design.norm == "batch" and (training or parts):
            x = self._by_batch(x, layer, training, parts or design.ghost, scale, shift)
        elif design.norm in ("none", "once", "batch"):
            if design.norm == "once" and training and not self._started:
                self._keep(layer, *torch.var_mean(x.detach(), dim=(1, 2), correction=0), 1.0)
            eps = 0.0 if design.norm == "none" else EPS
            kept = self.means[layer].flatten(), self.vars[layer].flatten()
            x = functional.batch_norm(x[None], *kept, scale, shift, eps=eps)
        else:
            raise ValueError(f"expected a norm that this design knows, got {design.norm}")
        return x.reshape(shape)

    def _by_batch(
        self, x: Tensor, layer: int, training: bool, size: int, scale: Tensor, shift: Tensor
    ) -> Tensor:
        """Normalize (S · C, pixels, N) by the statistics of parts of so many images."""
        channels, pixels, count = x.shape
        parts = max(1, count // size)
        split = x.unflatten(2, (parts, -1)).transpose(1, 2).reshape(1, channels * parts, pixels, -1)
        new = torch.zeros(channels * parts), torch.ones(channels * parts)
        out = functional.batch_norm(
            split,
            *new,
            scale.repeat_interleave(parts),
            shift.repeat_interleave(parts),
            training=True,
            momentum=1.0,
            eps=EPS,
        )
        if training:  # with momentum 1 a part leaves its mean and its unbiased variance
            mean, var = (kept.reshape(channels, parts).mean(1) for kept in new)
            self._keep(layer, var, mean, MOMENTUM)
        return out.reshape(channels, parts, pixels, -1).transpose(1, 2)

    def _keep(self, layer: int, var: Tensor, mean: Tensor, momentum: float) -> None:
        self.means[layer].lerp_(mean.reshape(self.count, -1), momentum)
        self.vars[layer].lerp_(var.reshape(self.count, -1), momentum)


@cache
def taps(side: int, stride: int) -> Tensor:
    """Return which pixel meets which tap of a padded 3×3 kernel for which output: (9, out, in)."""
    pixels, kernels = torch.eye(side * side), torch.eye(9)
    met = functional.conv2d(
        pixels.reshape(-1, 1, side, side), kernels.reshape(9, 1, 3, 3), stride=stride, padding=1
    )
    return met.flatten(2).permute(1, 2, 0).contiguous()


def convolve(x: Tensor, kernel: Tensor, side: int, stride: int) -> tuple[Tensor, int]:
    """Convolve (S, C_in · pixels, N) by (S, C_out, C_in, 3, 3) -> (S, C_out, pixels, N), its side.

    Each kernel is written out as the matrix that it is: small maps make small matrices.
    """
    met = taps(side, stride)
    matrix = torch.tensordot(kernel.flatten(3), met, 1).transpose(2, 3)
    out = torch.bmm(matrix.flatten(3).flatten(1, 2), x)
    return out.unflatten(1, (kernel.shape[1], -1)), (side - 1) // stride + 1
