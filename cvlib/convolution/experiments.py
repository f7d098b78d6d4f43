"""Small measured experiments on photographs, which the chapter on convolution reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[np.floating]

#: Ridge penalties a model may choose from, relative to the mean squared feature.
PENALTIES = np.logspace(-7, 1, 17)
MODELS = ("shared kernel", "own kernel at each place", "any matrix")


@dataclass(frozen=True)
class LearningCurves:
    """Relative squared error on unseen patches, ``errors[model]`` of shape (seeds, sizes)."""

    sizes: tuple[int, ...]
    errors: dict[str, Array]
    parameters: dict[str, int]


def learn_a_filter(
    train_photo: Array,
    test_photo: Array,
    *,
    sizes: Sequence[int],
    seeds: Sequence[int],
    patch: int = 12,
    kernel: int = 3,
    noise: float = 0.1,
    vignette: float = 0.0,
    test_patches: int = 1000,
) -> LearningCurves:
    """Learn an unknown filter from n patches and its output, with three linear models.

    The truth is a random kernel, drawn per seed; its output is dimmed towards the corners by a
    factor that falls to ``1 - vignette`` there, and noise of standard deviation ``noise`` times
    the output's is added to the training targets. Every model is fitted by ridge regression and
    takes the penalty that is best on the test patches, a favour that helps the largest model most.
    The error is ``|prediction - clean target|² / |clean target|²`` over patches of ``test_photo``.
    """
    side = patch - kernel + 1
    parameters = (kernel**2, side**2 * kernel**2, side**2 * patch**2)
    runs = [
        _one_seed(
            seed, train_photo, test_photo, sizes, patch, kernel, noise, vignette, test_patches
        )
        for seed in seeds
    ]
    errors = {name: np.array([run[m] for run in runs]) for m, name in enumerate(MODELS)}
    return LearningCurves(tuple(sizes), errors, dict(zip(MODELS, parameters, strict=True)))


def _one_seed(
    seed: int,
    train_photo: Array,
    test_photo: Array,
    sizes: Sequence[int],
    patch: int,
    kernel: int,
    noise: float,
    vignette: float,
    test_patches: int,
) -> list[list[float]]:
    rng = np.random.default_rng(seed)
    truth = rng.standard_normal(kernel**2)
    radius = np.linspace(-1, 1, patch - kernel + 1)
    dimming = (1 - vignette * (radius[:, None] ** 2 + radius**2) / 2).ravel()
    train = sample_patches(train_photo, max(sizes), patch, rng)
    test = sample_patches(test_photo, test_patches, patch, rng)
    clean, target = (_windows(p, kernel) @ truth * dimming for p in (train, test))
    noisy = clean + noise * clean.std() * rng.standard_normal(clean.shape)
    curves: list[list[float]] = [[], [], []]
    for n in sizes:
        x, windows, y = train[:n].reshape(n, -1), _windows(train[:n], kernel), noisy[:n]
        test_windows = _windows(test, kernel)
        features = (
            (windows.reshape(1, -1, kernel**2), test_windows.reshape(1, -1, kernel**2)),
            (windows.transpose(1, 0, 2), test_windows.transpose(1, 0, 2)),
            (x[None], test.reshape(1, test_patches, -1)),
        )
        targets = (
            (y.reshape(1, -1, 1), target.reshape(1, -1, 1)),
            (y.T[:, :, None], target.T[:, :, None]),
            (y[None], target[None]),
        )
        for curve, (seen, unseen), (wanted, truth_out) in zip(
            curves, features, targets, strict=True
        ):
            curve.append(_best_ridge_error(seen, wanted, unseen, truth_out))
    return curves


def _windows(patches: Array, kernel: int) -> Array:
    """Cut (n, P, P) patches into their windows, (n, places, kernel²)."""
    windows = sliding_window_view(patches, (kernel, kernel), axis=(1, 2))  # type: ignore[call-overload]
    return windows.reshape(len(patches), -1, kernel**2)


def _best_ridge_error(x: Array, y: Array, x_test: Array, y_test: Array) -> float:
    """Fit W = (XᵀX + λI)⁻¹ XᵀY for every penalty; return the least relative test error.

    All arrays carry a leading axis of independent problems. The test error is computed from
    moments, |XW - Y|² = tr WᵀXᵀXW - 2 tr WᵀXᵀY + |Y|², so no prediction is ever formed.
    """
    values, vectors = np.linalg.eigh(x.mT @ x)
    turned = vectors.mT @ (x.mT @ y)
    gram = vectors.mT @ (x_test.mT @ x_test) @ vectors
    cross = vectors.mT @ (x_test.mT @ y_test)
    scale = values.sum() / values.size
    errors = []
    for penalty in PENALTIES * scale:
        w = turned / (np.maximum(values, 0) + penalty)[..., None]
        errors.append(float((w * (gram @ w)).sum() - 2 * (w * cross).sum()))
    energy = float((y_test**2).sum())
    return (min(errors) + energy) / energy


def sample_patches(photo: Array, count: int, size: int, rng: np.random.Generator) -> Array:
    """Cut ``count`` square patches at random places, each with its mean taken away."""
    every = sliding_window_view(photo, (size, size))
    rows, cols = (rng.integers(0, n, count) for n in every.shape[:2])
    patches = every[rows, cols]
    return patches - patches.mean(axis=(1, 2), keepdims=True)


def learn_filters(
    photos: Sequence[Array], *, count: int = 64, size: int = 7, patches: int = 8000, seed: int = 0
) -> Array:
    """Learn a bank of filters from photographs: k-means on whitened, normalised patches.

    Returns (count, size, size), unit norm, in the whitened space. Source: Coates and Ng,
    "Learning feature representations with k-means", 2012 (spherical k-means, damped updates).
    """
    rng = np.random.default_rng(seed)
    share = [sample_patches(photo, patches // len(photos), size, rng) for photo in photos]
    x = np.concatenate(share).reshape(-1, size * size)
    x = x / np.sqrt(x.var(axis=1, keepdims=True) + 1e-3)
    values, vectors = np.linalg.eigh(np.cov(x.T))
    x = x @ (vectors / np.sqrt(values + 0.1)) @ vectors.T
    centres = rng.standard_normal((count, size * size))
    for _ in range(15):
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        scores = x @ centres.T
        winner = np.abs(scores).argmax(axis=1)
        kept = np.where(winner[:, None] == np.arange(count), scores, 0)
        centres = kept.T @ x + centres
    return (centres / np.linalg.norm(centres, axis=1, keepdims=True)).reshape(count, size, size)


def rank_one_share(filters: Array) -> Array:
    """Return the share of each filter's squared norm that its best rank-one copy keeps.

    σ₁² / Σ σᵢ² of every (R, S) matrix in (..., R, S): 1 when the filter is a column times a row
    (Eckart and Young, 1936).
    """
    squared = np.linalg.svd(filters, compute_uv=False) ** 2
    return squared[..., 0] / squared.sum(axis=-1)
