"""Who lives on: weights from fitness, and the roulette wheel that draws by them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def above_worst(fitness: ArrayLike) -> Array:
    """Return the probability of each individual at a turn of the wheel, by r_n - r_min.

    p_n = (r_n - r_min) / Σ_m (r_m - r_min), and 1 / N if all are equal. The worst is never drawn.

    Shapes: fitness (N,) -> (N,). Higher fitness is better, in any unit and of any sign.
    Raises ValueError for no fitness and for one that is not finite.
    Source: Xie and Yuille, Genetic CNN, 2017.
    """
    r = _checked(fitness)
    excess = r - r.min()
    return _shares(excess)


def proportional(fitness: ArrayLike) -> Array:
    """Return the probability of each individual at a turn of the wheel, by fitness itself.

    p_n = r_n / Σ_m r_m, and 1 / N if all are 0. This is the textbook's roulette: nearly uniform
    where fitness is high and hardly varies.

    Shapes: fitness (N,) -> (N,).
    Raises ValueError for no fitness, for one that is not finite, and for one below 0.
    Source: Holland, Adaptation in natural and artificial systems, 1975.
    """
    r = _checked(fitness)
    if r.min() < 0:
        raise ValueError(
            f"fitness must be at least 0 to be a share, got {r.min():g} (fitness[{r.argmin()}]); "
            "above_worst takes any"
        )
    return _shares(r)


def roulette(probabilities: ArrayLike, uniforms: ArrayLike) -> NDArray[np.intp]:
    """Turn the wheel once for each number of 0 … 1: slot n is as wide as its probability.

    i = the first n with u < p_0 + … + p_n. A slot of probability 0 is never met.

    Shapes: probabilities (N,), uniforms (M,) in [0, 1) -> indices (M,).
    Raises ValueError for probabilities below 0 or that do not add up to 1, and uniforms outside.
    """
    p, u = np.asarray(probabilities, dtype=float), np.asarray(uniforms, dtype=float)
    if p.ndim != 1 or not len(p) or not np.all(p >= 0) or not abs(p.sum() - 1) < 1e-9:
        raise ValueError(f"probabilities must be at least 0 and add up to 1, got {p}")
    if not np.all((u >= 0) & (u < 1)):
        raise ValueError(f"uniforms must lie in [0, 1), got {u}")
    ends = p.cumsum()
    met = np.searchsorted(ends, u, side="right")
    return np.minimum(met, np.flatnonzero(p)[-1])  # the ends may round to less than 1


def _checked(fitness: ArrayLike) -> Array:
    r = np.asarray(fitness, dtype=float)
    if r.ndim != 1 or not len(r):
        raise ValueError(f"fitness must be one number an individual (N,), got shape {r.shape}")
    if not np.all(np.isfinite(r)):
        raise ValueError(f"fitness must be finite, got {r[~np.isfinite(r)][0]} in {r}")
    return r


def _shares(weights: Array) -> Array:
    largest = weights.max()
    if largest == 0:
        return np.full(len(weights), 1 / len(weights))
    weights = weights / largest  # tiny weights would lose their digits in the sum
    return np.asarray(weights / weights.sum())
