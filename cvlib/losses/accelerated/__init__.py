"""The PyTorch twins: any device, autograd for the gradients, the same errors on shapes and dtypes.

Labels are a tensor or anything `torch.as_tensor` takes, and are moved to the device of the scores.
Their values are not looked at here, which would stop a GPU: a class that does not exist is an error
of the kernel, and rows of labels are taken for probabilities unseen. Autocast runs in float32.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.losses.validation import (
    check_axis,
    check_class_shape,
    check_label_shape,
    check_margin,
    check_same_shape,
    check_table,
)

__all__ = [
    "hinge",
    "hinge_losses",
    "log_softmax",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_losses",
    "squared_error",
    "squared_error_losses",
]


def softmax(scores: Tensor, axis: int = -1) -> Tensor:
    """Turn scores into probabilities: p_k = exp(s_k) / Σ_j exp(s_j), along `axis`.

    Raises TypeError or ValueError as the reference does. Twin of `reference.softmax`.
    """
    _check_tensor(scores)
    check_axis(scores.shape, axis)
    return functional.softmax(scores, dim=axis)


def log_softmax(scores: Tensor, axis: int = -1) -> Tensor:
    """Return the logarithm of softmax: log p_k = s_k - log Σ_j exp(s_j), along `axis`.

    Raises TypeError or ValueError as the reference does. Twin of `reference.log_softmax`.
    """
    _check_tensor(scores)
    check_axis(scores.shape, axis)
    return functional.log_softmax(scores, dim=axis)


def softmax_cross_entropy_losses(scores: Tensor, labels: Any) -> Tensor:
    """Return each image's own loss: ℓ_n = -Σ_k y_nk log softmax(s_n)_k.

    Shapes: scores (N, K), labels (N,) classes or (N, K) probabilities -> (N,).
    Raises TypeError or ValueError as the reference does. Twin of
    `reference.softmax_cross_entropy_losses`.
    """
    _check_tensor(scores)
    check_table(scores.shape)
    target = torch.as_tensor(labels, device=scores.device)
    check_label_shape(scores.shape, target.shape, _is_integral(target), target.dtype)
    target = target.long() if target.ndim == 1 else target.to(scores.dtype)
    return functional.cross_entropy(scores, target, reduction="none")


def softmax_cross_entropy(scores: Tensor, labels: Any) -> Tensor:
    """Average the cross-entropy over the batch: L = -(1/N) Σ_nk y_nk log softmax(s_n)_k.

    Shapes and errors as in `softmax_cross_entropy_losses`, but -> (). Twin of
    `reference.softmax_cross_entropy_forward`.
    """
    return softmax_cross_entropy_losses(scores, labels).mean()


def hinge_losses(scores: Tensor, labels: Any, margin: float = 1.0) -> Tensor:
    """Return each image's own loss: ℓ_n = Σ_{j≠y} max(0, s_nj - s_ny + margin).

    Shapes: scores (N, K), labels (N,) -> (N,).
    Raises TypeError or ValueError as the reference does. Twin of `reference.hinge_losses`.
    """
    _check_tensor(scores)
    check_table(scores.shape)
    check_margin(margin)
    target = torch.as_tensor(labels, device=scores.device)
    check_class_shape(scores.shape, target.shape, _is_integral(target), target.dtype)
    rows = target.long()[:, None]
    excesses = functional.relu(scores - scores.gather(1, rows) + margin)
    # the true class leads itself by nothing: its own term, the margin, is left out
    return excesses.scatter(1, rows, 0.0).sum(dim=1)


def hinge(scores: Tensor, labels: Any, margin: float = 1.0) -> Tensor:
    """Average the hinge loss over the batch: L = (1/N) Σ_n Σ_{j≠y} max(0, s_nj - s_ny + margin).

    Shapes and errors as in `hinge_losses`, but -> (). Twin of `reference.hinge_forward`.
    """
    return hinge_losses(scores, labels, margin).mean()


def squared_error_losses(scores: Tensor, targets: Any) -> Tensor:
    """Return each example's own loss: ℓ_n = ½ Σ_k (s_nk - t_nk)², over all axes but N.

    Shapes: scores (N, …), targets the same -> (N,).
    Raises TypeError or ValueError as the reference does. Twin of `reference.squared_error_losses`.
    """
    _check_tensor(scores)
    wanted = torch.as_tensor(targets, device=scores.device)
    check_same_shape(scores.shape, wanted.shape)
    if wanted.is_complex() or wanted.dtype == torch.bool:
        raise TypeError(f"targets must be real numbers, got {wanted.dtype} (targets.dtype)")
    squares = functional.mse_loss(scores, wanted.to(scores.dtype), reduction="none")
    return 0.5 * squares.reshape(len(squares), -1).sum(dim=1)


def squared_error(scores: Tensor, targets: Any) -> Tensor:
    """Average half the squared distance over the batch: L = (1/2N) Σ_n ‖s_n - t_n‖².

    Shapes and errors as in `squared_error_losses`, but -> (). Twin of
    `reference.squared_error_forward`.
    """
    return squared_error_losses(scores, targets).mean()


def _check_tensor(scores: object) -> None:
    """Demand a floating tensor; its precision is autocast's business."""
    if not isinstance(scores, Tensor):
        raise TypeError(f"scores must be a torch.Tensor, got {type(scores).__name__}")
    if not scores.is_floating_point():
        raise TypeError(f"scores must have a floating dtype, got {scores.dtype} (scores.dtype)")


def _is_integral(tensor: Tensor) -> bool:
    return not (tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool)
