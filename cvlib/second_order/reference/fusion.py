"""Two branches become one: a sum of chosen terms, SORT among them, forward and backward."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.second_order.terms import EPS, SORT, SORT_ROOT, check_branches, check_eps, check_terms

Formula = Callable[[Array, Array, float], Array]


class Term(NamedTuple):
    """A term t(a, b), its slope ∂t/∂a and its cross derivative ∂²t/∂a∂b.

    Each t is symmetric, so that ∂t/∂b is the slope with a and b exchanged.
    """

    value: Formula
    slope: Formula
    cross: Formula


def _relu(a: Array) -> Array:
    return np.maximum(a, 0)


def _root(a: Array, b: Array, eps: float) -> Array:
    return np.sqrt(a * b + eps)


def _root_cross(a: Array, b: Array, eps: float) -> Array:
    # ∂/∂b of b / 2√(ab + ε) is (ab + 2ε) / 4√(ab + ε)³
    return (a * b + 2 * eps) / (4 * _root(a, b, eps) ** 3)


FORMULAS: Mapping[str, Term] = {
    "sum": Term(
        lambda a, b, eps: a + b,
        lambda a, b, eps: np.ones_like(a),
        lambda a, b, eps: np.zeros_like(a),
    ),
    "product": Term(
        lambda a, b, eps: a * b,
        lambda a, b, eps: b,
        lambda a, b, eps: np.ones_like(a),
    ),
    # max(a, b) = (a + b + |a - b|) / 2: at a tie each branch takes half of the gradient
    "max": Term(
        lambda a, b, eps: np.maximum(a, b),
        lambda a, b, eps: (1 + np.sign(a - b)) / 2,
        lambda a, b, eps: np.zeros_like(a),
    ),
    "rectified_product": Term(
        lambda a, b, eps: _relu(a) * _relu(b),
        lambda a, b, eps: (a > 0) * _relu(b),
        lambda a, b, eps: ((a > 0) & (b > 0)).astype(a.dtype),
    ),
    "root_product": Term(
        _root,
        lambda a, b, eps: b / (2 * _root(a, b, eps)),
        _root_cross,
    ),
    "rectified_root_product": Term(
        lambda a, b, eps: _root(_relu(a), _relu(b), eps),
        lambda a, b, eps: (a > 0) * _relu(b) / (2 * _root(_relu(a), _relu(b), eps)),
        lambda a, b, eps: ((a > 0) & (b > 0)) * _root_cross(_relu(a), _relu(b), eps),
    ),
}


class Cache(NamedTuple):
    """What a backward pass needs to remember of its forward pass."""

    f1: Array
    f2: Array
    terms: tuple[str, ...]
    eps: float


def fuse_forward(
    f1: Array, f2: Array, *, terms: Sequence[str] = SORT, eps: float = EPS
) -> tuple[Array, Cache]:
    """Add up chosen terms of two branches, place by place.

    out = Σ t(f1, f2) over the terms t

    With a = f1 and b = f2: "sum" is a + b, "product" a · b, "max" max(a, b), "rectified_product"
    ReLU(a) · ReLU(b), "root_product" √(a · b + ε), which is NaN where a · b < -ε, and
    "rectified_root_product" √(ReLU(a) · ReLU(b) + ε). The sum alone is a residual network's fusion,
    the max alone that of Maxout.

    Shapes: f1 and f2 of one shape -> out of the same, cache. Raises TypeError for dtypes that are
    not all float32 or all float64, ValueError for two shapes, an unknown term or eps ≤ 0.
    Source: Wang et al., SORT: second-order response transform for visual recognition, 2017, figure
    1; max: Goodfellow et al., Maxout networks, 2013, §3.
    """
    check_arrays(f1=f1, f2=f2)
    check_branches(f1.shape, f2.shape)
    cache = Cache(f1, f2, check_terms(terms), check_eps(eps))
    return _total([FORMULAS[term].value for term in cache.terms], f1, f2, cache.eps), cache


def fuse_backward(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Send the gradient into both branches, through the slope of every term.

    df1 = dout · Σ ∂t/∂f1, df2 = dout · Σ ∂t/∂f2

    The product's slope is the other branch. A ReLU at 0 has slope 0; at a tie the max gives half
    of the gradient to each branch, as PyTorch does.

    Shapes: dout like out -> df1 like f1, df2 like f2.
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    f1, f2, terms, eps = cache
    check_upstream(dout, f1.shape, f1.dtype)
    slopes = [FORMULAS[term].slope for term in terms]
    return dout * _total(slopes, f1, f2, eps), dout * _total(slopes, f2, f1, eps)


def cross_derivative(
    f1: Array, f2: Array, *, terms: Sequence[str] = SORT, eps: float = EPS
) -> Array:
    """Tell how the gradient of one branch depends on the other: ∂²out / ∂f1 ∂f2, place by place.

    0 for sum and max: there a branch learns from itself alone. 1 for the product.

    Shapes and errors as in `fuse_forward`.
    """
    check_arrays(f1=f1, f2=f2)
    check_branches(f1.shape, f2.shape)
    crosses = [FORMULAS[term].cross for term in check_terms(terms)]
    return _total(crosses, f1, f2, check_eps(eps))


def sort_forward(f1: Array, f2: Array, *, rectified: bool = False) -> tuple[Array, Cache]:
    """Second-order response transform: add to the sum of two branches their product.

    out = f1 + f2 + f1 · f2, or with `rectified` f1 + f2 + ReLU(f1) · ReLU(f2)

    Shapes: f1 and f2 of one shape -> out of the same, cache. Errors as in `fuse_forward`.
    Source: Wang et al., SORT, 2017, figure 1; its public code rectifies the factors.
    """
    return fuse_forward(f1, f2, terms=("sum", "rectified_product") if rectified else SORT)


def sort_backward(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Return df1 = dout · (1 + f2), df2 = dout · (1 + f1).

    With `rectified` df1 = dout · (1 + [f1 > 0] ReLU(f2)), and the same with f1 and f2 exchanged.

    Shapes and errors as in `fuse_backward`.
    """
    return fuse_backward(dout, cache)


def sort_root_forward(
    f1: Array, f2: Array, *, eps: float = EPS, rectified: bool = True
) -> tuple[Array, Cache]:
    """SORT in residual blocks: add to the sum of two branches the root of their product.

    out = f1 + f2 + √(ReLU(f1) · ReLU(f2) + ε); without `rectified` f1 + f2 + √(f1 · f2 + ε)

    The root keeps a stack of blocks from exploding, ε its slope from being infinite. ε = 0.01 is
    that of the public code. Not rectified, the root is NaN wherever f1 · f2 < -ε.

    Shapes: f1 and f2 of one shape -> out of the same, cache. Errors as in `fuse_forward`.
    Source: Wang et al., SORT, 2017, figure 1, and its public code.
    """
    terms = SORT_ROOT if rectified else ("sum", "root_product")
    return fuse_forward(f1, f2, terms=terms, eps=eps)


def sort_root_backward(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Return df1 = dout · (1 + [f1 > 0] ReLU(f2) / 2√(ReLU(f1) · ReLU(f2) + ε)), df2 likewise.

    Shapes and errors as in `fuse_backward`.
    """
    return fuse_backward(dout, cache)


def _total(formulas: Sequence[Formula], a: Array, b: Array, eps: float) -> Array:
    with np.errstate(invalid="ignore"):  # the root that is not rectified says itself when it is NaN
        total = formulas[0](a, b, eps)
        for formula in formulas[1:]:
            total = total + formula(a, b, eps)
    return total
