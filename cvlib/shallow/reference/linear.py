"""The linear classifier: one row of weights a class, found by minimizing a convex loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from cvlib.arrays import Array
from cvlib.losses import (
    hinge_backward,
    hinge_forward,
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)

LOSSES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "softmax": (softmax_cross_entropy_forward, softmax_cross_entropy_backward),
    "hinge": (hinge_forward, hinge_backward),
}


def linear_scores(features: Array, w: Array, b: Array | None = None) -> Array:
    """Score every class: s = x wᵀ + b.

    Shapes: features (N, D), w (K, D), b (K,) or None -> (N, K). Raises ValueError otherwise.
    """
    if features.ndim != 2 or w.ndim != 2 or features.shape[1] != w.shape[1]:
        raise ValueError(
            "expected features (N, D) and w (K, D) with one D, "
            f"got {tuple(features.shape)} and {tuple(w.shape)}"
        )
    if b is not None and b.shape != (len(w),):
        raise ValueError(f"b must have shape ({len(w)},), got {b.shape} (b.shape)")
    scores: Array = features @ w.T
    return scores if b is None else scores + b


@dataclass(frozen=True)
class LinearClassifier:
    """Scores s = w z + b of standardized features z = (x - mean) / scale; the largest decides.

    Shapes: w (K, D), b (K,), mean (D,), scale (D,).
    """

    w: Array
    b: Array
    mean: Array
    scale: Array

    def scores(self, features: Array) -> Array:
        """Return the scores (N, K) of features (N, D)."""
        return linear_scores((features - self.mean) / self.scale, self.w, self.b)

    def predict(self, features: Array) -> NDArray[np.int64]:
        """Return the class (N,) with the largest score of features (N, D)."""
        return self.scores(features).argmax(axis=1).astype(np.int64)

    def accuracy(self, features: Array, labels: ArrayLike) -> float:
        """Return the share of features (N, D) whose class is predicted right."""
        return float((self.predict(features) == np.asarray(labels)).mean())


def train_linear(
    features: Array,
    labels: ArrayLike,
    classes: int,
    *,
    loss: str = "softmax",
    l2: float = 1e-3,
    steps: int = 300,
) -> LinearClassifier:
    """Minimize (1/N) Σ_n loss(w z_n + b, y_n) + ½ l2 ‖w‖² by at most `steps` of L-BFGS.

    z is x with the training features' mean taken away and divided by their standard deviation (by
    1 where a feature is constant). The bias pays no penalty. Computed in float64, returned in the
    dtype of the features. The hinge has kinks, where L-BFGS is a heuristic.

    Shapes: features (N, D), labels (N,) in 0 … classes - 1.
    Raises ValueError for an unknown loss, l2 < 0, steps < 1, or shapes that do not fit.
    """
    if loss not in LOSSES:
        raise ValueError(f"loss must be one of {', '.join(LOSSES)}, got {loss!r}")
    if not l2 >= 0:
        raise ValueError(f"l2 must be at least 0, got {l2}")
    if not steps >= 1:
        raise ValueError(f"steps must be at least 1, got {steps}")
    y = np.asarray(labels)
    if features.ndim != 2 or y.shape != (len(features),) or not len(y):
        raise ValueError(
            "expected features (N, D) and labels (N,) with one N of at least 1, "
            f"got {features.shape} and {y.shape}"
        )
    mean, scale = features.mean(axis=0, dtype=np.float64), features.std(axis=0, dtype=np.float64)
    # a constant feature differs from its mean by rounding only: leave that small
    scale[scale <= 1e-6 * (1 + np.abs(mean))] = 1
    z = (features - mean) / scale
    start = np.zeros((classes, z.shape[1] + 1))
    forward, backward = LOSSES[loss]

    def objective(flat: Array) -> tuple[float, Array]:
        table = flat.reshape(start.shape)
        w, b = table[:, :-1], table[:, -1]
        value, cache = forward(linear_scores(z, w, b), y)
        dscores = backward(1.0, cache)
        # dw = dscoresᵀ z + l2 w, db = Σ_n dscores_n
        gradient = np.column_stack([dscores.T @ z + l2 * w, dscores.sum(axis=0)])
        return float(value) + l2 / 2 * float((w * w).sum()), gradient.ravel()

    options = {"maxiter": steps, "maxfun": 2 * steps, "gtol": 1e-6, "ftol": 1e-12}
    found = optimize.minimize(
        objective, start.ravel(), jac=True, method="L-BFGS-B", options=options
    )
    table = found.x.reshape(start.shape)
    parts = (table[:, :-1], table[:, -1], mean, scale)
    return LinearClassifier(*(part.astype(features.dtype) for part in parts))
