"""What weights cost: L1, L2 and both at once, their gradients and their proximal steps."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array, check_arrays
from cvlib.regularization.validation import check_not_negative


class PenaltyCache(NamedTuple):
    """The weights of a penalty and its two strengths."""

    w: Array
    l1: float
    l2: float


def elastic_net_forward(w: Array, *, l1: float, l2: float) -> tuple[npt.NDArray[Any], PenaltyCache]:
    """Price all weights of an array: their absolute values at l1, half of their squares at l2.

    R = l1 · Σ|w| + l2/2 · Σw²

    The form λ(βΣw² + Σ|w|) of some texts is l1 = λ, l2 = 2λβ.

    Shapes: w any -> R (), cache. Raises TypeError for a dtype that is not float32 or float64,
    ValueError for a negative strength.
    Source: Zou and Hastie, Regularization and variable selection via the elastic net, 2005, §2.1.
    """
    check_arrays(w=w)
    check_not_negative(l1=l1, l2=l2)
    value = np.zeros((), w.dtype)
    if l1:
        value = value + w.dtype.type(l1) * np.abs(w).sum()
    if l2:
        value = value + w.dtype.type(l2 / 2) * np.square(w).sum()
    return np.asarray(value, w.dtype), PenaltyCache(w, l1, l2)


def elastic_net_backward(dout: float | Array, cache: PenaltyCache) -> Array:
    """Return dw = dout · (l1 · sign(w) + l2 · w), with sign(0) = 0.

    Where a weight is 0 the absolute value has a kink, and every slope in [−l1, l1] is a
    subgradient; 0 is the one that leaves the weight alone.

    Shapes: dout () -> dw like w. Raises ValueError when dout is not one number.
    """
    if np.ndim(dout):
        raise ValueError(f"dout must be one number, got shape {np.shape(dout)} (dout.shape)")
    w, l1, l2 = cache
    slope = w.dtype.type(l1) * np.sign(w) + w.dtype.type(l2) * w
    return np.asarray(np.asarray(dout, w.dtype) * slope)


def l1_penalty_forward(w: Array) -> tuple[npt.NDArray[Any], PenaltyCache]:
    """Add up the absolute values: R = Σ|w|.

    Shapes and errors as in `elastic_net_forward`.
    Source: Tibshirani, Regression shrinkage and selection via the lasso, 1996, §1.
    """
    return elastic_net_forward(w, l1=1.0, l2=0.0)


def l1_penalty_backward(dout: float | Array, cache: PenaltyCache) -> Array:
    """Return dw = dout · sign(w): a push of the same size on every weight that is not 0.

    Shapes and errors as in `elastic_net_backward`.
    """
    return elastic_net_backward(dout, cache)


def l2_penalty_forward(w: Array) -> tuple[npt.NDArray[Any], PenaltyCache]:
    """Add up the squares and halve them: R = ½Σw², whose slope is w itself.

    Shapes and errors as in `elastic_net_forward`.
    Source: Hoerl and Kennard, Ridge regression, 1970, §2.
    """
    return elastic_net_forward(w, l1=0.0, l2=1.0)


def l2_penalty_backward(dout: float | Array, cache: PenaltyCache) -> Array:
    """Return dw = dout · w: a push in proportion to the weight.

    Shapes and errors as in `elastic_net_backward`.
    """
    return elastic_net_backward(dout, cache)


def soft_threshold(v: Array, threshold: float) -> Array:
    """Move every number towards 0 by `threshold`, and stop at 0.

    argmin_w ½|w − v|² + threshold · Σ|w| = sign(v) · max(|v| − threshold, 0)

    Shapes: v any -> like v. Errors as in `elastic_net_forward`.
    Source: Donoho and Johnstone, Ideal spatial adaptation by wavelet shrinkage, 1994, §1.
    """
    check_arrays(v=v)
    check_not_negative(threshold=threshold)
    return np.asarray(np.sign(v) * np.maximum(np.abs(v) - v.dtype.type(threshold), 0))


def elastic_net_proximal(v: Array, *, lr: float, l1: float, l2: float) -> Array:
    """Answer a gradient step that arrived at v by the best compromise with the penalty.

    argmin_w |w − v|² / 2lr + l1 · Σ|w| + l2/2 · Σw² = soft_threshold(v, lr · l1) / (1 + lr · l2)

    Unlike a step along the gradient of the penalty it never crosses 0, so weights become exactly 0.

    Shapes: v any -> like v. Errors as in `elastic_net_forward`.
    Source: Parikh and Boyd, Proximal algorithms, 2014, §6.5.
    """
    check_not_negative(lr=lr, l1=l1, l2=l2)
    shrunk = soft_threshold(v, lr * l1)
    return np.asarray(shrunk / shrunk.dtype.type(1 + lr * l2))
