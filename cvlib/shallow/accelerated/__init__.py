"""The PyTorch twins: descriptors and linear scores, on any device."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.shallow.validation import check_cells, check_count, check_image_shape, check_range

__all__ = ["color_histogram", "edge_histogram", "hog", "image_gradients", "linear_scores"]


def color_histogram(images: Tensor, bins: int = 4) -> Tensor:
    """Return the share of pixels in each box of colours. Twin of `reference.color_histogram`.

    Shapes: (N, C, H, W) in [0, 1] -> (N, binsᶜ). Raises TypeError or ValueError as the reference.
    """
    _check(images)
    bins = check_count("bins", bins)
    n, channels, height, width = images.shape
    if images.numel():
        check_range(*(float(end) for end in images.detach().aminmax()))
    level = (images.detach() * bins).long().clamp(max=bins - 1)
    box = torch.zeros((n, height, width), dtype=torch.long, device=images.device)
    for channel in range(channels):
        box = box * bins + level[:, channel]
    counts = images.new_zeros((n, bins**channels))
    ones = images.new_ones((n, height * width))
    return counts.scatter_add(1, box.flatten(1), ones) / (height * width)


def image_gradients(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return strength and angle in [0, π) of the gradient. Twin of `reference.image_gradients`.

    Shapes: (N, C, H, W) -> (N, H, W) twice. Raises TypeError or ValueError as the reference.
    """
    _check(images)
    padded = functional.pad(images, (1, 1, 1, 1), mode="replicate")
    gy = padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]
    gx = padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]
    strongest = (gx * gx + gy * gy).argmax(dim=1, keepdim=True)
    gx, gy = (g.gather(1, strongest)[:, 0] for g in (gx, gy))
    angle = torch.atan2(gy, gx) % math.pi
    return torch.sqrt(gx * gx + gy * gy), torch.where(angle >= math.pi, 0.0, angle)


def edge_histogram(images: Tensor, bins: int = 8) -> Tensor:
    """Return the share of edge in each direction. Twin of `reference.edge_histogram`.

    Shapes: (N, C, H, W) -> (N, bins). Raises TypeError or ValueError as the reference.
    """
    bins = check_count("bins", bins)
    votes = _votes(*image_gradients(images), bins).sum(dim=(2, 3))
    return votes / (votes.sum(dim=1, keepdim=True) + 1e-6)


def hog(
    images: Tensor, *, cell: int = 8, bins: int = 9, block: int = 2, clip: float = 0.2
) -> Tensor:
    """Return histograms of oriented gradients. Twin of `reference.hog`.

    Shapes: (N, C, H, W) -> (N, blocks·block²·bins). Errors as in the reference.
    """
    _check(images)
    size, width = check_cells(images.shape, cell, block)
    bins = check_count("bins", bins)
    if not clip > 0:
        raise ValueError(f"clip must be positive, got {clip}")
    cells = functional.avg_pool2d(_votes(*image_gradients(images), bins), size) * size**2
    blocks = cells.unfold(2, width, 1).unfold(3, width, 1)  # (N, bins, i, j, r, s)
    v = blocks.permute(0, 2, 3, 4, 5, 1).flatten(3)
    return _unit(_unit(v).clamp(max=clip)).flatten(1)


def linear_scores(features: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """Score every class: s = x wᵀ + b. Twin of `reference.linear_scores`.

    Shapes: features (N, D), w (K, D), b (K,) or None -> (N, K). Raises ValueError as the reference.
    """
    if features.ndim != 2 or w.ndim != 2 or features.shape[1] != w.shape[1]:
        raise ValueError(
            "expected features (N, D) and w (K, D) with one D, "
            f"got {tuple(features.shape)} and {tuple(w.shape)}"
        )
    return functional.linear(features, w, b)


def _votes(strength: Tensor, angle: Tensor, bins: int) -> Tensor:
    place = angle * (bins / math.pi)
    low = place.detach().floor()
    share = place - low
    first = functional.one_hot(low.long() % bins, bins).movedim(-1, 1)
    second = functional.one_hot((low.long() + 1) % bins, bins).movedim(-1, 1)
    return first * (strength * (1 - share))[:, None] + second * (strength * share)[:, None]


def _unit(v: Tensor) -> Tensor:
    return v / torch.sqrt((v * v).sum(dim=-1, keepdim=True) + 1e-6)


def _check(images: object) -> None:
    if not isinstance(images, Tensor):
        raise TypeError(f"images must be a torch.Tensor, got {type(images).__name__}")
    if not images.is_floating_point():
        raise TypeError(f"images must have a floating dtype, got {images.dtype} (images.dtype)")
    check_image_shape(images.shape)
