"""Fusions of two branches in PyTorch: checked functions, and the bare sum that modules trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor
from torch.nn.functional import relu

from cvlib.second_order.terms import EPS, SORT, SORT_ROOT, check_branches, check_eps, check_terms
from cvlib.tensors import check_tensors

FORMULAS: Mapping[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "sum": lambda a, b, eps: a + b,
    "product": lambda a, b, eps: a * b,
    "max": lambda a, b, eps: torch.maximum(a, b),
    "rectified_product": lambda a, b, eps: relu(a) * relu(b),
    "root_product": lambda a, b, eps: torch.sqrt(a * b + eps),
    "rectified_root_product": lambda a, b, eps: torch.sqrt(relu(a) * relu(b) + eps),
}


def add_up(f1: Tensor, f2: Tensor, terms: tuple[str, ...], eps: float) -> Tensor:
    """Add up terms that were checked before, without a look at values: torch.fx can trace it."""
    total = FORMULAS[terms[0]](f1, f2, eps)
    for term in terms[1:]:
        total = total + FORMULAS[term](f1, f2, eps)
    return total


def fuse(f1: Tensor, f2: Tensor, *, terms: Sequence[str] = SORT, eps: float = EPS) -> Tensor:
    """Add up chosen terms of two branches, place by place: Σ t(f1, f2).

    Shapes: f1 and f2 of one shape -> the same. Raises TypeError or ValueError as the reference
    does. Twin of `reference.fuse_forward`, where the terms are explained.
    """
    check_tensors(f1=f1, f2=f2)
    check_branches(f1.shape, f2.shape)
    return add_up(f1, f2, check_terms(terms), check_eps(eps))


def cross_derivative(
    f1: Tensor, f2: Tensor, *, terms: Sequence[str] = SORT, eps: float = EPS
) -> Tensor:
    """Differentiate a fusion by one branch and then by the other: ∂²out / ∂f1 ∂f2, place by place.

    Autograd, twice; the result is no part of a graph. Shapes: f1 and f2 of one shape -> the same.
    Raises TypeError or ValueError as the reference does. Twin of `reference.cross_derivative`.
    """
    with torch.enable_grad():
        a, b = f1.detach().requires_grad_(), f2.detach().requires_grad_()
        # zeros that depend on b, so that there is something to differentiate for a sum as well
        (slope,) = torch.autograd.grad(fuse(a, b, terms=terms, eps=eps).sum(), a, create_graph=True)
        (cross,) = torch.autograd.grad((slope + 0 * b).sum(), b)
    return cross


def sort(f1: Tensor, f2: Tensor, *, rectified: bool = False) -> Tensor:
    """Add to the sum of two branches their product: f1 + f2 + f1 · f2, the factors ReLUs or not.

    Shapes: f1 and f2 of one shape -> the same. Raises TypeError or ValueError as the reference
    does. Twin of `reference.sort_forward`.
    """
    return fuse(f1, f2, terms=("sum", "rectified_product") if rectified else SORT)


def sort_root(f1: Tensor, f2: Tensor, *, eps: float = EPS, rectified: bool = True) -> Tensor:
    """Add to the sum of two branches the root of their product: f1 + f2 + √(f1 · f2 + ε).

    With `rectified` the factors are ReLUs; without it, the root is NaN wherever f1 · f2 < -ε.

    Shapes: f1 and f2 of one shape -> the same. Raises TypeError or ValueError as the reference
    does. Twin of `reference.sort_root_forward`.
    """
    return fuse(f1, f2, terms=SORT_ROOT if rectified else ("sum", "root_product"), eps=eps)
