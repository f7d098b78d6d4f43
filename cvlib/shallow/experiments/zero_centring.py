"""What zero-centring changes in the training of a linear classifier, and what it does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cvlib.arrays import Array
from cvlib.layers import linear_backward, linear_forward
from cvlib.losses import softmax_cross_entropy_backward, softmax_cross_entropy_forward


def one_sign_share(x: Array, labels: Array, batch: int, *, seed: int, trials: int = 200) -> float:
    """Return how often all entries of ∂L/∂w_k (zeros aside) have one sign, for random weights.

    Each trial draws weights and a batch; the share is over trials and classes k.
    """
    rng = np.random.default_rng(seed)
    classes = int(labels.max()) + 1
    found = []
    for _ in range(trials):
        w = 0.1 * rng.standard_normal((classes, x.shape[1])).astype(x.dtype)
        chosen = rng.choice(len(x), batch, replace=False)
        scores, cache = linear_forward(x[chosen], w)
        _, loss_cache = softmax_cross_entropy_forward(scores, labels[chosen])
        dw = linear_backward(softmax_cross_entropy_backward(1.0, loss_cache), cache)[1]
        found.append((dw >= 0).all(axis=1) | (dw <= 0).all(axis=1))
    return float(np.mean(found))


@dataclass(frozen=True)
class Descent:
    """Losses (steps,) of gradient descent, and the eigenvalues, smallest first, that ruled it."""

    losses: Array
    eigenvalues: Array

    def steps_to(self, loss: float) -> int | None:
        """Return after how many steps the loss is at most `loss`, or None."""
        reached = np.flatnonzero(self.losses <= loss)
        return int(reached[0]) if reached.size else None


def descend(x: Array, labels: Array, *, steps: int) -> Descent:
    """Train softmax scores w x + b by full-batch gradient descent with the rate 2 / λ.

    λ is the largest eigenvalue of (1/N) Σ_n (x_n, 1)(x_n, 1)ᵀ. The Hessian of the loss is at most
    half of that matrix in each score (Böhning, 1992), so the rate 2 / λ never lets the loss rise.
    """
    design = np.column_stack([x, np.ones(len(x), x.dtype)])
    eigenvalues = np.linalg.eigvalsh(design.T @ design / len(x))
    lr = 2 / eigenvalues[-1]
    w = np.zeros((int(labels.max()) + 1, x.shape[1]), x.dtype)
    b = np.zeros(len(w), x.dtype)
    losses = np.empty(steps)
    for t in range(steps):
        scores, cache = linear_forward(x, w, b)
        loss, loss_cache = softmax_cross_entropy_forward(scores, labels)
        losses[t] = loss
        _, dw, db = linear_backward(softmax_cross_entropy_backward(1.0, loss_cache), cache)
        w, b = w - lr * dw, b - lr * db
    return Descent(losses, eigenvalues)


def expected_confidence(probabilities: Array, labels: Array) -> tuple[float, float]:
    """Return the mean of the largest probability (N, K), and how often that class is right."""
    right = probabilities.argmax(axis=1) == labels
    return float(probabilities.max(axis=1).mean()), float(right.mean())


def confidences(
    features: Sequence[tuple[Array, Array, Array, Array]], penalties: Sequence[float]
) -> tuple[Array, Array]:
    """Train softmax for each (x, y, test x, test y) and penalty; return confidence and accuracy.

    Shapes: two arrays (runs, penalties), on the test images.
    """
    from cvlib.losses import softmax
    from cvlib.shallow.reference.linear import train_linear

    pairs = np.array(
        [
            [
                expected_confidence(
                    softmax(train_linear(x, y, 10, l2=l2, steps=500).scores(z)), truth
                )
                for l2 in penalties
            ]
            for x, y, z, truth in features
        ]
    )
    return pairs[..., 0], pairs[..., 1]
