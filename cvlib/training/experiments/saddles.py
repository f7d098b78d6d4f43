"""Saddles and minima: in random matrices, and in networks small enough to look at all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from cvlib.arrays import Array
from cvlib.optim import adam_step
from cvlib.training.experiments.width import network

#: P(all eigenvalues of an n × n GOE matrix are positive), where there is a closed form.
EXACT_ALL_POSITIVE = {1: 1 / 2, 2: (2 - sqrt(2)) / 4, 3: (pi - 2 * sqrt(2)) / (4 * pi)}
#: It falls like exp(-0.2747 n²): Dean and Majumdar, Extreme value statistics of eigenvalues of
#: Gaussian random matrices, 2008 (first in 2006).
DECAY = np.log(3) / 4


def random_symmetric(n: int, draws: int, rng: np.random.Generator) -> Array:
    """Draw from the Gaussian orthogonal ensemble: (draws, n, n), its law unchanged by rotations."""
    a = rng.standard_normal((draws, n, n))
    return (a + a.swapaxes(1, 2)) / 2


def share_all_positive(
    sizes: Sequence[int], *, draws: int = 40_000, shift: float = 0.0, seed: int = 0
) -> tuple[Array, Array]:
    """Estimate P(every eigenvalue of a random symmetric matrix + shift·√n·I is positive).

    Returns the shares and their standard errors. The eigenvalues of the matrix fill the interval
    ±√(2n); with a shift above √2 nearly all of them are positive, however large n is.
    """
    rng = np.random.default_rng(seed)
    shares = []
    for n in sizes:
        matrices = random_symmetric(n, draws, rng)
        least = np.linalg.eigvalsh(matrices)[:, 0] + shift * sqrt(n)
        shares.append(float((least > 0).mean()))
    found = np.array(shares)
    return found, np.sqrt(found * (1 - found) / draws)


@dataclass(frozen=True)
class CriticalPoints:
    """Points where the gradient vanishes: their loss, and the sorted eigenvalues of the Hessian.

    Shapes: loss (P,), eigenvalues (P, D). Every point was found at least once.
    """

    loss: Array
    eigenvalues: Array

    @property
    def index(self) -> Array:
        """The share of directions that lead down, of each point."""
        return np.asarray((self.eigenvalues < 0).mean(axis=1))

    @property
    def minima(self) -> Array:
        """Which of them are minima."""
        return np.asarray((self.eigenvalues > 0).all(axis=1))


def small_problem(examples: int = 20, seed: int = 0) -> tuple[Array, Array]:
    """Draw points in the plane and random targets ±1: a task with many compromises."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((examples, 2)), rng.choice((-1.0, 1.0), examples)


def critical_points(
    *,
    hidden: int = 3,
    runs: int = 40,
    steps: int = 60,
    decay: float = 2e-3,
    seed: int = 0,
) -> CriticalPoints:
    """Find critical points of a 2 – hidden – 1 tanh network, of every index and at every height.

    L = mean (f(x) - y)² + ½ decay · |w|², whose weight decay keeps critical points isolated and at
    finite places. As in the source, the search starts beside the paths of `runs` descents, at ten
    heights of each, and goes down |∇L|² instead of L: damped Newton steps -(H² + λ I)⁻¹ H ∇L, taken
    where they make |∇L| smaller. Points with |∇L| < 1e-9 and no eigenvalue within 1e-6 of zero are
    kept, one of those that only a permutation or a sign change of hidden units tells apart (equal
    loss and eigenvalues). Most starts end elsewhere: what is found is a sample, not all there is.

    Source: Dauphin et al., Identifying and attacking the saddle point problem in high-dimensional
    non-convex optimization, 2014, §3.
    """
    problem = Surface(*small_problem(seed=seed), hidden, decay)
    rng = np.random.default_rng(seed)
    paths = _descents(rng.standard_normal((runs, 4 * hidden + 1)), problem)
    w = np.concatenate([paths + 0.3 * rng.standard_normal(paths.shape), paths[-runs:]])
    g, h = problem.gradient(w), problem.hessian(w)
    damping = np.full((len(w), 1, 1), 1e-3)
    for _ in range(steps):
        matrix = h @ h + damping * np.eye(w.shape[1])
        there = w - np.linalg.solve(matrix, h @ g[:, :, None])[:, :, 0]
        new = problem.gradient(there)
        better = np.linalg.norm(new, axis=1) < np.linalg.norm(g, axis=1)
        w, g = (np.where(better[:, None], *pair) for pair in ((there, w), (new, g)))
        h = problem.hessian(w)
        damping = np.clip(damping * np.where(better, 0.2, 5.0)[:, None, None], 1e-18, 1e8)
    eigenvalues = np.linalg.eigvalsh(h)
    found = (np.linalg.norm(g, axis=1) < 1e-9) & (np.abs(eigenvalues).min(axis=1) > 1e-6)
    table = np.column_stack([problem.loss(w), eigenvalues])[found]
    _, first = np.unique(np.round(table, 5), axis=0, return_index=True)
    return CriticalPoints(table[first, 0], table[first, 1:])


@dataclass(frozen=True)
class Surface:
    """The loss of many small networks at once, with its first and second derivatives.

    f(x) = Σ_k c_k tanh(a_k · x + b_k) + d on points x (N, 2) with targets y (N,). The rows of w
    (S, D) are (a_1, a_2, b, c, d), the first four of `hidden` numbers.
    """

    x: Array
    y: Array
    hidden: int
    decay: float

    def loss(self, w: Array) -> Array:
        """Return L, (S,)."""
        error = network(w, self.x, self.y, self.hidden)[0]
        return np.asarray(error + self.decay / 2 * (w * w).sum(1))

    def gradient(self, w: Array) -> Array:
        """Return ∇L, (S, D)."""
        _, residual, jacobian = network(w, self.x, self.y, self.hidden)
        slope = (jacobian.mT @ residual[:, :, None])[:, :, 0]
        return np.asarray(2 / len(self.x) * slope + self.decay * w)

    def hessian(self, w: Array) -> Array:
        """Return ∇²L, (S, D, D): 2/N (JᵀJ + Σ_n r_n ∇²f_n) + decay I."""
        m = self.hidden
        _, residual, jacobian = network(w, self.x, self.y, m)
        h, c = jacobian[:, :, 3 * m : 4 * m], w[:, None, 3 * m : 4 * m]
        inputs = np.column_stack([self.x, np.ones(len(self.x))])
        slope, bend = 1 - h * h, -2 * h * (1 - h * h)
        inner = np.einsum("sn,snk,ni,nj->skij", residual, c * bend, inputs, inputs, optimize=True)
        outer = np.einsum("sn,snk,ni->ski", residual, slope, inputs, optimize=True)
        total = jacobian.mT @ jacobian
        for k in range(m):
            own = k + m * np.arange(3)  # where a_1k, a_2k and b_k stand
            total[:, own[:, None], own] += inner[:, k]
            total[:, own, 3 * m + k] += outer[:, k]
            total[:, 3 * m + k, own] += outer[:, k]
        return np.asarray(2 / len(self.x) * total + self.decay * np.eye(w.shape[1]))


def _descents(w: Array, problem: Surface, steps: int = 400) -> Array:
    """Descend by Adam from every row of w; return the starts and ten later moments, one below
    another, the last at the end.
    """
    moments = set(np.geomspace(1, steps, 10).astype(int).tolist())
    mean, square, points = np.zeros_like(w), np.zeros_like(w), [w]
    for step in range(1, steps + 1):
        w, mean, square = adam_step(w, problem.gradient(w), mean, square, step, lr=0.03)
        if step in moments:
            points.append(w)
    return np.concatenate(points)
