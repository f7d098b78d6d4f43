"""Problem set 6, normalization: plausible wrong answers with their misconception; other right ones.

Most mutants spoil one line of a right answer; the functions that they share are the right ones.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from cvlib.grading.spec import Variants

ps: Any = sys.modules[f"{__name__.removesuffix('mutants')}exercises"]  # read just before this file
variants = Variants()
mutant, alternative = variants.mutant, variants.alternative


def others(x: np.ndarray) -> tuple[int, ...]:
    """All axes but the channels."""
    return tuple(axis for axis in range(x.ndim) if axis != 1)


def wide(v: Any, x: np.ndarray) -> Any:
    """One number a channel, lined up with axis 1."""
    return np.asarray(v).reshape(1, -1, *(1,) * (x.ndim - 2))


def apply(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float) -> Any:
    """Scale and shift what is normalized by statistics that already line up."""
    return wide(gamma, x) * (x - mean) / np.sqrt(var + eps) + wide(beta, x)


def by_axes(x: Any, axes: Any, gamma: Any, beta: Any, eps: float, ddof: int = 0) -> Any:
    mean = x.mean(axis=axes, keepdims=True)
    return apply(x, gamma, beta, mean, x.var(axis=axes, keepdims=True, ddof=ddof), eps)


# --- batch_norm ---------------------------------------------------------------------------------


@mutant(
    "batch_norm",
    "You gave every pixel of every channel statistics of its own, over N alone. In a convolutional "
    "network a channel is one feature wherever it looks, so the mean runs over N, H and W. See "
    "*Batch norm: ask the whole batch*.",
)
def over_images_only(x, gamma, beta, eps):
    return by_axes(x, 0, gamma, beta, eps)


@mutant(
    "batch_norm",
    "You normalized each image by itself: that is layer norm. Batch norm keeps the channels apart "
    "and mixes the images. See *One formula, four index sets*.",
)
def each_image_by_itself(x, gamma, beta, eps):
    return by_axes(x, tuple(range(1, x.ndim)), gamma, beta, eps)


@mutant(
    "batch_norm",
    "Vectors are right; for images you left N out of the mean. Statistics of one channel of one "
    "image are instance norm's. See *One formula, four index sets*.",
)
def each_channel_of_each_image(x, gamma, beta, eps):
    return by_axes(x, (2, 3) if x.ndim == 4 else 0, gamma, beta, eps)


@mutant(
    "batch_norm",
    "You divided the variance by m − 1. That is the unbiased estimate, which goes into the running "
    "variance; the batch is normalized by the variance it has, over m. See "
    "*Batch norm: ask the whole batch*.",
)
def unbiased_variance(x, gamma, beta, eps):
    return by_axes(x, others(x), gamma, beta, eps, ddof=1)


@mutant(
    "batch_norm",
    "You added ε to the standard deviation. It stands under the root, beside the variance. See "
    "*Batch norm: ask the whole batch*.",
)
def eps_outside_the_root(x, gamma, beta, eps):
    mean, std = x.mean(axis=others(x), keepdims=True), x.std(axis=others(x), keepdims=True)
    return wide(gamma, x) * (x - mean) / (std + eps) + wide(beta, x)


@mutant(
    "batch_norm",
    "You divided by the variance. σ² is the variance; what x − μ is divided by is its root, the "
    "standard deviation. (A lecture calls σ² the standard deviation, too.) See "
    "*Batch norm: ask the whole batch*.",
)
def divides_by_the_variance(x, gamma, beta, eps):
    mean, var = x.mean(axis=others(x), keepdims=True), x.var(axis=others(x), keepdims=True)
    return wide(gamma, x) * (x - mean) / (var + eps) + wide(beta, x)


@mutant(
    "batch_norm",
    "You shifted first and scaled afterwards: γ(x̂ + β). The paper's order is γx̂ + β. See "
    "*Batch norm: ask the whole batch*.",
)
def shifts_before_scaling(x, gamma, beta, eps):
    return wide(gamma, x) * (by_axes(x, others(x), 1 + 0 * gamma, beta, eps))


@mutant(
    "batch_norm",
    "The numbers are right, but float32 came in and float64 went out: twice the memory, and a slow "
    "path on a GPU. See *Batch norm: ask the whole batch*.",
)
def leaks_float64(x, gamma, beta, eps):
    return by_axes(x, others(x), gamma, beta, eps).astype(np.float64)


@alternative("batch_norm")
def channel_by_channel(x, gamma, beta, eps):
    out = np.empty_like(x)
    for c in range(x.shape[1]):
        centred = x[:, c] - x[:, c].sum() / x[:, c].size
        out[:, c] = gamma[c] * centred / ((centred**2).mean() + eps) ** 0.5 + beta[c]
    return out


@alternative("batch_norm")
def channels_to_the_front(x, gamma, beta, eps):
    rows = x.swapaxes(0, 1).reshape(x.shape[1], -1)
    mean, var = rows.mean(axis=1), (rows**2).mean(axis=1) - rows.mean(axis=1) ** 2
    slope = (gamma / np.sqrt(var + x.dtype.type(eps)))[:, None]
    out = rows * slope + (beta[:, None] - slope * mean[:, None])
    return out.reshape(x.shape[1], x.shape[0], *x.shape[2:]).swapaxes(0, 1)


# --- running_statistics -------------------------------------------------------------------------


def moved(old: Any, new: Any, momentum: float) -> Any:
    return (1 - momentum) * old + momentum * new


@mutant(
    "running_statistics",
    "Your running variance averages the biased variance. It will normalize images that it has not "
    "seen, so the estimate divides by m − 1. (PyTorch's, at least; the paper agrees.) See "
    "*In training and at test time*.",
)
def keeps_the_biased_variance(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=others(x)), x.var(axis=others(x))
    return moved(running_mean, mean, momentum), moved(running_var, var, momentum)


@mutant(
    "running_statistics",
    "Your momentum is the weight of the old value. That is the optimizer's convention; here, as in "
    "PyTorch, it is the weight of the new batch. See *In training and at test time*.",
)
def momentum_the_other_way(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=others(x)), x.var(axis=others(x), ddof=1)
    return moved(running_mean, mean, 1 - momentum), moved(running_var, var, 1 - momentum)


@mutant(
    "running_statistics",
    "You replaced the running statistics by those of the last batch. One batch is noise; the "
    "running average is there to smooth it. See *In training and at test time*.",
)
def keeps_the_last_batch(running_mean, running_var, x, momentum):
    return x.mean(axis=others(x)), x.var(axis=others(x), ddof=1)


@mutant(
    "running_statistics",
    "You hand the running statistics back unchanged. Then testing uses the numbers that the layer "
    "was born with. See *In training and at test time*.",
)
def never_moves(running_mean, running_var, x, momentum):
    return running_mean, running_var


@mutant(
    "running_statistics",
    "Your m in m / (m − 1) is the number of images. A channel has N · H · W numbers, and their "
    "variance is what you estimate. See *In training and at test time*.",
)
def corrects_by_the_number_of_images(running_mean, running_var, x, momentum):
    mean, var = x.mean(axis=others(x)), x.var(axis=others(x)) * len(x) / (len(x) - 1)
    return moved(running_mean, mean, momentum), moved(running_var, var, momentum)


@mutant(
    "running_statistics",
    "You average the squared deviations from the running mean. The batch's variance is taken about "
    "the batch's own mean. See *In training and at test time*.",
)
def deviates_from_the_running_mean(running_mean, running_var, x, momentum):
    mean, m = x.mean(axis=others(x)), x.size // x.shape[1]
    var = ((x - wide(running_mean, x)) ** 2).sum(axis=others(x)) / (m - 1)
    return moved(running_mean, mean, momentum), moved(running_var, var, momentum)


@mutant(
    "running_statistics",
    "The mean is right; of the second statistic you averaged the standard deviation. What is kept "
    "is the variance. See *In training and at test time*.",
)
def averages_the_standard_deviation(running_mean, running_var, x, momentum):
    mean, std = x.mean(axis=others(x)), x.std(axis=others(x), ddof=1)
    return moved(running_mean, mean, momentum), moved(running_var, std, momentum)


@alternative("running_statistics")
def by_a_step_towards_the_new(running_mean, running_var, x, momentum):
    rows = np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    m = rows.shape[1]
    mean = rows.sum(axis=1) / m
    var = ((rows - mean[:, None]) ** 2).sum(axis=1) / (m - 1)
    return running_mean + momentum * (mean - running_mean), running_var + momentum * (
        var - running_var
    )


@alternative("running_statistics")
def with_covariances(running_mean, running_var, x, momentum):
    rows = [x[:, c].ravel() for c in range(x.shape[1])]
    mean, var = np.array([[r.mean(), np.cov(r).item()] for r in rows]).T
    return [
        np.average([old, new], axis=0, weights=[1 - momentum, momentum])
        for old, new in ((running_mean, mean), (running_var, var))
    ]


# --- batch_norm_test ----------------------------------------------------------------------------


@mutant(
    "batch_norm_test",
    "You normalized by the batch's own statistics. At test time an answer must not depend on "
    "the other images: the running statistics stand in. See *In training and at test time*.",
)
def asks_the_batch(x, gamma, beta, running_mean, running_var, eps):
    return by_axes(x, others(x), gamma, beta, eps)


@mutant(
    "batch_norm_test",
    "You took the running mean and the batch's own variance. Both are replaced at test time. See "
    "*In training and at test time*.",
)
def replaces_the_mean_only(x, gamma, beta, running_mean, running_var, eps):
    var = x.var(axis=others(x), keepdims=True)
    return apply(x, gamma, beta, wide(running_mean, x), var, eps)


@mutant(
    "batch_norm_test",
    "You divided by the running variance; its root is meant. See *In training and at test time*.",
)
def divides_by_the_running_variance(x, gamma, beta, running_mean, running_var, eps):
    return wide(gamma, x) * (x - wide(running_mean, x)) / wide(running_var + eps, x) + wide(beta, x)


@mutant(
    "batch_norm_test",
    "You left ε out. It is small in practice, but training put it under the root, and testing must "
    "compute the same function. See *In training and at test time*.",
)
def forgets_eps(x, gamma, beta, running_mean, running_var, eps):
    return apply(x, gamma, beta, wide(running_mean, x), wide(running_var, x), 0.0)


@mutant(
    "batch_norm_test",
    "You stopped at x̂. The scale and the shift were learned together with the rest of the "
    "network; testing needs them as much as training does. See *In training and at test time*.",
)
def forgets_scale_and_shift(x, gamma, beta, running_mean, running_var, eps):
    return apply(x, 1 + 0 * gamma, 0 * beta, wide(running_mean, x), wide(running_var, x), eps)


@alternative("batch_norm_test")
def as_one_line_a_channel(x, gamma, beta, running_mean, running_var, eps):
    slope = gamma / (running_var + eps) ** 0.5
    shift = beta - slope * running_mean
    return np.stack([slope[c] * x[:, c] + shift[c] for c in range(x.shape[1])], axis=1)


@alternative("batch_norm_test")
def with_the_channels_last(x, gamma, beta, running_mean, running_var, eps):
    last = np.moveaxis(x, 1, -1)
    out = gamma * (last - running_mean) / np.sqrt(running_var + eps) + beta
    return np.moveaxis(out, -1, 1)


# --- count_them ---------------------------------------------------------------------------------

FAMILY = "See *One formula, four index sets*."


def wrong_counts(name: str, misconception: str, **changed: Any) -> None:
    variants.mutant_value("count_them", name, {**ps.COUNTS, **changed}, misconception)


wrong_counts(
    "one_mean_a_feature",
    "Your batch norm has a mean for each of the C · H · W numbers of an image. A lecture says "
    f"so; in a convolutional network it is one a channel, over N, H and W. {FAMILY}",
    batch=ps.C * ps.H * ps.W,
)
wrong_counts(
    "layer_norm_keeps_channels",
    "Your layer norm has a mean for each channel of each image. That is instance norm; layer norm "
    f"over (C, H, W) mixes the channels of an image. {FAMILY}",
    layer=ps.N * ps.C,
)
wrong_counts(
    "groups_share_a_batch",
    "Your group norm has one mean a group for the whole batch. It looks at one image at a time, so "
    f"there is one for each group of each image. {FAMILY}",
    group=ps.GROUPS,
)
wrong_counts(
    "eight_channels_a_group",
    "You took groups=8 for eight channels in a group. It is the number of groups; 96 channels make "
    "eight groups of twelve. See *Group norm: ask some channels of one image*.",
    **{"averaged by group": ps.GROUPS * ps.H * ps.W},
)
wrong_counts(
    "learns_the_statistics",
    "You counted four learned numbers a channel. γ and β are learned; the running mean and "
    "variance are kept, without a gradient. See *What it costs*.",
    learned=4 * ps.C,
)
wrong_counts(
    "old_weight_of_a_twentieth",
    "You let the first value keep a twentieth at each step. With momentum 0.05 it keeps nineteen, "
    "and 0.95ᵏ < 1 % takes a while. See *In training and at test time*.",
    steps=2,
)
variants.alternative_value("count_them", "floats", {k: float(v) for k, v in ps.COUNTS.items()})
variants.alternative_value("count_them", "numpy", {k: np.int64(v) for k, v in ps.COUNTS.items()})


# --- batch_norm_backward ------------------------------------------------------------------------


def pieces(dout: Any, x: Any, gamma: Any, eps: float) -> tuple[Any, ...]:
    """x̂, 1/σ, γ·dout and the axes: what every mutant starts from."""
    mean = x.mean(axis=others(x), keepdims=True)
    inv_std = 1 / np.sqrt(x.var(axis=others(x), keepdims=True) + eps)
    return (x - mean) * inv_std, inv_std, wide(gamma, x) * dout, others(x)


def average(values: Any, axes: Any) -> Any:
    return values.mean(axis=axes, keepdims=True)


BACKWARD = "See *The backward pass is a projection*."


@mutant(
    "batch_norm_backward",
    "You took μ and σ for constants. They depend on every x of the channel, and two terms of dx "
    f"come from there; without them dx does not sum to zero. {BACKWARD}",
)
def constant_statistics(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    return g * inv_std, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@mutant(
    "batch_norm_backward",
    "You differentiated through the mean and took σ for constant: the part of the gradient along "
    f"x̂ is still in your dx. {BACKWARD}",
)
def constant_variance(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    dx = (g - average(g, axes)) * inv_std
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@mutant(
    "batch_norm_backward",
    "You differentiated through σ and took μ for constant: your dx does not sum to zero over a "
    f"channel, and it must, since adding a constant to x changes nothing. {BACKWARD}",
)
def constant_mean(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    dx = (g - normalized * average(g * normalized, axes)) * inv_std
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@mutant(
    "batch_norm_backward",
    "dγ and dβ are right; dx is too small or too large by a factor a channel: γ is missing. dout "
    f"comes in behind the scale, so it is multiplied by γ on the way back. {BACKWARD}",
)
def forgets_gamma(dout, x, gamma, eps):
    return right_gradients(dout, x, 1 + 0 * gamma, eps)


@mutant(
    "batch_norm_backward",
    "Your sums are divided by the number of images. The means run over N, H and W, so m is N · H "
    f"· W. {BACKWARD}",
)
def divides_by_the_batch(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    factor = x[0, 0].size  # 1 for vectors: there m is N
    along = average(g, axes) + normalized * average(g * normalized, axes)
    dx = (g - factor * along) * inv_std
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@mutant(
    "batch_norm_backward",
    "Your dγ multiplies dout by x. What γ multiplies in the forward pass is x̂, after the "
    f"normalization. {BACKWARD}",
)
def dgamma_with_x(dout, x, gamma, eps):
    dx, _, dbeta = right_gradients(dout, x, gamma, eps)
    return dx, (dout * x).sum(axis=others(x)), dbeta


@mutant(
    "batch_norm_backward",
    "Your dγ and dβ are averages. A parameter used at m places collects m contributions: sums. "
    f"{BACKWARD}",
)
def averages_the_parameters(dout, x, gamma, eps):
    m = x.size / x.shape[1]
    dx, dgamma, dbeta = right_gradients(dout, x, gamma, eps)
    return dx, dgamma / m, dbeta / m


@alternative("batch_norm_backward")
def right_gradients(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    dx = inv_std * (g - average(g, axes) - normalized * average(g * normalized, axes))
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@alternative("batch_norm_backward")
def node_by_node(dout, x, gamma, eps):
    axes, m = others(x), x.size / x.shape[1]
    mean = x.mean(axis=axes, keepdims=True)
    centred = x - mean
    var = (centred**2).mean(axis=axes, keepdims=True)
    std = np.sqrt(var + eps)
    dnormalized = wide(gamma, x) * dout
    dvar = (dnormalized * centred * -0.5 * std**-3).sum(axis=axes, keepdims=True)
    dcentred = dnormalized / std + dvar * 2 * centred / m
    dx = dcentred - dcentred.sum(axis=axes, keepdims=True) / m
    return dx, (dout * centred / std).sum(axis=axes), dout.sum(axis=axes)


@alternative("batch_norm_backward")
def by_the_jacobian(dout, x, gamma, eps):
    dx, rows = np.empty_like(x), np.moveaxis(x, 1, 0).reshape(x.shape[1], -1)
    upstream = np.moveaxis(dout, 1, 0).reshape(x.shape[1], -1)
    dgamma, dbeta = np.zeros_like(gamma), np.zeros_like(gamma)
    for c, (row, g) in enumerate(zip(rows, upstream, strict=True)):
        m, std = len(row), np.sqrt(row.var() + eps)
        normalized = (row - row.mean()) / std
        jacobian = np.eye(m) - np.ones((m, m)) / m - np.outer(normalized, normalized) / m
        dgamma[c], dbeta[c] = normalized @ g, g.sum()
        dx[:, c] = (gamma[c] / std * jacobian @ g).reshape(dx[:, c].shape)
    return dx, dgamma, dbeta


# --- normalize_by -------------------------------------------------------------------------------


def standard(x: Any, axes: Any, eps: float, ddof: int = 0) -> Any:
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True, ddof=ddof)
    return (x - mean) / np.sqrt(var + eps)


AXES = {"batch": (0, 2, 3), "layer": (1, 2, 3), "instance": (2, 3)}


def in_groups(x: Any, groups: int, eps: float, axes: Any = (2, 3, 4)) -> Any:
    n, c, h, w = x.shape
    return standard(x.reshape(n, groups, c // groups, h, w), axes, eps).reshape(x.shape)


def family(x: Any, norm: str, groups: int, eps: float, **changed: Any) -> Any:
    if norm == "group":
        return in_groups(x, groups, eps)
    return standard(x, {**AXES, **changed}[norm], eps)


@mutant(
    "normalize_by",
    "Your layer norm averages over the channels of each pixel alone. Over (C, H, W) there is one "
    "mean an image. (Some networks do normalize per pixel; then it should say so.) See "
    "*Layer norm: ask one image*.",
)
def layer_norm_per_pixel(x, norm, groups, eps):
    return family(x, norm, groups, eps, layer=(1,))


@mutant(
    "normalize_by",
    "Layer and instance norm are exchanged: the first takes all of an image, the second one "
    f"channel of it. {FAMILY}",
)
def layer_and_instance_exchanged(x, norm, groups, eps):
    return family(x, norm, groups, eps, layer=(2, 3), instance=(1, 2, 3))


@mutant(
    "normalize_by",
    "Your groups are interleaved: channels 0, G, 2G … share a mean. Neighbours belong together: "
    "reshape to (N, groups, C / groups, H, W). See "
    "*Group norm: ask some channels of one image*.",
)
def interleaved_groups(x, norm, groups, eps):
    if norm != "group":
        return family(x, norm, groups, eps)
    n, c, h, w = x.shape
    return standard(x.reshape(n, c // groups, groups, h, w), (1, 3, 4), eps).reshape(x.shape)


@mutant(
    "normalize_by",
    "You read groups as the number of channels in a group. It is the number of groups. See "
    "*Group norm: ask some channels of one image*.",
)
def groups_of_that_size(x, norm, groups, eps):
    return family(x, norm, x.shape[1] // groups if norm == "group" else groups, eps)


@mutant(
    "normalize_by",
    "Your group norm averages over the batch. Group norm was made to do without: each image by "
    "itself. See *Group norm: ask some channels of one image*.",
)
def groups_over_the_batch(x, norm, groups, eps):
    if norm == "group":
        return in_groups(x, groups, eps, axes=(0, 2, 3, 4))
    return family(x, norm, groups, eps)


@mutant(
    "normalize_by",
    "Your batch norm averages over N alone, one mean for each pixel. A channel is one feature "
    f"wherever it looks. {FAMILY}",
)
def batch_norm_per_pixel(x, norm, groups, eps):
    return family(x, norm, groups, eps, batch=(0,))


@alternative("normalize_by")
def everything_is_a_group(x, norm, groups, eps):
    n, c = x.shape[:2]
    if norm == "batch":
        turned = x.swapaxes(0, 1)
        return standard(turned.reshape(c, -1), 1, eps).reshape(turned.shape).swapaxes(0, 1)
    count = {"layer": 1, "instance": c, "group": groups}[norm]
    return standard(x.reshape(n * count, -1), 1, eps).reshape(x.shape)


@alternative("normalize_by")
def with_loops(x, norm, groups, eps):
    share = x.shape[1] // groups
    out = np.empty_like(x)
    for n in range(len(x)):
        for c in range(x.shape[1]):
            first = c // share * share
            seen = {
                "batch": x[:, c],
                "layer": x[n],
                "instance": x[n, c],
                "group": x[n, first : first + share],
            }[norm]
            out[n, c] = (x[n, c] - seen.mean()) / np.sqrt(seen.var() + eps)
    return out


# --- local_response_norm ------------------------------------------------------------------------

LRN = "See *Local response norm: rivalry between channels*."


def window_sum(values: Any, before: int, after: int) -> Any:
    """Sum over the channels c - before … c + after that exist."""
    out = np.zeros_like(values)
    for c in range(values.shape[1]):
        out[:, c] = values[:, max(0, c - before) : c + after + 1].sum(axis=1)
    return out


@mutant(
    "local_response_norm",
    "You divided α by the size of the window. PyTorch does; the paper's formula, which is asked "
    f"for, multiplies the sum by α as it is. {LRN}",
)
def averages_the_window(x, size, alpha, beta, k):
    half = size // 2
    return x / (k + alpha / size * window_sum(x * x, half, half)) ** beta


@mutant(
    "local_response_norm",
    "Your window goes `size` channels to either side. It is `size` channels wide in all, with the "
    f"channel itself in the middle. {LRN}",
)
def twice_as_wide(x, size, alpha, beta, k):
    return x / (k + alpha * window_sum(x * x, size, size)) ** beta


@mutant(
    "local_response_norm",
    "Your window slides over pixels. The rivals of a number are its neighbours across the "
    f"channels, at the same pixel. {LRN}",
)
def slides_over_pixels(x, size, alpha, beta, k):
    half = size // 2
    energy = window_sum((x * x).swapaxes(1, 3), half, half).swapaxes(1, 3)
    return x / (k + alpha * energy) ** beta


@mutant(
    "local_response_norm",
    "Your channels stand in a ring: the first one meets the last. The window is cut off where the "
    f"channels end. {LRN}",
)
def channels_in_a_ring(x, size, alpha, beta, k):
    half = size // 2
    energy = sum(np.roll(x * x, shift, axis=1) for shift in range(-half, half + 1))
    return x / (k + alpha * energy) ** beta


@mutant(
    "local_response_norm",
    "You summed the responses; their squares are summed, so that a strong negative one counts. "
    f"{LRN}",
)
def sums_without_squares(x, size, alpha, beta, k):
    half = size // 2
    return x / (k + alpha * np.abs(window_sum(x, half, half))) ** beta


@mutant(
    "local_response_norm",
    "You left the channel itself out of its window. It holds itself down, too: the sum runs from "
    f"c − size // 2 to c + size // 2. {LRN}",
)
def only_the_others(x, size, alpha, beta, k):
    half = size // 2
    return x / (k + alpha * (window_sum(x * x, half, half) - x * x)) ** beta


@mutant(
    "local_response_norm",
    "Your window ends before its last channel: a Python slice leaves its end out. See "
    "*Local response norm: rivalry between channels*.",
)
def loses_the_last_channel(x, size, alpha, beta, k):
    half = size // 2
    return x / (k + alpha * window_sum(x * x, half, half - 1)) ** beta


@alternative("local_response_norm")
def by_differences_of_running_sums(x, size, alpha, beta, k):
    half, channels = size // 2, x.shape[1]
    sums = np.concatenate([np.zeros_like(x[:, :1]), np.cumsum(x * x, axis=1)], axis=1)
    places = np.arange(channels)
    last, first = np.minimum(places + half + 1, channels), np.maximum(places - half, 0)
    return x * (k + alpha * (sums[:, last] - sums[:, first])) ** -beta


@alternative("local_response_norm")
def by_a_banded_matrix(x, size, alpha, beta, k):
    c = np.arange(x.shape[1])
    band = np.abs(c[:, None] - c) <= size // 2
    return x / (k + alpha * np.einsum("cd,ndhw->nchw", band, x**2)) ** beta


# --- local_response_backward --------------------------------------------------------------------


def level(x: Any, size: int, alpha: float, k: float) -> Any:
    return k + alpha * window_sum(x * x, size // 2, size // 2)


@mutant(
    "local_response_backward",
    "You took the denominator for a constant. x stands below the line as well, its own and its "
    f"neighbours'. {LRN}",
)
def constant_denominator(dout, x, size, alpha, beta, k):
    return dout * level(x, size, alpha, k) ** -beta


@mutant(
    "local_response_backward",
    f"A factor 2 is missing: the derivative of x² is 2x. {LRN}",
)
def forgets_the_two(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    through = window_sum(dout * x * s ** (-beta - 1), size // 2, size // 2)
    return dout * s**-beta - alpha * beta * x * through


@mutant(
    "local_response_backward",
    "One channel alone is right. With neighbours you kept the channel's own denominator and forgot "
    f"that it also stands in theirs. {LRN}",
)
def own_denominator_only(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    return dout * s**-beta - 2 * alpha * beta * x * (dout * x * s ** (-beta - 1))


@mutant(
    "local_response_backward",
    "You multiplied by the neighbours' gradients after summing. Each channel j sends back its own "
    f"dout[j] · x[j] · s[j]^(−β − 1): the product goes inside the sum. {LRN}",
)
def multiplies_after_the_sum(dout, x, size, alpha, beta, k):
    s, half = level(x, size, alpha, k), size // 2
    through = dout * window_sum(x * s ** (-beta - 1), half, half)
    return dout * s**-beta - 2 * alpha * beta * x * through


@mutant(
    "local_response_backward",
    "Your power is −β twice. Differentiating s^−β gives −β · s^(−β − 1): one more power of s below "
    f"the line. {LRN}",
)
def forgets_to_lower_the_power(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    through = window_sum(dout * x * s**-beta, size // 2, size // 2)
    return dout * s**-beta - 2 * alpha * beta * x * through


@alternative("local_response_backward")
def as_in_the_book(dout, x, size, alpha, beta, k):
    s = level(x, size, alpha, k)
    through = window_sum(dout * x * s ** (-beta - 1), size // 2, size // 2)
    return dout * s**-beta - 2 * alpha * beta * x * through


@alternative("local_response_backward")
def by_central_differences(dout, x, size, alpha, beta, k):
    def loss(moved: Any) -> float:
        return float((dout * moved * level(moved, size, alpha, k) ** -beta).sum())

    step, dx = 1e-5, np.empty_like(x)
    for place in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[place] += step
        behind[place] -= step
        dx[place] = (loss(ahead) - loss(behind)) / (2 * step)
    return dx


# --- fold ---------------------------------------------------------------------------------------

FOLD = "See *Folding it into the layer before*."


def slope(gamma: Any, var: Any, eps: float) -> Any:
    return gamma / np.sqrt(var + eps)


def scaled(w: Any, factor: Any) -> Any:
    return w * np.asarray(factor)[:, None, None, None]


@mutant(
    "fold",
    "Your weights are scaled along the input channels. Batch norm acts on what the layer puts out, "
    f"one factor for each kernel: axis 0 of w. {FOLD}",
)
def scales_the_inputs(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return w * factor[:, None, None], factor * (b - mean) + beta


@mutant(
    "fold",
    "The old bias went past the normalization. It is part of what was normalized: (b − mean) is "
    f"scaled. {FOLD}",
)
def leaves_the_bias_unscaled(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return scaled(w, factor), b - factor * mean + beta


@mutant(
    "fold",
    "The old bias is gone. In training a bias before batch norm does nothing, because the batch's "
    f"mean takes it away; but the running mean is a number now, and b is still there. {FOLD}",
)
def drops_the_bias(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return scaled(w, factor), beta - factor * mean


@mutant(
    "fold",
    f"You divided by the variance in place of its root. {FOLD}",
)
def folds_the_variance(w, b, gamma, beta, mean, var, eps):
    factor = gamma / (var + eps)
    return scaled(w, factor), factor * (b - mean) + beta


@mutant(
    "fold",
    "ε is missing under the root: the folded layer is nearly right, and nearly is not equal. "
    f"{FOLD}",
)
def folds_without_eps(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, 0.0)
    return scaled(w, factor), factor * (b - mean) + beta


@mutant(
    "fold",
    "The weights are right. You took the running mean away after scaling; it is measured before, "
    f"so it is scaled with the rest. {FOLD}",
)
def subtracts_the_mean_late(w, b, gamma, beta, mean, var, eps):
    factor = slope(gamma, var, eps)
    return scaled(w, factor), factor * b - mean + beta


@alternative("fold")
def by_asking_the_two_layers(w, b, gamma, beta, mean, var, eps):
    def both(u: Any) -> Any:  # the layers one after the other, for w · x = u
        return gamma * (u + b - mean) / np.sqrt(var + eps) + beta

    bias = both(np.zeros_like(b))
    return scaled(w, both(np.ones_like(b)) - bias), bias


@alternative("fold")
def kernel_by_kernel(w, b, gamma, beta, mean, var, eps):
    std = np.sqrt(var + eps)
    kernels = [gamma[i] / std[i] * w[i] for i in range(len(w))]
    return kernels, [float(beta[i] + gamma[i] * (b[i] - mean[i]) / std[i]) for i in range(len(b))]


# --- GhostBatchNorm2d ---------------------------------------------------------------------------

GHOST = "See *Small batches break batch norm*."


def ghost(
    channels: int,
    ghost_size: int,
    momentum: float,
    eps: float,
    *,
    track: Any = None,
    buffers: bool = True,
    neighbours: bool = True,
    detach: bool = False,
) -> Any:
    """A ghost batch norm in which one thing can go wrong."""
    import torch
    from torch import nn

    class Ghost(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))
            mean, var = torch.zeros(channels).double(), torch.ones(channels).double()
            if buffers:
                self.register_buffer("running_mean", mean)
                self.register_buffer("running_var", var)
            else:
                self.running_mean, self.running_var = mean, var

        def forward(self, x: Any) -> Any:
            if not self.training:
                return self.finished(x[None], self.running_mean, self.running_var)[0]
            if neighbours:
                parts = x.unflatten(0, (-1, ghost_size))
            else:  # images 0, G, 2G … in one part of G parts
                parts = x.unflatten(0, (ghost_size, -1)).transpose(0, 1)
            var, mean = torch.var_mean(parts, (1, 3, 4), correction=0)
            with torch.no_grad():
                (track or average_the_parts)(self, parts, momentum)
            if detach:
                mean, var = mean.detach(), var.detach()
            out = self.finished(parts, mean, var)
            return (out if neighbours else out.transpose(0, 1)).flatten(0, 1)

        def finished(self, parts: Any, mean: Any, var: Any) -> Any:
            mean, var = (v.reshape(-1, 1, channels, 1, 1) for v in (mean, var))
            out = (parts - mean) / (var + eps).sqrt()
            return out * self.weight[:, None, None] + self.bias[:, None, None]

    return Ghost()


def statistics(parts: Any) -> tuple[Any, Any]:
    import torch

    var, mean = torch.var_mean(parts, (1, 3, 4))
    return mean, var


def average_the_parts(module: Any, parts: Any, momentum: float) -> None:
    mean, var = statistics(parts)
    module.running_mean.lerp_(mean.mean(0), momentum)
    module.running_var.lerp_(var.mean(0), momentum)


def one_update_a_part(module: Any, parts: Any, momentum: float) -> None:
    for mean, var in zip(*statistics(parts), strict=True):
        module.running_mean.lerp_(mean, momentum)
        module.running_var.lerp_(var, momentum)


def biased(module: Any, parts: Any, momentum: float) -> None:
    module.running_mean.lerp_(parts.mean((0, 1, 3, 4)), momentum)
    module.running_var.lerp_(parts.var((1, 3, 4), correction=0).mean(0), momentum)


def whole_batch(module: Any, parts: Any, momentum: float) -> None:
    module.running_mean.lerp_(parts.mean((0, 1, 3, 4)), momentum)
    module.running_var.lerp_(parts.var((0, 1, 3, 4)), momentum)


def nothing(module: Any, parts: Any, momentum: float) -> None:
    pass


def flipped(module: Any, parts: Any, momentum: float) -> None:
    average_the_parts(module, parts, 1 - momentum)


@mutant(
    "GhostBatchNorm2d",
    "You normalized the batch as one: that is an ordinary batch norm. Each part of `ghost_size` "
    f"images has statistics of its own. {GHOST}",
)
def ordinary_batch_norm(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    from torch import nn

    return nn.BatchNorm2d(channels, eps, momentum)


@mutant(
    "GhostBatchNorm2d",
    "Your parts are made of every so-and-so-many-th image. A device gets neighbours: images 0 … "
    f"ghost_size − 1 are the first part. {GHOST}",
)
def every_other_image(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, neighbours=False)


@mutant(
    "GhostBatchNorm2d",
    "Your running statistics move once for each part. The parts are one batch: average what they "
    "say, then move once. See *In training and at test time*.",
)
def moves_once_a_part(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=one_update_a_part)


@mutant(
    "GhostBatchNorm2d",
    "Your running variance averages the biased variances of the parts. Kept for images not yet "
    "seen, each divides by m − 1. See *In training and at test time*.",
)
def keeps_biased_variances(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=biased)


@mutant(
    "GhostBatchNorm2d",
    "Your running variance is that of the whole batch. It also holds the differences between the "
    "parts' means, which no part is normalized by; the mean of the parts' variances is asked. "
    f"{GHOST}",
)
def keeps_the_variance_of_the_whole(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=whole_batch)


@mutant(
    "GhostBatchNorm2d",
    "Training is right, but the running statistics never move, so that evaluation uses mean 0 and "
    "variance 1. See *In training and at test time*.",
)
def never_tracks(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=nothing)


@mutant(
    "GhostBatchNorm2d",
    "Your momentum is the weight of the old value. In PyTorch's normalizations it is the weight of "
    "the new batch. See *In training and at test time*.",
)
def flips_the_momentum(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, track=flipped)


@mutant(
    "GhostBatchNorm2d",
    "Everything is right until the network is saved: your running statistics are plain attributes, "
    "and state_dict() leaves them behind. register_buffer takes them along. See "
    "*In training and at test time*.",
)
def plain_attributes(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, buffers=False)


@mutant(
    "GhostBatchNorm2d",
    "You took the statistics of a part for constants: the gradient does not flow through them. "
    "Only the running ones are kept without a gradient. See *The backward pass is a projection*.",
)
def detaches_the_statistics(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps, detach=True)


@alternative("GhostBatchNorm2d")
def in_one_reshape(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    return ghost(channels, ghost_size, momentum, eps)


@alternative("GhostBatchNorm2d")
def with_a_loop(channels, ghost_size, *, momentum=0.1, eps=1e-5):
    import torch
    from torch import nn
    from torch.nn import functional

    class Looped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name, start in (("weight", 1.0), ("bias", 0.0)):
                self.register_parameter(name, nn.Parameter(torch.full((channels,), start)))
            for name, start in (("running_mean", 0.0), ("running_var", 1.0)):
                self.register_buffer(name, torch.full((channels,), start))

        def forward(self, x: Any) -> Any:
            affine = self.weight, self.bias
            if not self.training:
                running = self.running_mean, self.running_var
                return functional.batch_norm(x, *running, *affine, eps=eps)
            outs, means, variances = [], [], []
            for part in x.split(ghost_size):
                mean, var = torch.zeros_like(self.bias), torch.zeros_like(self.bias)
                outs.append(functional.batch_norm(part, mean, var, *affine, True, 1.0, eps))
                means.append(mean)
                variances.append(var)
            for running, new in ((self.running_mean, means), (self.running_var, variances)):
                running.mul_(1 - momentum).add_(torch.stack(new).mean(0), alpha=momentum)
            return torch.cat(outs)

    return Looped()


# --- predict ------------------------------------------------------------------------------------

MODES = "See *In training and at test time*."


def in_training_mode(network: Any, images: np.ndarray) -> np.ndarray:
    """Answer with a copy that was left in training mode."""
    import copy

    return ps.answer_with(copy.deepcopy(network).train(), images)


@mutant(
    "predict",
    "Right in a crowd, wrong alone: your network is still in training mode and normalizes every "
    f"image by the batch it comes in. network.eval() switches to the running statistics. {MODES}",
)
def left_in_training_mode(images):
    return in_training_mode(ps.trained(), images / 16)


@mutant(
    "predict",
    "Your network was trained on the file as it lies there, sorted by digit. Its running "
    f"statistics, and its weights, remember the digits that came last. Shuffle. {MODES}",
)
def trained_in_order(images):
    return ps.answer_with(ps.trained(shuffle=False, batch=16, steps=310), images / 16)


@mutant(
    "predict",
    "Your network evaluates with the running statistics it was born with, mean 0 and variance 1. "
    f"They only learn while the network runs in training mode. {MODES}",
)
def newborn_statistics(images):
    import copy

    network = copy.deepcopy(ps.trained())
    for module in network.modules():
        if hasattr(module, "reset_running_stats"):
            module.reset_running_stats()
    return ps.answer_with(network, images / 16)


@mutant(
    "predict",
    "You centre the images by the mean of the batch they come in. A single image minus its own "
    f"mean image is nothing at all. Means that predict needs belong to the training set. {MODES}",
)
def centred_by_its_batch(images):
    centre = ps.sorted_digits()[0].mean(axis=0)
    return ps.answer_with(ps.trained(), (images - images.mean(axis=0) + centre) / 16)


@mutant(
    "predict",
    "Training saw pixels from 0 to 1, predict gets them from 0 to 16 and hands them on. The "
    "running statistics do not repair that: they belong to the scale they were measured at. "
    f"{MODES}",
)
def forgets_to_scale(images):
    return ps.answer_with(ps.trained(), 1.0 * images)


@alternative("predict")
def with_group_norm(images):
    return ps.answer_with(ps.trained(norm="group", steps=260), images / 16)


@alternative("predict")
def by_the_nearest_digits(images):
    known, labels = ps.sorted_digits()
    flat = known.reshape(len(known), -1).astype(float)
    seen = np.asarray(images, dtype=float).reshape(len(images), -1)
    nearest = ((seen[:, None] - flat) ** 2).sum(axis=2).argsort(axis=1)[:, :3]
    return [int(np.bincount(row).argmax()) for row in labels[nearest]]
