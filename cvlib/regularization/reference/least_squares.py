"""Least squares three ways: as it is, with an L2 price, and stopped early. One formula."""

from typing import Any

import numpy as np

from cvlib.arrays import Array, check_arrays
from cvlib.regularization.validation import check_count, check_not_negative

BASES = ("monomial", "legendre")


def polynomial_features(x: Array, degree: int, *, basis: str = "legendre") -> Array:
    """Give each number the values of the polynomials up to a degree.

    "monomial": 1, x, x², …; "legendre": √(2k + 1) · P_k(x), orthonormal for x drawn evenly from
    −1 … 1. The same functions can be fitted with either; a price on the weights means something
    else.

    Shapes: x (N,) -> (N, degree + 1). Raises ValueError for a negative degree or another basis.
    """
    check_arrays(x=x)
    check_count("degree", degree, 0)
    if basis not in BASES:
        raise ValueError(f"basis must be one of {BASES}, got {basis!r}")
    if basis == "monomial":
        return np.asarray(np.vander(x, degree + 1, increasing=True), x.dtype)
    scale = np.sqrt(2 * np.arange(degree + 1) + 1).astype(x.dtype)
    return np.asarray(np.polynomial.legendre.legvander(x, degree) * scale, x.dtype)


def check_regression(features_shape: tuple[int, ...], y_shape: tuple[int, ...]) -> None:
    """Demand features (N, D) and one target, or one row of targets, an example."""
    if len(features_shape) != 2 or not 1 <= len(y_shape) <= 2 or features_shape[0] != y_shape[0]:
        raise ValueError(
            f"expected features (N, D) and y (N,) or (N, K), got {tuple(features_shape)} and "
            f"{tuple(y_shape)}"
        )


def _svd_fit(features: Array, y: Array, gains: Any) -> Array:
    """w = V · gain(σ) · Uᵀy, where the features are UσVᵀ."""
    check_arrays(features=features, y=y)
    check_regression(features.shape, y.shape)
    u, sizes, vt = np.linalg.svd(features, full_matrices=False)
    gain = gains(sizes).astype(features.dtype)
    turned = u.T @ y
    return vt.T @ (gain[:, None] * turned if y.ndim == 2 else gain * turned)


def singular_floor(sizes: Array, shape: tuple[int, ...]) -> Any:
    """The size below which a singular value is rounding error."""
    return sizes.max(initial=0.0) * max(shape) * np.finfo(sizes.dtype).eps


def ridge_fit(features: Array, y: Array, *, l2: float = 0.0) -> Array:
    """Minimize ½|Xw − y|² + l2/2 · |w|²; for l2 = 0, take the shortest w among the best.

    w = (XᵀX + l2 · I)⁻¹Xᵀy = V · σ/(σ² + l2) · Uᵀy, for l2 = 0 the pseudo-inverse

    Shapes: features X (N, D), y (N,) or (N, K) -> w (D,) or (D, K). Raises TypeError for dtypes
    that are not all float32 or all float64, ValueError for shapes that do not fit or l2 < 0.
    Source: Hoerl and Kennard, Ridge regression, 1970, §2.
    """
    check_not_negative(l2=l2)

    def gain(sizes: Array) -> Array:
        if l2:
            return np.asarray(sizes / (sizes**2 + l2))
        kept = sizes > singular_floor(sizes, features.shape)
        return np.divide(1, sizes, out=np.zeros_like(sizes), where=kept)

    return _svd_fit(features, y, gain)


def descent_fit(features: Array, y: Array, *, lr: float, steps: int) -> Array:
    """Return the weights after `steps` steps of gradient descent from 0 on ½|Xw − y|².

    w = V · (1 − (1 − lr · σ²)^steps)/σ · Uᵀy

    Small σ are learned last: to stop early is to leave them out, as ridge does. Directions with
    σ = 0 are never entered, so without a stop it arrives at `ridge_fit` with l2 = 0.

    Shapes and errors as in `ridge_fit`; ValueError too for lr · σ² > 2 somewhere: it would diverge.
    Source: Goodfellow, Bengio and Courville, Deep learning, 2016, §7.8.
    """
    check_not_negative(lr=lr)
    check_count("steps", steps, 0)

    def gain(sizes: Array) -> Array:
        if sizes.size and lr * float(sizes.max()) ** 2 > 2:
            raise ValueError(
                f"lr must be at most 2 / σ² = {2 / float(sizes.max()) ** 2:.3g}, got {lr}"
            )
        left = (1 - lr * sizes**2) ** steps
        return np.divide(1 - left, sizes, out=np.zeros_like(sizes), where=sizes > 0)

    return _svd_fit(features, y, gain)
