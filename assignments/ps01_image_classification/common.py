"""What several exercises draw, ask and call."""

from __future__ import annotations

from typing import Any

import numpy as np

from cvlib.grading.spec.digits import archive, released
from cvlib.losses import softmax_cross_entropy_backward, softmax_cross_entropy_forward

Rng = np.random.Generator


def draw_scores(rng: Rng) -> np.ndarray:
    n, k = int(rng.integers(3, 6)), int(rng.integers(6, 9))
    return 2.0 * rng.normal(size=(n, k))


def draw_far_apart(rng: Rng) -> np.ndarray:
    """Four images whose scores lie around −1000, 0 and 1000: one number cannot serve them all."""
    levels = rng.permutation([-1000.0, 0.0, 1000.0, 1000.0])
    return levels[:, None] + 2.0 * rng.normal(size=(4, int(rng.integers(6, 9))))


def draw_spread(rng: Rng) -> tuple[np.ndarray, np.ndarray]:
    """Four images, each with a class far from all others: 800 below them, or 1600 above.

    That class is the true one; both kinds are always there.
    """
    scores = 2.0 * rng.normal(size=(4, int(rng.integers(6, 9))))
    labels = rng.integers(scores.shape[1], size=4)
    below = rng.permutation([True, True, False, False])
    far = np.where(below, scores.min(axis=1) - 800.0, scores.max(axis=1) + 1600.0)
    scores[np.arange(4), labels] = far
    return scores, labels


def draw_labels(rng: Rng, scores: np.ndarray) -> np.ndarray:
    return rng.integers(scores.shape[1], size=len(scores))


def one_result(target, which, *args):
    loss, dscores = target(*args)
    return {"loss": loss, "dscores": dscores}[which]


def cross_entropy(scores: np.ndarray, labels: np.ndarray) -> tuple[Any, np.ndarray]:
    loss, cache = softmax_cross_entropy_forward(scores, labels)
    return float(loss), softmax_cross_entropy_backward(1.0, cache)


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Brightness 0 … 1 as whole numbers 0 … 240, (N, 8, 8)."""
    return np.round(240 * images[:, 0]).astype(np.uint8)


def digits_file() -> bytes:
    return archive(images=as_bytes(released().images), labels=released().labels)
