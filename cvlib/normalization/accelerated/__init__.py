"""The PyTorch twins: any device, autograd for the gradients, the same errors as the reference.

Autocast chooses the precision, `torch.compile` traces each function whole, and images in
channels_last come out in channels_last.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.normalization.validation import (
    check_axes,
    check_batch,
    check_enough,
    check_eps,
    check_groups,
    check_images,
    check_momentum,
    check_per_channel,
    check_running,
    check_trailing,
    check_window,
)
from cvlib.tensors import check_tensors

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "normalize",
    "update_running",
]


def shape_of(tensor: Tensor | None) -> Sequence[int] | None:
    """Return the shape of a tensor, None for None."""
    return None if tensor is None else tensor.shape


def widened(x: Tensor) -> Tensor:
    """Return half precision as single precision, and anything else as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def batch_norm(
    x: Tensor,
    gamma: Tensor | None,
    beta: Tensor | None,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel over the batch, or by its running statistics outside training.

    out = γ_c · (x - μ_c) / √(σ²_c + ε) + β_c; running ← (1 - momentum) · running + momentum · new

    Shapes: x (N, C), (N, C, L) or (N, C, H, W), all others (C,) or None -> out like x. In training
    the running tensors are updated in place, the variance by the unbiased one.
    Raises TypeError or ValueError as the reference does. Twin of `reference.batch_norm_forward`.
    """
    check_tensors(x=x, gamma=gamma, beta=beta)
    check_tensors(gamma=gamma, running_mean=running_mean, running_var=running_var)
    check_batch(x.shape)
    check_per_channel(
        x.shape[1],
        gamma=shape_of(gamma),
        beta=shape_of(beta),
        running_mean=shape_of(running_mean),
        running_var=shape_of(running_var),
    )
    check_running(running_mean, running_var, training)
    check_momentum(momentum)
    check_eps(eps)
    if training:
        check_enough(x.shape)
    return functional.batch_norm(x, running_mean, running_var, gamma, beta, training, momentum, eps)


def update_running(running: Tensor, new: Tensor, *, momentum: float) -> Tensor:
    """Return (1 - momentum) · running + momentum · new.

    Shapes: both (C,) -> (C,). Twin of `reference.update_running`.
    """
    check_tensors(running=running, new=new)
    check_momentum(momentum)
    return torch.lerp(running, new, momentum)


def normalize(x: Tensor, *, axes: int | Sequence[int], eps: float = 1e-5) -> Tensor:
    """Give x mean 0 and variance 1 over the named axes: (x - μ) / √(σ² + ε), σ² the biased one.

    Shapes: x of any shape -> out like x. Half precision is computed in single precision.
    Raises TypeError or ValueError as the reference does. Twin of `reference.normalize_forward`.
    """
    check_tensors(x=x)
    axes = check_axes(x.shape, axes)
    check_eps(eps)
    wide = widened(x)
    var, mean = torch.var_mean(wide, dim=axes, correction=0, keepdim=True)
    return ((wide - mean) * torch.rsqrt(var + eps)).to(x.dtype)


def layer_norm(
    x: Tensor, gamma: Tensor | None, beta: Tensor | None, *, eps: float = 1e-5
) -> Tensor:
    """Normalize each example over the trailing axes that gamma has; then scale and shift each.

    Shapes: x (N, …, *D), γ and β of shape D -> out like x.
    Raises TypeError or ValueError as the reference does. Twin of `reference.layer_norm_forward`.
    """
    check_tensors(x=x, gamma=gamma, beta=beta)
    trailing = check_trailing(x.shape, shape_of(gamma), shape_of(beta))
    check_eps(eps)
    return functional.layer_norm(x, x.shape[x.ndim - trailing :], gamma, beta, eps)


def group_norm(
    x: Tensor,
    gamma: Tensor | None,
    beta: Tensor | None,
    *,
    groups: int,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each group of channels of each image; then scale and shift each channel.

    Shapes: x (N, C, H, W), γ and β (C,) or None -> out like x.
    Raises TypeError or ValueError as the reference does. Twin of `reference.group_norm_forward`.
    """
    check_tensors(x=x, gamma=gamma, beta=beta)
    check_images(x.shape)
    groups = check_groups(x.shape[1], groups)
    check_per_channel(x.shape[1], gamma=shape_of(gamma), beta=shape_of(beta))
    check_eps(eps)
    if gamma is None and beta is not None:
        # autograd fails inside PyTorch's own group norm with a shift and no scale
        return functional.group_norm(x, groups, None, None, eps) + beta[:, None, None]
    return functional.group_norm(x, groups, gamma, beta, eps)


def instance_norm(
    x: Tensor, gamma: Tensor | None, beta: Tensor | None, *, eps: float = 1e-5
) -> Tensor:
    """Normalize each channel of each image over H and W; then scale and shift each channel.

    Shapes: x (N, C, H, W), γ and β (C,) or None -> out like x.
    Raises TypeError or ValueError as the reference does. Twin of `reference.instance_norm_forward`.
    """
    check_tensors(x=x, gamma=gamma, beta=beta)
    check_images(x.shape)
    # not functional.instance_norm, which refuses images of one pixel and has no reason to
    return group_norm(x, gamma, beta, groups=x.shape[1], eps=eps)


def local_response_norm(
    x: Tensor,
    *,
    size: int = 5,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 2.0,
    average: bool = False,
) -> Tensor:
    """Divide each number by (k + α Σ_j x_j²)^β over its neighbours across the channels.

    Shapes: x (N, C, H, W) -> out like x. The constants are AlexNet's; `average` divides α by size.
    Half precision is computed in single precision.
    Raises TypeError or ValueError as the reference does.
    Twin of `reference.local_response_norm_forward`.
    """
    check_tensors(x=x)
    check_images(x.shape)
    size = check_window(size, alpha, beta, k)
    share = alpha if average else alpha * size
    return functional.local_response_norm(widened(x), size, share, beta, k).to(x.dtype)
