"""The PyTorch twins: any device, autograd for the gradients, the same errors as the reference.

Autocast chooses the precision and `torch.compile` traces the functions. What was drawn (a mask,
the moves, the corners) comes in as an argument, as an array or a tensor.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.regularization.accelerated.pictures import (
    color_cast,
    crop,
    exp_tone,
    flip,
    gamma,
    log_tone,
    rotate,
    shear,
    stretch,
    translate,
    warp,
)
from cvlib.regularization.reference.least_squares import check_regression, singular_floor
from cvlib.regularization.validation import (
    check_count,
    check_mask,
    check_not_negative,
    check_rate,
    check_share,
)
from cvlib.tensors import check_tensors

__all__ = [
    "color_cast",
    "crop",
    "dropout",
    "elastic_net",
    "elastic_net_proximal",
    "exp_tone",
    "flip",
    "gamma",
    "l1_penalty",
    "l2_penalty",
    "log_tone",
    "replace_labels",
    "ridge_fit",
    "rotate",
    "shear",
    "smooth_labels",
    "soft_threshold",
    "stretch",
    "translate",
    "warp",
]


def elastic_net(w: Tensor, *, l1: float, l2: float) -> Tensor:
    """Price all weights: l1 · Σ|w| + l2/2 · Σw². Twin of `reference.elastic_net_forward`."""
    check_tensors(w=w)
    check_not_negative(l1=l1, l2=l2)
    return l1 * w.abs().sum() + l2 / 2 * w.square().sum()


def l1_penalty(w: Tensor) -> Tensor:
    """Add up the absolute values: Σ|w|. Twin of `reference.l1_penalty_forward`."""
    check_tensors(w=w)
    return w.abs().sum()


def l2_penalty(w: Tensor) -> Tensor:
    """Add up the squares and halve them: ½Σw². Twin of `reference.l2_penalty_forward`."""
    check_tensors(w=w)
    return w.square().sum() / 2


def soft_threshold(v: Tensor, threshold: float) -> Tensor:
    """Move every number towards 0 by `threshold`: sign(v) · max(|v| − threshold, 0)."""
    check_tensors(v=v)
    check_not_negative(threshold=threshold)
    return v.sign() * (v.abs() - threshold).clamp(min=0)


def elastic_net_proximal(v: Tensor, *, lr: float, l1: float, l2: float) -> Tensor:
    """Answer a gradient step that arrived at v: soft_threshold(v, lr · l1) / (1 + lr · l2)."""
    check_not_negative(lr=lr, l1=l1, l2=l2)
    return soft_threshold(v, lr * l1) / (1 + lr * l2)


def dropout(x: Tensor, mask: Any, *, rate: float) -> Tensor:
    """Keep the units where `mask` is 1: x · mask / (1 − rate).

    Shapes: x any, mask like x or with length 1 along axes that share their fate -> like x.
    Raises TypeError or ValueError as the reference does. Twin of `reference.dropout_forward`;
    `torch.nn.Dropout` and `Dropout2d` do the same with a mask of their own.
    """
    check_tensors(x=x)
    check_rate(rate)
    kept = torch.as_tensor(mask, dtype=x.dtype, device=x.device)
    check_mask(kept.shape, x.shape)
    return x * (kept / (1 - rate))


def smooth_labels(
    labels: Any, classes: int, alpha: float, *, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Share a part of each label among all classes: (1 − alpha) · onehot + alpha / classes.

    Shapes: labels (N,) ints -> (N, classes), on the device of the labels. Twin of
    `reference.smooth_labels`, and what `cross_entropy(label_smoothing=alpha)` does inside.
    """
    numbers = torch.as_tensor(labels)
    check_count("classes", classes, 2)
    check_share("alpha", alpha)
    hot = functional.one_hot(numbers.long(), classes).bool()
    label, other = (
        torch.tensor(v, dtype=dtype) for v in (1 - alpha + alpha / classes, alpha / classes)
    )
    return torch.where(hot, label.to(hot.device), other.to(hot.device))


def replace_labels(labels: Any, chosen: Any, drawn: Any) -> Tensor:
    """Put `drawn[n]` in place of the label wherever `chosen[n]`, all (N,).

    Raises ValueError as the reference does. Twin of `reference.replace_labels`.
    """
    numbers = torch.as_tensor(labels)
    picked = torch.as_tensor(chosen, dtype=torch.bool, device=numbers.device)
    others = torch.as_tensor(drawn, dtype=numbers.dtype, device=numbers.device)
    shapes = [tuple(t.shape) for t in (numbers, picked, others)]
    if len(set(shapes)) > 1 or numbers.ndim != 1:
        raise ValueError(
            "labels, chosen and drawn must all be (N,), got " + ", ".join(map(str, shapes))
        )
    return torch.where(picked, others, numbers)


def ridge_fit(features: Tensor, y: Tensor, *, l2: float = 0.0) -> Tensor:
    """Minimize ½|Xw − y|² + l2/2 · |w|²; for l2 = 0, take the shortest w among the best.

    Shapes: features (N, D), y (N,) or (N, K) -> (D,) or (D, K). Raises TypeError or ValueError as
    the reference does. Twin of `reference.ridge_fit`.
    """
    check_tensors(features=features, y=y)
    check_not_negative(l2=l2)
    check_regression(tuple(features.shape), tuple(y.shape))
    u, sizes, vt = torch.linalg.svd(features, full_matrices=False)
    if l2:
        gain = sizes / (sizes**2 + l2)
    else:
        floor = singular_floor(sizes.detach().cpu().numpy(), tuple(features.shape))
        gain = torch.where(sizes > floor, 1 / sizes, torch.zeros_like(sizes))
    turned = u.mT @ y
    return vt.mT @ (gain[:, None] * turned if y.ndim == 2 else gain * turned)
