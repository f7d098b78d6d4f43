"""No batch any more: apply batch norm at test time, by running statistics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import batch_norm_forward

from .common import Rng, apply, by_axes, draw_batch, draw_eps, others, per_channel, wide


def draw_test_time(rng: Rng) -> Iterator[Case]:
    for part, batches in {
        "running numbers": [draw_batch(rng), draw_batch(rng)],
        "scale and shift": [draw_batch(rng), draw_batch(rng, cube=True)],
        "one alone": [draw_batch(rng)[:1], draw_batch(rng, vectors=True)[:1]],
        "vectors": [draw_batch(rng, vectors=True) for _ in range(2)],
    }.items():
        for x in batches:
            gamma, beta, mean = per_channel(rng, x, 3)
            if part == "running numbers":
                gamma, beta = np.ones_like(gamma), np.zeros_like(beta)
            var = rng.uniform(1.5, 4, x.shape[1])
            yield Case((x, gamma, beta, mean, var, draw_eps(rng)), part=part)


def batch_norm_test(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    running_mean: np.ndarray,
    running_var: np.ndarray,
    eps: float,
) -> np.ndarray:
    return batch_norm_forward(
        x, gamma, beta, running_mean.copy(), running_var.copy(), training=False, eps=eps
    )[0]


variants = Variants()
EXERCISE = Exercise(
    id="batch_norm_test",
    title="No batch any more",
    objective="Apply batch norm at test time, by running statistics.",
    section="06_normalization#norm-train-test",
    reference=batch_norm_test,
    cases=draw_test_time,
    hints={
        "running numbers": "Only they enter. The batch's own mean plays no part.",
        "scale and shift": "γ and β have one number a channel: they must line up with axis 1, not "
        "with the last axis.",
        "one alone": "The same image, or vector, must get the same answer in any batch, also "
        "alone.",
        "vectors": "Does your reshape of the running numbers fit (N, C) as well?",
    },
    variants=variants,
)


@variants.mutant(
    "You normalized by the batch's own statistics. At test time an answer must not depend on "
    "the other images: the running statistics stand in. See *In training and at test time*.",
)
def asks_the_batch(x, gamma, beta, running_mean, running_var, eps):
    return by_axes(x, others(x), gamma, beta, eps)


@variants.mutant(
    "You took the running mean and the batch's own variance. Both are replaced at test time. See "
    "*In training and at test time*.",
)
def replaces_the_mean_only(x, gamma, beta, running_mean, running_var, eps):
    var = x.var(axis=others(x), keepdims=True)
    return apply(x, gamma, beta, wide(running_mean, x), var, eps)


@variants.mutant(
    "You divided by the running variance; its root is meant. See *In training and at test time*.",
)
def divides_by_the_running_variance(x, gamma, beta, running_mean, running_var, eps):
    return wide(gamma, x) * (x - wide(running_mean, x)) / wide(running_var + eps, x) + wide(beta, x)


@variants.mutant(
    "You left ε out. It is small in practice, but training put it under the root, and testing must "
    "compute the same function. See *In training and at test time*.",
)
def forgets_eps(x, gamma, beta, running_mean, running_var, eps):
    return apply(x, gamma, beta, wide(running_mean, x), wide(running_var, x), 0.0)


@variants.mutant(
    "You stopped at x̂. The scale and the shift were learned together with the rest of the "
    "network; testing needs them as much as training does. See *In training and at test time*.",
)
def forgets_scale_and_shift(x, gamma, beta, running_mean, running_var, eps):
    return apply(x, 1 + 0 * gamma, 0 * beta, wide(running_mean, x), wide(running_var, x), eps)


@variants.mutant(
    "Alone is right; as soon as there are several you ask the batch again. At test time an answer "
    "must not depend on the company. See *In training and at test time*.",
)
def asks_a_batch_that_is_there(x, gamma, beta, running_mean, running_var, eps):
    if len(x) > 1:
        return by_axes(x, others(x), gamma, beta, eps)
    return apply(x, gamma, beta, wide(running_mean, x), wide(running_var, x), eps)


@variants.mutant(
    "Your running numbers lie along the last axis of the images. There is one for each channel, "
    "and channels are axis 1. See *In training and at test time*.",
)
def lines_up_with_the_columns(x, gamma, beta, running_mean, running_var, eps):
    return gamma * (x - running_mean) / np.sqrt(running_var + eps) + beta


@variants.mutant(
    "You added ε to the standard deviation. It stands under the root, beside the running variance, "
    "as in training. See *In training and at test time*.",
)
def eps_outside_the_root(x, gamma, beta, running_mean, running_var, eps):
    std = np.sqrt(running_var) + eps
    return apply(x, gamma / std, beta, wide(running_mean, x), 1.0, 0.0)


@variants.alternative
def as_one_line_a_channel(x, gamma, beta, running_mean, running_var, eps):
    slope = gamma / (running_var + eps) ** 0.5
    shift = beta - slope * running_mean
    return np.stack([slope[c] * x[:, c] + shift[c] for c in range(x.shape[1])], axis=1)


@variants.alternative
def with_the_channels_last(x, gamma, beta, running_mean, running_var, eps):
    last = np.moveaxis(x, 1, -1)
    out = gamma * (last - running_mean) / np.sqrt(running_var + eps) + beta
    return np.moveaxis(out, -1, 1)
