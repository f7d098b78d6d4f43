"""No batch any more: apply batch norm at test time, by running statistics."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import batch_norm_forward

from .common import Rng, apply, by_axes, draw_batch, draw_eps, others, per_channel, wide


def draw_test_time(rng: Rng) -> Iterator[Case]:
    for part in ("images", "one image alone", "vectors"):
        for _ in range(2):
            x = draw_batch(rng, vectors=part == "vectors")
            gamma, beta, mean = per_channel(rng, x, 3)
            var = rng.uniform(1.5, 4, x.shape[1])
            x = x[:1] if part == "one image alone" else x
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
        "images": "Only the running numbers enter. The batch's own mean plays no part.",
        "one image alone": "The same image must get the same answer in any batch, also alone.",
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
