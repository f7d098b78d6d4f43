"""Stochastic depth, mirrored features and phrase pooling in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.arrays import check_rank
from cvlib.second_order.accelerated.fusion import fuse
from cvlib.second_order.reference.reversal import mirror_permutation
from cvlib.second_order.terms import check_branches
from cvlib.second_order.validation import (
    check_descriptors,
    check_fusion,
    check_maps,
    check_probability,
    check_sigma,
    check_survives,
)
from cvlib.tensors import check_tensors


def stochastic_depth(
    x: Tensor, f: Tensor, survives: Any = None, *, probability: float, inverted: bool = False
) -> Tensor:
    """Add a branch to its shortcut if the block survives: x + b · f; at test time x + p · f.

    With `inverted` x + b/p · f in training, x + f at test time. Shapes: x and f (N, …), survives
    () or (N,), or None at test time -> like x. Raises TypeError or ValueError as the reference
    does. Twin of `reference.stochastic_depth_forward`.
    """
    check_tensors(x=x, f=f)
    check_branches(x.shape, f.shape, "x", "f")
    check_probability("probability", probability)
    if survives is None:
        return x + (1.0 if inverted else probability) * f
    kept = torch.as_tensor(survives, dtype=x.dtype, device=x.device)
    check_survives(kept.shape, x.shape)
    if inverted:
        kept = kept / probability
    return x + kept.reshape(*kept.shape, *(1,) * (x.ndim - kept.ndim)) * f


def mirror_descriptor(descriptors: Tensor) -> Tensor:
    """Return the descriptors that the mirrored patches have. Shapes: (…, 128) -> the same.

    Raises TypeError or ValueError as the reference does. Twin of `reference.mirror_descriptor`.
    """
    check_tensors(descriptors=descriptors)
    check_descriptors(descriptors.shape)
    order = torch.as_tensor(mirror_permutation(), device=descriptors.device)
    return descriptors.index_select(-1, order)


def max_sift(descriptors: Tensor, *, fusion: str = "max") -> Tensor:
    """Forget which way round a patch was: max(d, d^R), or d + d^R. Shapes: (…, 128) -> the same.

    Raises TypeError or ValueError as the reference does. Twin of `reference.max_sift`.
    """
    return _fused(descriptors, mirror_descriptor(descriptors), fusion)


def reversal_invariant_features(
    x: Tensor, extract: Callable[[Tensor], Tensor], *, fusion: str = "max"
) -> Tensor:
    """Make a feature g invariant to mirroring: max, or sum, of g(x) and g(mirrored x).

    Shapes: x (N, C, H, W), g(x) of any one shape -> that shape. Raises TypeError or ValueError as
    the reference does. Twin of `reference.reversal_invariant_features`.
    """
    check_tensors(x=x)
    check_maps(x.shape, "x")
    check_fusion(fusion)
    return _fused(extract(x.contiguous()), extract(x.flip(-1)), fusion)


def reversal_equivariant_maps(
    x: Tensor, extract: Callable[[Tensor], Tensor], *, fusion: str = "max"
) -> Tensor:
    """Make maps that are mirrored with the image: max, or sum, of g(x) and flip(g(flip x)).

    Shapes: x (N, C, H, W), g(x) (N, C', H', W') -> like g(x). Raises TypeError or ValueError as
    the reference does. Twin of `reference.reversal_equivariant_maps`.
    """
    check_tensors(x=x)
    check_maps(x.shape, "x")
    check_fusion(fusion)
    straight, mirrored = extract(x.contiguous()), extract(x.flip(-1))
    check_maps(straight.shape, "extract(x)")
    return _fused(straight, mirrored.flip(-1), fusion)


def phrase_pool(x: Tensor, *, sigma: float = 1.0) -> Tensor:
    """Mix every response with the mean of its eight neighbours: (x + σ · mean) / (1 + σ).

    Shapes: x (N, C, H, W) -> like x. Raises TypeError or ValueError as the reference does. Twin of
    `reference.phrase_pool_forward`.
    """
    check_tensors(x=x)
    check_rank("x", x.shape, "N C H W")
    check_sigma(sigma)
    square = functional.avg_pool2d(x, 3, stride=1, padding=1, divisor_override=1)
    return (x + sigma / 8 * (square - x)) / (1 + sigma)


def _fused(straight: Tensor, mirrored: Tensor, fusion: str) -> Tensor:
    return fuse(straight, mirrored, terms=(check_fusion(fusion),))
