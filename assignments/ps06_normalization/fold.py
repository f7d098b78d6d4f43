"""Fold it away: fold a batch norm at test time into the convolution before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import fold_batch_norm

from .common import Rng, draw_eps, per_channel, slope


def draw_folds(rng: Rng) -> Iterator[Case]:
    for part, which in (("weights", 0), ("bias", 1)):
        few, many, rows, columns = 2, 4, 3, int(rng.choice([1, 5]))
        # square: axes can be mixed up; and more kernels than channels, and fewer
        for kernels, channels in ((3, 3), (many, few), (few, many)):
            w = rng.normal(size=(kernels, channels, rows, columns))
            b, gamma, beta, mean = per_channel(rng, w.swapaxes(0, 1), 4)
            var = rng.uniform(1.5, 4, kernels)
            yield Case((which, w, b, gamma, beta, mean, var, draw_eps(rng)), part=part)


def fold(
    w: np.ndarray,
    b: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    var: np.ndarray,
    eps: float,
) -> tuple[np.ndarray, np.ndarray]:
    return fold_batch_norm(w, b, gamma, beta, mean, var, eps=eps)


def one_of_two(target, which, *args):
    return target(*args)[which]


variants = Variants()
EXERCISE = Exercise(
    id="fold",
    title="Fold it away",
    objective="Fold a batch norm at test time into the convolution before it.",
    section="06_normalization#norm-folding",
    reference=fold,
    cases=draw_folds,
    driver=one_of_two,
    hints={
        "weights": "One factor an output channel: which axis of w is that?",
        "bias": "The old bias passes through the normalization like everything else: put "
        "x = 0 into both networks.",
    },
    variants=variants,
)


FOLD = "See *Folding it into the layer before*."


def scaled(w: Any, factor: Any) -> Any:
    return w * np.asarray(factor)[:, None, None, None]


@variants.mutant(
    "Your weights are scaled along the input channels. Batch norm acts on what the layer puts out, "
    f"one factor for each kernel: axis 0 of w. {FOLD}",
)
def scales_the_inputs(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return w * factor[:, None, None], factor * (b - mean) + beta


@variants.mutant(
    "The old bias went past the normalization. It is part of what was normalized: (b − mean) is "
    f"scaled. {FOLD}",
)
def leaves_the_bias_unscaled(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return scaled(w, factor), b - factor * mean + beta


@variants.mutant(
    "The old bias is gone. In training a bias before batch norm does nothing, because the batch's "
    f"mean takes it away; but the running mean is a number now, and b is still there. {FOLD}",
)
def drops_the_bias(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return scaled(w, factor), beta - factor * mean


@variants.mutant(
    f"You divided by the variance in place of its root. {FOLD}",
)
def folds_the_variance(w, b, gamma, beta, mean, var, eps):
    factor = gamma / (var + eps)
    return scaled(w, factor), factor * (b - mean) + beta


@variants.mutant(
    "ε is missing under the root: the folded layer is nearly right, and nearly is not equal. "
    f"{FOLD}",
)
def folds_without_eps(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, 0.0)
    return scaled(w, factor), factor * (b - mean) + beta


@variants.mutant(
    "The weights are right. You took the running mean away after scaling; it is measured before, "
    f"so it is scaled with the rest. {FOLD}",
)
def subtracts_the_mean_late(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return scaled(w, factor), factor * b - mean + beta


@variants.mutant(
    f"You shifted first: β stands outside and is not scaled by γ/σ. {FOLD}",
)
def scales_beta(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return scaled(w, factor), factor * (b - mean + beta)


@variants.mutant(
    "You took the running mean away from the weights as well. It is a number of the layer's "
    f"output: all of it goes into the bias. {FOLD}",
)
def centres_the_weights(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return scaled(w - np.asarray(mean)[:, None, None, None], factor), factor * (b - mean) + beta


@variants.alternative
def by_asking_the_two_layers(w, b, gamma, beta, mean, var, eps):
    def both(u: Any) -> Any:  # the layers one after the other, for w · x = u
        return gamma * (u + b - mean) / np.sqrt(var + eps) + beta

    bias = both(np.zeros_like(b))
    return scaled(w, both(np.ones_like(b)) - bias), bias


@variants.alternative
def kernel_by_kernel(w, b, gamma, beta, mean, var, eps):
    std = np.sqrt(var + eps)
    kernels = [gamma[i] / std[i] * w[i] for i in range(len(w))]
    return kernels, [float(beta[i] + gamma[i] * (b[i] - mean[i]) / std[i]) for i in range(len(b))]
