"""Fitting and choosing, measured: polynomials of high degree, folds, the best of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cvlib.arrays import Array
from cvlib.regularization.experiments import digits
from cvlib.regularization.reference.folds import cross_validate, k_fold
from cvlib.regularization.reference.least_squares import polynomial_features, ridge_fit

# --- polynomials --------------------------------------------------------------------------------


def curve(x: Array) -> Array:
    """The truth behind the points: one period of a sine."""
    return np.asarray(np.sin(np.pi * x))


def points(seed: int, count: int = 12, noise: float = 0.2) -> tuple[Array, Array]:
    """Noisy points on the curve, one at a random place in each of ``count`` parts of −1 … 1."""
    rng = np.random.default_rng(seed)
    x = 2 * (np.arange(count) + rng.random(count)) / count - 1
    return x, curve(x) + noise * rng.standard_normal(count)


def features(x: Array, degree: int, length: str) -> Array:
    """Polynomials, scaled so that the plain length of the weights is the one that is asked for.

    "monomials": 1, x, x², …; "legendre": orthonormal; "smooth": orthonormal, divided by degree + 1,
    so that a wiggle costs more.
    """
    basis = "monomial" if length == "monomials" else "legendre"
    values = polynomial_features(x, degree, basis=basis)
    return values / np.arange(1, degree + 2) if length == "smooth" else values


LENGTHS = ("monomials", "legendre", "smooth")


def polynomial_errors(
    degrees: Sequence[int], seeds: Sequence[int], *, length: str, l2: float = 0.0
) -> tuple[Array, Array]:
    """Root mean square errors, on the points and against the curve, each (seeds, degrees).

    With more coefficients than points, the shortest of all curves through the points is taken.
    """
    grid = np.linspace(-1, 1, 401)
    seen, unseen = np.empty((2, len(seeds), len(degrees)))
    drawn = [points(seed) for seed in seeds]
    for j, degree in enumerate(degrees):
        asked = features(grid, degree, length)
        for i, (x, y) in enumerate(drawn):
            shown = features(x, degree, length)
            w = ridge_fit(shown, y, l2=l2)
            seen[i, j] = np.sqrt(np.mean((shown @ w - y) ** 2))
            unseen[i, j] = np.sqrt(np.mean((asked @ w - curve(grid)) ** 2))
    return seen, unseen


# --- folds --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FoldStudy:
    """Accuracies in percent, one a training set: each estimate, and the truth it is after."""

    truth: Array
    estimates: dict[int, Array]


def linear_classifier(x: Array, y: Array, test: Array, l2: float = 1.0) -> Array:
    """Labels for test vectors by ridge regression on one-hot targets."""
    mean = x.mean(axis=0)
    targets = np.eye(10)[y]
    gram = (x - mean).T @ (x - mean) + l2 * np.eye(x.shape[1])
    w = np.linalg.solve(gram, (x - mean).T @ (targets - targets.mean(axis=0)))
    return np.asarray(((test - mean) @ w + targets.mean(axis=0)).argmax(axis=1))


def fold_study(
    seeds: Sequence[int], *, train_size: int = 100, folds: Sequence[int] = (2, 5, 10, 20)
) -> FoldStudy:
    """Estimate a linear classifier's accuracy from its training set alone, by k-fold validation.

    The truth is the accuracy on all other digits, of the classifier trained on the whole set.
    """
    images, labels = digits()
    vectors = images.reshape(len(images), -1).astype(float)
    truth: list[float] = []
    estimates: dict[int, list[float]] = {k: [] for k in folds}
    for seed in seeds:
        rng = np.random.default_rng([seed, 4])
        order = rng.permutation(len(labels))
        x, y = vectors[order[:train_size]], labels[order[:train_size]]
        rest = order[train_size:]
        truth.append(float((linear_classifier(x, y, vectors[rest]) == labels[rest]).mean()))

        def evaluate(training: Array, validation: Array, x: Array = x, y: Array = y) -> float:
            said = linear_classifier(x[training], y[training], x[validation])
            return float((said == y[validation]).mean())

        for k in folds:
            scores = cross_validate(evaluate, k_fold(train_size, k, rng))
            estimates[k].append(float(scores.mean()))
    return FoldStudy(100 * np.array(truth), {k: 100 * np.array(v) for k, v in estimates.items()})


# --- selection ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SelectionStudy:
    """Accuracies in percent where nothing can be learned, one a seed."""

    best: dict[int, Array]
    fresh: Array
    nested: Array


def selection_study(
    seeds: Sequence[int], *, count: int = 60, settings: Sequence[int] = (1, 10, 100, 1000)
) -> SelectionStudy:
    """Digits with labels by coin: take the best of many settings by 5-fold validation.

    A setting is ten pixels that a linear classifier may look at. ``best[m]`` is the validated
    accuracy of the best of m; ``fresh`` that of the best of 100, trained and asked about new
    images; ``nested`` chooses anew among the 100 inside each fold, and asks the fold left out.
    """
    images, labels = digits()
    vectors = images.reshape(len(images), -1).astype(float)
    best: dict[int, list[float]] = {m: [] for m in settings}
    fresh, nested = [], []
    for seed in seeds:
        rng = np.random.default_rng([seed, 5])
        order = rng.permutation(len(labels))
        x, new = vectors[order[:count]], vectors[order[count : count + 600]]
        y, coin = rng.choice([-1.0, 1.0], count), rng.choice([-1.0, 1.0], 600)
        pixels = np.stack([rng.permutation(64)[:10] for _ in range(max(settings))])
        scores = _validated(x, y, pixels, rng)
        for m in settings:
            best[m].append(scores[:m].max())
        winner = pixels[[scores[:100].argmax()]]
        fresh.append((_linear(x, y, new, winner)[0] == coin).mean())
        right = 0
        for training, validation in k_fold(count, 5, rng):
            inner = _validated(x[training], y[training], pixels[:100], rng)
            chosen = pixels[[inner.argmax()]]
            said = _linear(x[training], y[training], x[validation], chosen)[0]
            right += int((said == y[validation]).sum())
        nested.append(right / count)
    return SelectionStudy(
        {m: 100 * np.array(v) for m, v in best.items()},
        100 * np.array(fresh),
        100 * np.array(nested),
    )


def _linear(x: Array, y: Array, test: Array, pixels: Array) -> Array:
    """Signs for test vectors by ridge regression on each choice of pixels, (M, m)."""
    seen, asked = (v[:, pixels].swapaxes(0, 1) for v in (x, test))  # (M, n, 10)
    mean = seen.mean(axis=1, keepdims=True)
    gram = (seen - mean).mT @ (seen - mean) + np.eye(pixels.shape[1])
    w = np.linalg.solve(gram, (seen - mean).mT @ (y - y.mean())[:, None])
    return np.where(((asked - mean) @ w)[..., 0] + y.mean() > 0, 1.0, -1.0)


def _validated(x: Array, y: Array, pixels: Array, rng: np.random.Generator) -> Array:
    """5-fold accuracy of each choice of pixels, (M,)."""
    right = np.zeros(len(pixels))
    for training, validation in k_fold(len(y), 5, rng):
        said = _linear(x[training], y[training], x[validation], pixels)
        right += (said == y[validation]).sum(axis=1)
    return right / len(y)
