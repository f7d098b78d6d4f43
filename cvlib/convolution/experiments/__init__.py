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

    def needed(self, model: str, error: float) -> Array:
        """Return from how many patches on each seed's error stays below ``error``, (seeds,).

        The curve is straight between two sizes, on logarithmic axes, and goes on as it ends. The
        smallest size where that is enough already.
        """
        logs = np.log(self.sizes)
        found = np.full(len(self.errors[model]), logs[0])
        for row, curve in enumerate(np.log(self.errors[model] / error)):
            above = np.flatnonzero(curve > 0)
            if above.size:
                k = min(int(above[-1]), len(logs) - 2)
                slope = (logs[k + 1] - logs[k]) / (curve[k + 1] - curve[k])
                found[row] = logs[k] - curve[k] * slope
        return np.exp(found)


def learn_a_filter(
    train_photo: Array,
    test_photo: Array,
    *,
    sizes: Sequence[int],
    seeds: Sequence[int],
    patch: int = 12,
    kernel: int = 3,
    noise: float = 0.4,
    vignette: float = 0.0,
    test_patches: int = 500,
) -> LearningCurves:
    """Learn an unknown filter from n patches and its output, with three linear models.

    The truth is a random kernel, drawn per seed; its output is dimmed towards the corners by a
    factor that falls to ``1 - vignette`` there, and noise of standard deviation ``noise`` times
    the output's is added to what the models see. Every model is fitted by ridge regression to n
    patches and takes, from one grid, the penalty that is best on n others of the same photograph.
    The error is ``|prediction - clean target|² / |clean target|²`` over patches of ``test_photo``.

    A patch gives every model the same (patch - kernel + 1)² equations; their unknowns differ.
    """
    side = patch - kernel + 1
    parameters = (kernel**2, side**2 * kernel**2, side**2 * patch**2)
    curves = np.empty((len(MODELS), len(seeds), len(sizes)))
    for row, seed in enumerate(seeds):
        rng = np.random.default_rng(seed)
        truth = rng.standard_normal(kernel**2)
        radius = np.linspace(-1, 1, side)
        dimming = (1 - vignette * (radius[:, None] ** 2 + radius**2) / 2).ravel()
        seen = sample_patches(train_photo, 2 * max(sizes), patch, rng)
        test = sample_patches(test_photo, test_patches, patch, rng)
        clean, target = (_windows(p, kernel) @ truth * dimming for p in (seen, test))
        noisy = clean + noise * clean.std() * rng.standard_normal(clean.shape)
        tested = _problems(test, target, kernel)
        for column, n in enumerate(sizes):
            # patches to train on from the front, to validate on from the back
            train = _problems(seen[:n], noisy[:n], kernel)
            validate = _problems(seen[-n:], noisy[-n:], kernel)
            for m, parts in enumerate(zip(train, validate, tested, strict=True)):
                curves[m, row, column] = ridge_error(*parts)
    return LearningCurves(
        tuple(sizes),
        dict(zip(MODELS, curves, strict=True)),
        dict(zip(MODELS, parameters, strict=True)),
    )


def _problems(patches: Array, outputs: Array, kernel: int) -> tuple[tuple[Array, Array], ...]:
    """Pose what the three models must solve: (features, targets), independent ones in front.

    Shapes: patches (n, P, P), outputs (n, places) -> (1, n·places, R²) and (1, n·places, 1);
    (places, n, R²) and (places, n, 1); (1, n, P²) and (1, n, places).
    """
    windows = _windows(patches, kernel)
    return (
        (windows.reshape(1, -1, kernel**2), outputs.reshape(1, -1, 1)),
        (windows.transpose(1, 0, 2), outputs.T[:, :, None]),
        (patches.reshape(1, len(patches), -1), outputs[None]),
    )


def _windows(patches: Array, kernel: int) -> Array:
    """Cut (n, P, P) patches into their windows, (n, places, kernel²)."""
    windows = sliding_window_view(patches, (kernel, kernel), axis=(1, 2))  # type: ignore[call-overload]
    return windows.reshape(len(patches), -1, kernel**2)


def ridge_error(
    train: tuple[Array, Array], validation: tuple[Array, Array], test: tuple[Array, Array]
) -> float:
    """Fit W = (XᵀX + λI)⁻¹ XᵀY, choose λ by the validation error, return the relative test error.

    Each part holds X and Y with a leading axis of independent problems, which share one λ. Errors
    come from moments, |XW - Y|² = tr WᵀXᵀXW - 2 tr WᵀXᵀY + |Y|²: no prediction is ever formed.
    """
    x, y = train
    values, vectors = np.linalg.eigh(x.mT @ x)
    turned = vectors.mT @ (x.mT @ y)
    scale = values.sum() / values.size
    weights = [
        turned / (np.maximum(values, 0) + penalty)[..., None] for penalty in PENALTIES * scale
    ]

    def excess(w: Array, moments: tuple[Array, Array]) -> float:
        gram, cross = moments
        return float((w * (gram @ w)).sum() - 2 * (w * cross).sum())

    unseen, held_out = (
        (vectors.mT @ (x.mT @ x) @ vectors, vectors.mT @ (x.mT @ y)) for x, y in (validation, test)
    )
    best = min(weights, key=lambda w: excess(w, unseen))
    energy = float((test[1] ** 2).sum())
    return (excess(best, held_out) + energy) / energy


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
