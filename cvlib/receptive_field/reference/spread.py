"""How far a random path home leads: the width of the effective receptive field before training."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from cvlib.receptive_field.reference.graph import INPUT
from cvlib.receptive_field.reference.networks import Network, as_graph


@dataclass(frozen=True)
class _Walk:
    """Mean and variance of where a walk from unit 0 ends, and pixels from unit to unit."""

    stride: int
    mean: float
    variance: float


def spread(network: Network, *, node: str | None = None) -> tuple[float, ...]:
    """Return the standard deviation, in pixels and along each axis, of a random walk to the image.

    The walk picks every tap of a window with the same chance, and a branch of a merge in
    proportion to its share (evenly if none are given): σ² = Σ (j·d)²(k² - 1)/12 for a stack.
    With independent random weights of mean zero, the mean squared gradient is spread like this.

    Raises ValueError for transposed layers and behind a node that sees everything.
    Source: after Luo, Li, Urtasun and Zemel, NIPS 2016, §2.
    """
    graph = as_graph(network)
    wanted = graph.find(node)
    walks = {INPUT: [_Walk(1, 0.0, 0.0)] * graph.axes}
    blocked: dict[str, str] = {}
    for step in graph.steps():
        layer = step.layer
        if step.everything or (layer is not None and layer.transposed):
            blocked[step.name] = step.name
        for name in step.inputs:
            if name in blocked:
                blocked[step.name] = blocked[name]
        if step.name in blocked:
            continue
        below = [walks[name] for name in step.inputs]
        if layer is None:
            shares = step.shares or (1.0,) * len(below)
            walks[step.name] = [
                _mixed([b[axis] for b in below], shares, step.name) for axis in range(graph.axes)
            ]
            continue
        walks[step.name] = []
        for axis, walk in enumerate(below[0]):
            step_between, k = layer.dilation[axis] * walk.stride, layer.kernel[axis]
            mean = walk.mean + step_between * (k - 1) / 2 - layer.padding[axis] * walk.stride
            variance = walk.variance + step_between**2 * (k**2 - 1) / 12
            walks[step.name].append(_Walk(walk.stride * layer.stride[axis], mean, variance))
    if wanted in blocked:
        raise ValueError(f"the spread is not defined behind {blocked[wanted]!r}")
    return tuple(math.sqrt(w.variance) for w in walks[wanted])


def _mixed(walks: list[_Walk], shares: tuple[float, ...], name: str) -> _Walk:
    if len({w.stride for w in walks}) > 1:
        raise ValueError(f"merge {name!r} joins maps of unequal strides")
    p = np.array(shares) / sum(shares)
    means, variances = (np.array([getattr(w, f) for w in walks]) for f in ("mean", "variance"))
    mean = float(p @ means)
    # variance of a mixture: the mean variance and the variance of the means
    return _Walk(walks[0].stride, mean, float(p @ variances + p @ (means - mean) ** 2))


def measured_spread(power: ArrayLike) -> tuple[float, float]:
    """Return the standard deviation, (rows, columns), of a map read as a distribution of mass.

    σ² = Σ p (i - μ)² / Σ p with μ = Σ p·i / Σ p. The map, (H, W), is a mean squared gradient.

    Raises ValueError for another shape, negative entries, or a map that is zero everywhere.
    """
    mass = np.asarray(power, dtype=np.float64)
    if mass.ndim != 2 or mass.min() < 0 or not mass.any():
        raise ValueError(
            "expected a map (H, W) of mass, none negative and not all zero, got shape "
            f"{mass.shape}" + (f" with least {mass.min():g}" if mass.size else "")
        )
    rows, columns = (_deviation(mass.sum(axis=1 - axis)) for axis in range(2))
    return rows, columns


def _deviation(profile: np.ndarray) -> float:
    places = np.arange(len(profile))
    weights = profile / profile.sum()
    mean = weights @ places
    return float(np.sqrt(weights @ (places - mean) ** 2))
