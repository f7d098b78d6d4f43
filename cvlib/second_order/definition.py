"""Fusions and their kin by their definitions, one number at a time: slow, and easy to believe."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cvlib.arrays import Array
from cvlib.second_order.terms import EPS, SORT, check_terms


def sort_naive(f1: Array, f2: Array) -> Array:
    """Add to the sum of two branches their product, place by place.

    out = f1 + f2 + f1 · f2

    Shapes: f1 and f2 of one shape -> out of the same.
    """
    out = np.empty_like(f1)
    for place in np.ndindex(f1.shape):
        out[place] = f1[place] + f2[place] + f1[place] * f2[place]
    return out


def sort_root_naive(f1: Array, f2: Array, *, eps: float = EPS) -> Array:
    """Add to the sum of two branches the root of the product of what is positive in them.

    out = f1 + f2 + √(max(f1, 0) · max(f2, 0) + ε)

    Shapes: f1 and f2 of one shape -> out of the same.
    """
    out = np.empty_like(f1)
    for place in np.ndindex(f1.shape):
        a, b = float(f1[place]), float(f2[place])
        out[place] = a + b + math.sqrt(max(a, 0) * max(b, 0) + eps)
    return out


def fuse_naive(f1: Array, f2: Array, *, terms: Sequence[str] = SORT, eps: float = EPS) -> Array:
    """Add up the chosen terms of two branches, place by place.

    Shapes: f1 and f2 of one shape -> out of the same.
    """
    out = np.zeros_like(f1)
    for place in np.ndindex(f1.shape):
        a, b = float(f1[place]), float(f2[place])
        for term in check_terms(terms):
            if term == "sum":
                out[place] += a + b
            elif term == "product":
                out[place] += a * b
            elif term == "max":
                out[place] += a if a > b else b
            elif term == "rectified_product":
                out[place] += max(a, 0) * max(b, 0)
            elif term == "root_product":
                out[place] += math.sqrt(a * b + eps) if a * b >= -eps else math.nan
            else:
                out[place] += math.sqrt(max(a, 0) * max(b, 0) + eps)
    return out


def mirror_descriptor_naive(descriptor: Array) -> Array:
    """Write down the descriptor that the mirrored patch has: other columns, other angles.

    Left and right change places, column c → 3 - c; and a gradient at angle θ comes to point to
    180° - θ, which in steps of 45° is angle o → (4 - o) mod 8.

    Shapes: descriptor (128,), number (4 · row + column) · 8 + angle -> (128,).
    """
    out = np.empty_like(descriptor)
    for row, column, angle in np.ndindex(4, 4, 8):
        seen = (4 * row + 3 - column) * 8 + (4 - angle) % 8
        out[(4 * row + column) * 8 + angle] = descriptor[seen]
    return out


def stochastic_depth_naive(
    x: Array, f: Array, probability: float, rng: np.random.Generator, *, training: bool
) -> Array:
    """Toss a coin for the whole block in training; at test time, take the branch's mean share.

    out = x + b · f with P(b = 1) = probability in training, else x + probability · f

    Shapes: x and f of one shape -> out of the same.
    """
    if training:
        return x + f if rng.random() < probability else x.copy()
    return x + probability * f


def phrase_pool_naive(x: Array, *, sigma: float) -> Array:
    """Mix every number with the mean of its eight neighbours; what is outside counts as 0.

    out[n, c, i, j] = (x[n, c, i, j] + σ/8 · Σ x[n, c, i + r, j + s]) / (1 + σ), (r, s) ≠ (0, 0)

    Shapes: x (N, C, H, W) -> out like x.
    """
    out = np.empty_like(x)
    height, width = x.shape[2:]
    for n, c, i, j in np.ndindex(x.shape):
        around = 0.0
        for r, s in np.ndindex(3, 3):
            row, column = i + r - 1, j + s - 1
            inside = 0 <= row < height and 0 <= column < width
            if inside and (row, column) != (i, j):
                around += x[n, c, row, column]
        out[n, c, i, j] = (x[n, c, i, j] + sigma / 8 * around) / (1 + sigma)
    return out
