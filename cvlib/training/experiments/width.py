"""How often does descent end in a bad minimum? Students that copy a teacher, by their width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cvlib.arrays import Array


def share_stuck(
    teachers: Sequence[int],
    students: Sequence[int],
    *,
    starts: int = 10,
    tolerance: float = 1e-3,
    seeds: Sequence[int] = range(60),
) -> Array:
    """Return the share of random starts that end far above the best possible loss.

    A teacher, a tanh network 2 – t – 1 with random weights, labels 60 points; a student 2 – s – 1
    with s ≥ t can copy it exactly, so that the global minimum of the mean squared error is 0. A
    descent is stuck if it leaves more than `tolerance` of the targets' variance. The two sequences
    are gone through side by side. Returns (pairs, seeds): the seed draws teacher, points, starts.
    """
    shares = np.empty((len(teachers), len(seeds)))
    for row, (teacher, student) in enumerate(zip(teachers, students, strict=True)):
        for column, seed in enumerate(seeds):
            rng = np.random.default_rng(seed)
            x, y = taught(teacher, rng)
            shares[row, column] = (descend(x, y, student, starts, rng) > tolerance).mean()
    return shares


def taught(hidden: int, rng: np.random.Generator, examples: int = 60) -> tuple[Array, Array]:
    """Draw points in the plane and a random network's answers, of mean 0 and variance 1."""
    x = rng.standard_normal((examples, 2))
    a, b = 1.5 * rng.standard_normal((2, hidden)), rng.standard_normal(hidden)
    y = np.tanh(x @ a + b) @ rng.choice((-1.0, 1.0), hidden)
    return x, (y - y.mean()) / y.std()


def descend(
    x: Array, y: Array, hidden: int, starts: int, rng: np.random.Generator, *, steps: int = 80
) -> Array:
    """Return the mean squared errors at which descents from random starts end, (starts,).

    Levenberg and Marquardt's method, all starts at once: w ← w - (JᵀJ + λ I)⁻¹ Jᵀr, taken only
    where it lowers the loss. It goes down, as gradient descent does, but in fewer steps.
    """
    w = rng.standard_normal((starts, 4 * hidden + 1))
    damping = np.full((starts, 1, 1), 0.1)
    error, residual, jacobian = network(w, x, y, hidden)
    for _ in range(steps):
        matrix = jacobian.mT @ jacobian / len(x) + damping * np.eye(w.shape[1])
        slope = jacobian.mT @ residual[:, :, None] / len(x)
        there = w - np.linalg.solve(matrix, slope)[:, :, 0]
        new = network(there, x, y, hidden)
        lower = new[0] < error
        w = np.where(lower[:, None], there, w)
        error = np.where(lower, new[0], error)
        residual = np.where(lower[:, None], new[1], residual)
        jacobian = np.where(lower[:, None, None], new[2], jacobian)
        damping = np.clip(damping * np.where(lower, 0.4, 3.0)[:, None, None], 1e-9, 1e9)
    return error


def network(w: Array, x: Array, y: Array, hidden: int) -> tuple[Array, Array, Array]:
    """Return the error (S,), the residuals (S, N) and their Jacobian (S, N, D) of S networks.

    The rows of w (S, D) are (a_1, a_2, b, c, d): f(x) = Σ_k c_k tanh(a_k · x + b_k) + d.
    """
    a = w[:, : 2 * hidden].reshape(-1, 2, hidden)
    b, c = w[:, None, 2 * hidden : 3 * hidden], w[:, None, 3 * hidden : -1]
    h = np.tanh(x @ a + b)
    residual = (h * c).sum(axis=2) + w[:, -1:] - y
    slope = (1 - h * h) * c
    parts = (slope * x[:, :1], slope * x[:, 1:], slope, h, np.ones((*h.shape[:2], 1)))
    return (residual**2).mean(axis=1), residual, np.concatenate(parts, axis=2)
