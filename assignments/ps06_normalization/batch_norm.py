"""Ask the whole batch: normalize each channel over the batch, for vectors and for images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.check.compare import Tolerance
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import batch_norm_forward

from .common import Rng, by_axes, draw_batch, draw_eps, others, per_channel, wide


def draw_forward(rng: Rng) -> Iterator[Case]:
    for part, batches in {
        "vectors": [draw_batch(rng, vectors=True) for _ in range(2)],
        "images": [draw_batch(rng), draw_batch(rng), draw_batch(rng)[:1]],
        "scale and shift": [draw_batch(rng), draw_batch(rng, cube=True)],
        "scale and shift of vectors": [draw_batch(rng, vectors=True)],
    }.items():
        for x in batches:
            gamma, beta = per_channel(rng, x)
            if part in ("vectors", "images"):
                gamma, beta = np.ones_like(gamma), np.zeros_like(beta)
            yield Case((x, gamma, beta, draw_eps(rng)), part=part)
    for dtype, vectors in (("float32", False), ("float32", True), ("float64", False)):
        x = draw_batch(rng, vectors=vectors)
        args = [a.astype(dtype) for a in (x, *per_channel(rng, x))]
        yield Case((*args, draw_eps(rng)), {"look_at_dtype": True}, part="the dtype stays")


def batch_norm(x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float) -> np.ndarray:
    return batch_norm_forward(x, gamma, beta, training=True, eps=eps)[0]


def output_and_dtype(target, *args, look_at_dtype=False):
    import numpy as np

    out = target(*args)
    return (out, str(np.asarray(out).dtype)) if look_at_dtype else out


variants = Variants()
EXERCISE = Exercise(
    id="batch_norm",
    title="Ask the whole batch",
    objective="Normalize each channel over the batch, for vectors and for images.",
    section="06_normalization#norm-batch",
    reference=batch_norm,
    cases=draw_forward,
    driver=output_and_dtype,
    tolerances={"the dtype stays": Tolerance(rtol=1e-4, atol=1e-4)},  # sums of float32
    hints={
        "vectors": "Work the example by hand. ε is added to the variance, under the root, "
        "and the variance divides by N.",
        "images": "How many means does a batch of RGB photographs have? Which axes are "
        "left when you have one number a channel?",
        "scale and shift": "γ and β have one number a channel: they must line up with "
        "axis 1, not with the last axis.",
        "scale and shift of vectors": "For (N, C), γ and β belong to axis 1, too.",
        "the dtype stays": "np.ones and np.zeros make float64 unless they are told a dtype.",
    },
    variants=variants,
)


@variants.mutant(
    "You gave every pixel of every channel statistics of its own, over N alone. In a convolutional "
    "network a channel is one feature wherever it looks, so the mean runs over N, H and W. See "
    "*Batch norm: ask the whole batch*.",
)
def over_images_only(x, gamma, beta, eps):
    return by_axes(x, 0, gamma, beta, eps)


@variants.mutant(
    "You normalized each image by itself: that is layer norm. Batch norm keeps the channels apart "
    "and mixes the images. See *One formula, four index sets*.",
)
def each_image_by_itself(x, gamma, beta, eps):
    return by_axes(x, tuple(range(1, x.ndim)), gamma, beta, eps)


@variants.mutant(
    "Vectors are right; for images you left N out of the mean. Statistics of one channel of one "
    "image are instance norm's. See *One formula, four index sets*.",
)
def each_channel_of_each_image(x, gamma, beta, eps):
    return by_axes(x, (2, 3) if x.ndim == 4 else 0, gamma, beta, eps)


@variants.mutant(
    "You divided the variance by m − 1. That is the unbiased estimate, which goes into the running "
    "variance; the batch is normalized by the variance it has, over m. See "
    "*Batch norm: ask the whole batch*.",
)
def unbiased_variance(x, gamma, beta, eps):
    return by_axes(x, others(x), gamma, beta, eps, ddof=1)


@variants.mutant(
    "You added ε to the standard deviation. It stands under the root, beside the variance. See "
    "*Batch norm: ask the whole batch*.",
)
def eps_outside_the_root(x, gamma, beta, eps):
    mean, std = x.mean(axis=others(x), keepdims=True), x.std(axis=others(x), keepdims=True)
    return wide(gamma, x) * (x - mean) / (std + eps) + wide(beta, x)


@variants.mutant(
    "You divided by the variance. σ² is the variance; what x − μ is divided by is its root, the "
    "standard deviation. (A lecture calls σ² the standard deviation, too.) See "
    "*Batch norm: ask the whole batch*.",
)
def divides_by_the_variance(x, gamma, beta, eps):
    mean, var = x.mean(axis=others(x), keepdims=True), x.var(axis=others(x), keepdims=True)
    return wide(gamma, x) * (x - mean) / (var + eps) + wide(beta, x)


@variants.mutant(
    "You shifted first and scaled afterwards: γ(x̂ + β). The paper's order is γx̂ + β. See "
    "*Batch norm: ask the whole batch*.",
)
def shifts_before_scaling(x, gamma, beta, eps):
    return wide(gamma, x) * (by_axes(x, others(x), 1 + 0 * gamma, beta, eps))


@variants.mutant(
    "The numbers are right, but float32 came in and float64 went out: twice the memory, and a slow "
    "path on a GPU. See *Batch norm: ask the whole batch*.",
)
def leaks_float64(x, gamma, beta, eps):
    return by_axes(x, others(x), gamma, beta, eps).astype(np.float64)


@variants.mutant(
    "The numbers are right, but float32 went out whatever came in. A batch of float64 is there for "
    "its precision: the dtype stays what it was. See *Batch norm: ask the whole batch*.",
)
def always_float32(x, gamma, beta, eps):
    return by_axes(x, others(x), gamma, beta, eps).astype(np.float32)


@variants.mutant(
    "Your γ and β lie along the last axis of the images. They have one number a channel, and "
    "channels are axis 1. See *Batch norm: ask the whole batch*.",
)
def scales_the_columns(x, gamma, beta, eps):
    unscaled = by_axes(x, others(x), np.ones_like(gamma), np.zeros_like(beta), eps)
    return gamma * unscaled + beta


@variants.mutant(
    "Images are right; vectors are normalized, and neither scaled nor shifted. γ and β are for "
    "both. See *Batch norm: ask the whole batch*.",
)
def leaves_vectors_unscaled(x, gamma, beta, eps):
    if x.ndim == 2:
        gamma, beta = np.ones_like(gamma), np.zeros_like(beta)
    return by_axes(x, others(x), gamma, beta, eps)


@variants.alternative
def channel_by_channel(x, gamma, beta, eps):
    out = np.empty_like(x)
    for c in range(x.shape[1]):
        centred = x[:, c] - x[:, c].sum() / x[:, c].size
        out[:, c] = gamma[c] * centred / ((centred**2).mean() + eps) ** 0.5 + beta[c]
    return out


@variants.alternative
def channels_to_the_front(x, gamma, beta, eps):
    rows = x.swapaxes(0, 1).reshape(x.shape[1], -1)
    mean, var = rows.mean(axis=1), (rows**2).mean(axis=1) - rows.mean(axis=1) ** 2
    slope = (gamma / np.sqrt(var + x.dtype.type(eps)))[:, None]
    out = rows * slope + (beta[:, None] - slope * mean[:, None])
    return out.reshape(x.shape[1], x.shape[0], *x.shape[2:]).swapaxes(0, 1)
