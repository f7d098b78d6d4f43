"""A slope that learns: give a parameter that many pixels share the sum of their gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.activations import prelu_backward, prelu_forward
from cvlib.grading.spec import Case, Exercise, Variants

from .common import Array, Rng, one_gradient, sizes


def draw_prelu(rng: Rng) -> Iterator[Case]:
    for part, which, images, shared in (
        ("dx", "dx", True, False),
        ("dx", "dx", False, False),
        ("dalpha of features", "dalpha", False, False),
        ("dalpha of images", "dalpha", True, False),
        ("one slope for all channels", "dx", True, True),
        ("one slope for all channels", "dx", False, True),
        ("one slope for all channels", "dalpha", True, True),
        ("one slope for all channels", "dalpha", False, True),
    ):
        for c in (2, 3, 4):
            n, h = sizes(rng, 2, 2, 5)
            n, h = n + (n == c), h + (h == c)
            shape = (n, c, h, c) if images else (n, c)  # as wide as there are channels: a trap
            x, dout = rng.normal(size=shape), rng.normal(size=shape)
            alpha = rng.uniform(0.1, 0.9, 1 if shared else c)
            alpha[rng.integers(len(alpha))] += c == 3  # a slope may be above 1
            yield Case((which, dout, x, alpha), part=part)


def prelu_gradients(dout: Any, x: Any, alpha: Any) -> tuple[Any, Any]:
    return prelu_backward(dout, prelu_forward(x, alpha)[1])


variants = Variants()
EXERCISE = Exercise(
    id="prelu_backward",
    title="A slope that learns",
    objective="Give a parameter that many pixels share the sum of their gradients.",
    section="04_backpropagation#bp-activations",
    reference=prelu_gradients,
    cases=draw_prelu,
    driver=one_gradient,
    hints={
        "dx": "α belongs to the channels, axis 1. NumPy lines up the last axes unless you "
        "reshape it.",
        "dalpha of features": "Only inputs below 0 were multiplied by α. What was each of "
        "them worth, and over which axis do they add up?",
        "dalpha of images": "One α serves every pixel of its channel, in every image.",
        "one slope for all channels": "Now it serves every channel, too; and it still has "
        "the shape (1,).",
    },
    variants=variants,
)


def channelwise(alpha: Array, x: Array) -> Array:
    return alpha.reshape(-1, *(1,) * (x.ndim - 2))


def all_but_channels(x: Array) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def like_alpha(each: Array, alpha: Array) -> Array:
    return each if len(alpha) > 1 else each.sum(keepdims=True)


def right_prelu(dout: Array, x: Array, alpha: Array) -> tuple[Array, Array]:
    each = (dout * np.minimum(x, 0)).sum(axis=all_but_channels(x))
    return np.where(x > 0, dout, channelwise(alpha, x) * dout), like_alpha(each, alpha)


@variants.mutant(
    "NumPy has lined your α up with the columns of the image: it aligns the last axes, and here "
    "there happen to be as many columns as channels. Channels are axis 1. See *Activations*.",
)
def alpha_along_the_columns(dout, x, alpha):
    return np.where(x > 0, dout, alpha * dout), right_prelu(dout, x, alpha)[1]


@variants.mutant(
    "Your dalpha has the sum over all channels in each of its entries. A slope answers for its own "
    "channel only: sum over every axis but 1. See *Activations*.",
)
def sums_over_the_channels_too(dout, x, alpha):
    total = (dout * np.minimum(x, 0)).sum()
    return right_prelu(dout, x, alpha)[0], np.full_like(alpha, total)


@variants.mutant(
    "You averaged where a sum is due: one slope serves many pixels, and their wishes add up. The "
    "loss has taken the mean over the batch already. See *Activations*.",
)
def averages_the_wishes(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, like_alpha((dout * np.minimum(x, 0)).mean(axis=all_but_channels(x)), alpha)


@variants.mutant(
    "Positive inputs went through with slope 1, whatever α is, and yet they count in your dalpha. "
    "Only inputs below 0 saw α. See *Activations*.",
)
def counts_positive_inputs(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, like_alpha((dout * x).sum(axis=all_but_channels(x)), alpha)


@variants.mutant(
    "You multiplied by the output, α x, instead of the input: the slope of α x with respect to α "
    "is x. See *Activations*.",
)
def multiplies_by_the_output(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    out = channelwise(alpha, x) * np.minimum(x, 0)
    return dx, like_alpha((dout * out).sum(axis=all_but_channels(x)), alpha)


@variants.mutant(
    "Your dalpha sums inputs and forgets dout: some pixels matter more to the loss than others. "
    "See *The chain rule, walked backwards*.",
)
def dalpha_without_dout(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, like_alpha(np.minimum(x, 0).sum(axis=all_but_channels(x)), alpha)


@variants.mutant(
    "Right for images of one batch entry only: your dalpha keeps the axis of the batch. All images "
    "share the slopes, so sum over axis 0, too. See *Activations*.",
)
def keeps_the_batch_axis(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, (dout * np.minimum(x, 0)).sum(axis=tuple(range(2, x.ndim)))


@variants.mutant(
    "Negative inputs pass nothing back in yours, as in a ReLU. They went through with slope α[c], "
    "and the gradient comes back with it. See *Activations*.",
)
def dx_of_a_relu(dout, x, alpha):
    return np.where(x > 0, dout, 0.0), right_prelu(dout, x, alpha)[1]


@variants.mutant(
    "You asked which of x and α x is larger. For α < 1 that is the same as asking whether x > 0, "
    "but nothing keeps a slope that learns below 1. See *Activations*.",
)
def takes_the_larger(dout, x, alpha):
    kept = x >= channelwise(alpha, x) * x
    return np.where(kept, dout, channelwise(alpha, x) * dout), right_prelu(dout, x, alpha)[1]


@variants.mutant(
    "With one slope for all channels your dalpha still has an entry for each of them. It has the "
    "shape of alpha: sum over the channels, too. See *Activations*.",
)
def an_entry_for_each_channel(dout, x, alpha):
    dx, _ = right_prelu(dout, x, alpha)
    return dx, (dout * np.minimum(x, 0)).sum(axis=all_but_channels(x))


@variants.alternative
def channel_by_channel(dout, x, alpha):
    dx, dalpha = dout.copy(), np.zeros_like(alpha)
    for c in range(x.shape[1]):
        k = c if len(alpha) > 1 else 0
        left = x[:, c] <= 0
        dx[:, c][left] *= alpha[k]
        dalpha[k] += np.sum(dout[:, c][left] * x[:, c][left])
    return dx, dalpha


@variants.alternative
def channels_last(dout, x, alpha):
    g, z = np.moveaxis(dout, 1, -1), np.moveaxis(x, 1, -1)
    dx = g * np.where(z < 0, alpha, 1)
    each = np.where(z < 0, g * z, 0).reshape(-1, z.shape[-1]).sum(axis=0)
    return np.moveaxis(dx, -1, 1), each if len(alpha) > 1 else [each.sum()]
