"""How large a signal is after many residual blocks at their initialization, by fusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from cvlib.second_order.accelerated.modules import ResidualBlock
from cvlib.second_order.experiments.fusions import terms_of

Numbers = npt.NDArray[np.float64]
#: The largest number of single precision; a network that passes it computes with infinities.
LARGEST_SINGLE = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class Growth:
    """Root mean squares of the signal: ``sizes[fusion]`` is (seeds, depths), with depth 0 first."""

    depths: tuple[int, ...]
    sizes: dict[str, Numbers]

    def rate(self, fusion: str) -> Numbers:
        """Return by how many powers of ten the signal grows in a block, (seeds,), on average.

        Minus infinity where it has died.
        """
        with np.errstate(divide="ignore"):
            first, last = np.log10(self.sizes[fusion][:, [0, -1]]).T
        return np.asarray((last - first) / self.depths[-1])

    def exponent(self, fusion: str, start: int = 9) -> Numbers:
        """Return p of a growth like depthᵖ from depth ``start`` to the last, (seeds,).

        Not a number where the signal has died. Raises ValueError for a depth that is not measured.
        """
        if start not in self.depths[1:-1]:
            raise ValueError(f"start must be one of {self.depths[1:-1]}, got {start}")
        with np.errstate(divide="ignore", invalid="ignore"):
            first, last = np.log(self.sizes[fusion][:, [self.depths.index(start), -1]]).T
            return np.asarray((last - first) / np.log(self.depths[-1] / start))


def signal_growth(
    fusions: Sequence[str],
    *,
    seeds: Sequence[int],
    depths: Sequence[int] = (1, 9, 27, 54),
    channels: int = 16,
    side: int = 8,
    images: int = 8,
    norm: bool = True,
) -> Growth:
    """Send rectified noise through residual blocks that nobody has trained, and measure it.

    Blocks are those of `ResidualStack`, drawn by He's initialization, batch norm by the batch; a
    seed fixes noise and weights, whatever the fusion. Without `norm` there is none in the branch.
    Computed in float64, where 10^300 is still a number.

    Raises ValueError for an unknown fusion or depths that do not grow.
    """
    if not seeds or list(depths) != sorted({*depths}) or min(depths, default=0) < 1:
        raise ValueError(f"expected seeds, and depths that grow from 1 on, got {seeds}, {depths}")
    sizes = {
        fusion: np.array(
            [
                _follow(terms_of(fusion), seed, tuple(depths), (images, channels, side, side), norm)
                for seed in seeds
            ]
        )
        for fusion in fusions
    }
    return Growth((0, *depths), sizes)


def _follow(
    terms: tuple[str, ...], seed: int, depths: tuple[int, ...], shape: tuple[int, ...], norm: bool
) -> list[float]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, generator=generator, dtype=torch.float64).relu()
    block = ResidualBlock(shape[1], shape[1], terms=terms).double()
    if not norm:
        block.branch = nn.Sequential(*(m for m in block.branch if not _is_norm(m)))
    found = [_size(x)]
    with torch.no_grad():
        for depth in range(1, depths[-1] + 1):
            for layer in block.modules():
                if isinstance(layer, nn.Conv2d):
                    std = (2 / layer.weight[0].numel()) ** 0.5
                    layer.weight.normal_(0, std, generator=generator)
            x = block(x)
            if depth in depths:
                found.append(_size(x))
    return found


def _is_norm(layer: nn.Module) -> bool:
    return isinstance(layer, nn.BatchNorm2d)


def _size(x: Tensor) -> float:
    """The root mean square; infinite where the numbers have overflowed."""
    largest = float(x.abs().max())
    if not np.isfinite(largest):
        return np.inf
    return largest and largest * float((x / largest).square().mean().sqrt())
