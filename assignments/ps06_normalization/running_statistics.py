"""What is kept for later: update the running mean and variance as PyTorch does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import batch_norm_forward

from .common import Rng, draw_batch, moved, others, wide


def draw_running(rng: Rng) -> Iterator[Case]:
    for part, which, steps, vectors in (
        ("mean", "mean", 1, False),
        ("variance", "variance", 1, False),
        ("vectors", "both", 1, True),
        ("several batches", "both", 4, False),
    ):
        for _ in range(2):
            x = draw_batch(rng, vectors=vectors)
            batches = [x] + [x + rng.normal(size=x.shape) for _ in range(steps - 1)]
            mean, var = rng.normal(size=x.shape[1]), rng.uniform(0.5, 2, x.shape[1])
            yield Case((which, mean, var, batches, float(rng.uniform(0.05, 0.4))), part=part)


def running_statistics(
    running_mean: np.ndarray, running_var: np.ndarray, x: np.ndarray, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    mean, var = running_mean.copy(), running_var.copy()
    batch_norm_forward(x, None, None, mean, var, training=True, momentum=momentum)
    return mean, var


def after_batches(target, which, mean, var, batches, momentum):
    for x in batches:
        mean, var = target(mean, var, x, momentum)
    return {"mean": mean, "variance": var, "both": (mean, var)}[which]


variants = Variants()
EXERCISE = Exercise(
    id="running_statistics",
    title="What is kept for later",
    objective="Update the running mean and variance as PyTorch does.",
    section="06_normalization#norm-train-test",
    reference=running_statistics,
    cases=draw_running,
    driver=after_batches,
    hints={
        "mean": "momentum is the weight of the new batch: with 0.1 the old value keeps "
        "nine tenths.",
        "variance": "This variance is an estimate for images not seen yet. By what does "
        "an estimate divide?",
        "vectors": "Means over every axis but 1, however many there are.",
        "several batches": "Each batch moves what the one before has left.",
    },
    variants=variants,
)


@variants.mutant(
    "Your running variance averages the biased variance. It will normalize images that it has not "
    "seen, so the estimate divides by m − 1. (PyTorch's, at least; the paper agrees.) See "
    "*In training and at test time*.",
)
def keeps_the_biased_variance(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=others(x)), x.var(axis=others(x))
    return moved(running_mean, mean, momentum), moved(running_var, var, momentum)


@variants.mutant(
    "Your momentum is the weight of the old value. That is the optimizer's convention; here, as in "
    "PyTorch, it is the weight of the new batch. See *In training and at test time*.",
)
def momentum_the_other_way(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=others(x)), x.var(axis=others(x), ddof=1)
    return moved(running_mean, mean, 1 - momentum), moved(running_var, var, 1 - momentum)


@variants.mutant(
    "You replaced the running statistics by those of the last batch. One batch is noise; the "
    "running average is there to smooth it. See *In training and at test time*.",
)
def keeps_the_last_batch(running_mean, running_var, x, momentum):
    return x.mean(axis=others(x)), x.var(axis=others(x), ddof=1)


@variants.mutant(
    "You hand the running statistics back unchanged. Then testing uses the numbers that the layer "
    "was born with. See *In training and at test time*.",
)
def never_moves(running_mean, running_var, x, momentum):
    return running_mean, running_var


@variants.mutant(
    "Your m in m / (m − 1) is the number of images. A channel has N · H · W numbers, and their "
    "variance is what you estimate. See *In training and at test time*.",
)
def corrects_by_the_number_of_images(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=others(x)), x.var(axis=others(x)) * len(x) / (len(x) - 1)
    return moved(running_mean, mean, momentum), moved(running_var, var, momentum)


@variants.mutant(
    "You average the squared deviations from the running mean. The batch's variance is taken about "
    "the batch's own mean. See *In training and at test time*.",
)
def deviates_from_the_running_mean(running_mean, running_var, x, momentum):
    mean, m = x.mean(axis=others(x)), x.size // x.shape[1]
    var = ((x - wide(running_mean, x)) ** 2).sum(axis=others(x)) / (m - 1)
    return moved(running_mean, mean, momentum), moved(running_var, var, momentum)


@variants.mutant(
    "The mean is right; of the second statistic you averaged the standard deviation. What is kept "
    "is the variance. See *In training and at test time*.",
)
def averages_the_standard_deviation(running_mean, running_var, x, momentum):
    mean, std = x.mean(axis=others(x)), x.std(axis=others(x), ddof=1)
    return moved(running_mean, mean, momentum), moved(running_var, std, momentum)


@variants.alternative
def by_a_step_towards_the_new(running_mean, running_var, x, momentum):
    rows = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    m = rows.shape[1]
    mean = rows.sum(axis=1) / m
    var = ((rows - mean[:, None]) ** 2).sum(axis=1) / (m - 1)
    return running_mean + momentum * (mean - running_mean), running_var + momentum * (
        var - running_var
    )


@variants.alternative
def with_covariances(running_mean, running_var, x, momentum):
    rows = [x[:, c].ravel() for c in range(x.shape[1])]
    mean, var = np.array([[r.mean(), np.cov(r).item()] for r in rows]).T
    return [
        np.average([old, new], axis=0, weights=[1 - momentum, momentum])
        for old, new in ((running_mean, mean), (running_var, var))
    ]
