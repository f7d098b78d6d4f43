"""The PyTorch twins: any device, autograd for the gradients, the same errors as the reference."""

import torch
from torch import Tensor
from torch.nn import functional

from cvlib.activations.reference.learned import check_maxout, check_prelu
from cvlib.tensors import check_tensors

__all__ = ["elu", "leaky_relu", "maxout", "prelu", "relu", "sigmoid", "tanh"]


def sigmoid(x: Tensor) -> Tensor:
    """Squash to (0, 1): 1 / (1 + e^-x). Twin of `reference.sigmoid_forward`."""
    check_tensors(x=x)
    return torch.sigmoid(x)


def tanh(x: Tensor) -> Tensor:
    """Squash to (-1, 1): tanh x. Twin of `reference.tanh_forward`."""
    check_tensors(x=x)
    return torch.tanh(x)


def relu(x: Tensor) -> Tensor:
    """Cut off what is negative: max(x, 0). Twin of `reference.relu_forward`."""
    check_tensors(x=x)
    return functional.relu(x)


def leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor:
    """Let a little of the negative through: x, or slope · x. Twin of
    `reference.leaky_relu_forward`.
    """
    check_tensors(x=x)
    return functional.leaky_relu(x, slope)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """Bend to -α: x, or α (e^x - 1). Twin of `reference.elu_forward`."""
    check_tensors(x=x)
    return functional.elu(x, alpha)


def prelu(x: Tensor, alpha: Tensor) -> Tensor:
    """Learn the slope for negative inputs: x, or α[c] · x.

    Shapes: x (N, C, …), alpha (C,) or (1,) -> like x.
    Raises TypeError or ValueError as the reference does. Twin of `reference.prelu_forward`.
    """
    check_tensors(x=x, alpha=alpha)
    check_prelu(tuple(x.shape), tuple(alpha.shape))
    return functional.prelu(x, alpha)


def maxout(x: Tensor, w: Tensor, b: Tensor | None = None) -> Tensor:
    """Take the largest of P linear maps: out[n, m] = max_p (w[p, m] · x[n] + b[p, m]).

    Shapes: x (N, D), w (P, M, D), b (P, M) or None -> (N, M).
    Raises TypeError or ValueError as the reference does. Twin of `reference.maxout_forward`.
    """
    check_tensors(x=x, w=w, b=b)
    check_maxout(tuple(x.shape), tuple(w.shape), None if b is None else tuple(b.shape))
    # all pieces are one linear layer of P·M outputs
    pieces = functional.linear(x, w.flatten(0, 1), None if b is None else b.flatten())
    return pieces.reshape(x.shape[0], *w.shape[:2]).max(dim=1).values
