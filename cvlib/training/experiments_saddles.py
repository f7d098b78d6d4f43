"""Saddles and minima: in random matrices, and in networks small enough to look at all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

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
    decay: float = 1e-3,
    seed: int = 0,
) -> CriticalPoints:
    """Find critical points of a 2 – hidden – 1 tanh network, of every index and at every height.

    L = mean (f(x) - y)² + decay · |w|², whose weight decay keeps critical points isolated and at
    finite places. As in the source, the search starts beside the paths of `runs` descents, at ten
    heights of each, and goes down |∇L|² instead of L: damped Newton steps -(H² + λ I)⁻¹ H ∇L, taken
    where they make |∇L| smaller. Points with |∇L| < 1e-9 and no eigenvalue within 1e-6 of zero are
    kept, one of those that only a permutation or a sign change of hidden units tells apart (equal
    loss and eigenvalues). Most starts end elsewhere: what is found is a sample, not all there is.

    Source: Dauphin et al., Identifying and attacking the saddle point problem in high-dimensional
    non-convex optimization, 2014, §3.
    """
    import torch

    x, y = (torch.from_numpy(array) for array in small_problem(seed=seed))

    def loss(w: Any) -> Any:
        a, b, c = w[: 2 * hidden].view(2, hidden), w[2 * hidden : 3 * hidden], w[3 * hidden : -1]
        out = torch.tanh(x @ a + b) @ c + w[-1]
        return ((out - y) ** 2).mean() + decay * (w @ w)

    slope = torch.func.vmap(torch.func.grad(loss))
    bend = torch.func.vmap(torch.func.hessian(loss))
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Any:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    size = 4 * hidden + 1
    paths = _descents(normal(runs, size), slope)
    w = torch.cat([paths + 0.3 * normal(*paths.shape), paths[-runs:]])
    g, h = slope(w), bend(w)
    damping = torch.full((len(w), 1, 1), 1e-3, dtype=torch.float64)
    for _ in range(steps):
        matrix = h @ h + damping * torch.eye(size, dtype=torch.float64)
        there = w - torch.linalg.solve(matrix, h @ g[:, :, None])[:, :, 0]
        new = slope(there)
        better = new.norm(dim=1) < g.norm(dim=1)
        w = torch.where(better[:, None], there, w)
        g = torch.where(better[:, None], new, g)
        h = bend(w)
        damping = damping * torch.where(better, 0.2, 5.0)[:, None, None]
        damping = damping.clamp(1e-18, 1e8)
    eigenvalues = torch.linalg.eigvalsh(h)
    found = (g.norm(dim=1) < 1e-9) & (eigenvalues.abs().amin(dim=1) > 1e-6)
    losses = torch.func.vmap(loss)(w)
    table = torch.cat([losses[:, None], eigenvalues], dim=1)[found].numpy()
    _, first = np.unique(np.round(table, 5), axis=0, return_index=True)
    return CriticalPoints(table[first, 0], table[first, 1:])


def _descents(w: Any, slope: Any, steps: int = 400) -> Any:
    """Descend by Adam from every row of w; return the starts and ten later moments, one below
    another, the last at the end.
    """
    import torch

    moments = set(np.geomspace(1, steps, 10).astype(int).tolist())
    w = w.clone().requires_grad_()
    optimizer = torch.optim.Adam([w], lr=0.03)
    points = [w.detach().clone()]
    for step in range(1, steps + 1):
        w.grad = slope(w.detach())
        optimizer.step()
        if step in moments:
            points.append(w.detach().clone())
    return torch.cat(points)
