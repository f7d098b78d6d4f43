"""The terms that a fusion of two branches may add up, and what both backends demand of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from numbers import Real

#: What each term makes of two numbers a and b; every one is symmetric in them.
TERMS = (
    "sum",  # a + b
    "product",  # a · b
    "max",  # max(a, b)
    "rectified_product",  # ReLU(a) · ReLU(b)
    "root_product",  # √(a · b + ε), NaN where a · b < -ε
    "rectified_root_product",  # √(ReLU(a) · ReLU(b) + ε)
)
#: SORT of the lecture, and of the paper's two-branch blocks.
SORT = ("sum", "product")
#: SORT of the paper's residual blocks, as its public code computes it.
SORT_ROOT = ("sum", "rectified_root_product")
#: ε of the public code, there called the shift of the root.
EPS = 1e-2
#: The study of the lecture: every choice of at least one among sum, product and max.
SEVEN_FUSIONS = tuple(
    chosen for count in (1, 2, 3) for chosen in combinations(("sum", "product", "max"), count)
)


def check_terms(terms: Sequence[str]) -> tuple[str, ...]:
    """Return the terms in the order of `TERMS`; demand known names, at least one, each once."""
    named = (terms,) if isinstance(terms, str) else tuple(terms)
    for name in named:
        if name not in TERMS:
            raise ValueError(f"terms must be among {', '.join(TERMS)}, got {name!r}")
    if not named or len(set(named)) < len(named):
        raise ValueError(f"terms must name at least one term, and each once, got {named}")
    return tuple(name for name in TERMS if name in named)


def check_eps(eps: float) -> float:
    """Return a number above 0: at 0 the root of a product has no finite slope."""
    if not isinstance(eps, Real) or isinstance(eps, bool):
        raise TypeError(f"eps must be a number, got {eps!r}")
    if not eps > 0:
        raise ValueError(f"eps must be above 0, where the slope of a root is infinite, got {eps}")
    return float(eps)


def check_branches(
    shape: Sequence[int], other: Sequence[int], first: str = "f1", second: str = "f2"
) -> None:
    """Demand two branches of one shape."""
    if tuple(shape) != tuple(other):
        raise ValueError(
            f"{first} and {second} must have one shape, got {tuple(shape)} and {tuple(other)} "
            f"({second}.shape)"
        )
