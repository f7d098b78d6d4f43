"""Backward, in one expression: derive the gradients of batch norm through its statistics."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.normalization import batch_norm_backward, batch_norm_forward

from .common import Rng, draw_batch, draw_eps, others, per_channel, wide

GRADIENTS = {  # part: (which gradient, vectors?)
    "dbeta": ("dbeta", False),
    "dgamma": ("dgamma", False),
    "all three, vectors": ("", True),
    "dx, images": ("dx", False),
}


def draw_backward(rng: Rng) -> Iterator[Case]:
    for part, (which, vectors) in GRADIENTS.items():
        for _ in range(2):
            x = draw_batch(rng, vectors=vectors)
            gamma = per_channel(rng, x, 1)[0]
            dout = 0.5 + rng.normal(size=x.shape) + 0.3 * (x - x.mean())
            yield Case((which, dout, x, gamma, draw_eps(rng)), part=part)


def backward(
    dout: np.ndarray, x: np.ndarray, gamma: np.ndarray, eps: float
) -> tuple[Any, Any, Any]:
    _, cache = batch_norm_forward(x, gamma, np.zeros_like(gamma), training=True, eps=eps)
    return batch_norm_backward(dout, cache)


def one_gradient(target, which, *args):
    dx, dgamma, dbeta = target(*args)
    all_three = {"dx": dx, "dgamma": dgamma, "dbeta": dbeta}
    return all_three[which] if which else all_three


variants = Variants()
EXERCISE = Exercise(
    id="batch_norm_backward",
    title="Backward, in one expression",
    objective="Derive the gradients of batch norm through its statistics.",
    section="06_normalization#norm-backward",
    reference=backward,
    cases=draw_backward,
    driver=one_gradient,
    weights={"all three, vectors": 2, "dx, images": 2},
    hints={
        "dbeta": "β is added to every number of its channel, so its gradient is a sum.",
        "dgamma": "γ multiplies x̂, not x.",
        "all three, vectors": "The mean and the variance depend on every x. Check that each "
        "channel of dx sums to zero; then see *The backward pass is a projection*.",
        "dx, images": "Means over the same axes as in the forward pass, and m is the "
        "number of entries they run over.",
    },
    variants=variants,
)


def pieces(dout: Any, x: Any, gamma: Any, eps: float) -> tuple[Any, ...]:
    """x̂, 1/σ, γ·dout and the axes: what every mutant starts from."""
    mean = x.mean(axis=others(x), keepdims=True)
    inv_std = 1 / np.sqrt(x.var(axis=others(x), keepdims=True) + eps)
    return (x - mean) * inv_std, inv_std, wide(gamma, x) * dout, others(x)


def average(values: Any, axes: Any) -> Any:
    return values.mean(axis=axes, keepdims=True)


BACKWARD = "See *The backward pass is a projection*."


@variants.mutant(
    "You took μ and σ for constants. They depend on every x of the channel, and two terms of dx "
    f"come from there; without them dx does not sum to zero. {BACKWARD}",
)
def constant_statistics(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    return g * inv_std, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@variants.mutant(
    "You differentiated through the mean and took σ for constant: the part of the gradient along "
    f"x̂ is still in your dx. {BACKWARD}",
)
def constant_variance(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    dx = (g - average(g, axes)) * inv_std
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@variants.mutant(
    "You differentiated through σ and took μ for constant: your dx does not sum to zero over a "
    f"channel, and it must, since adding a constant to x changes nothing. {BACKWARD}",
)
def constant_mean(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    dx = (g - normalized * average(g * normalized, axes)) * inv_std
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@variants.mutant(
    "dγ and dβ are right; dx is too small or too large by a factor a channel: γ is missing. dout "
    f"comes in behind the scale, so it is multiplied by γ on the way back. {BACKWARD}",
)
def forgets_gamma(dout, x, gamma, eps):
    return right_gradients(dout, x, 1 + 0 * gamma, eps)


@variants.mutant(
    "Your sums are divided by the number of images. The means run over N, H and W, so m is N · H "
    f"· W. {BACKWARD}",
)
def divides_by_the_batch(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    factor = x[0, 0].size  # 1 for vectors: there m is N
    along = average(g, axes) + normalized * average(g * normalized, axes)
    dx = (g - factor * along) * inv_std
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@variants.mutant(
    "Your dγ multiplies dout by x. What γ multiplies in the forward pass is x̂, after the "
    f"normalization. {BACKWARD}",
)
def dgamma_with_x(dout, x, gamma, eps):
    dx, _, dbeta = right_gradients(dout, x, gamma, eps)
    return dx, (dout * x).sum(axis=others(x)), dbeta


@variants.mutant(
    "Your dγ and dβ are averages. A parameter used at m places collects m contributions: sums. "
    f"{BACKWARD}",
)
def averages_the_parameters(dout, x, gamma, eps):
    m = x.size / x.shape[1]
    dx, dgamma, dbeta = right_gradients(dout, x, gamma, eps)
    return dx, dgamma / m, dbeta / m


@variants.mutant(
    "You took sums where the two parts of dx are means: what is taken out along (1, …, 1) and "
    f"along x̂ is divided by m. {BACKWARD}",
)
def sums_the_parts(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    m = x.size / x.shape[1]
    dx = (g - m * (average(g, axes) + normalized * average(g * normalized, axes))) * inv_std
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@variants.mutant(
    "ε is missing. It stood under the root on the way forward, so it stands there on the way back. "
    f"{BACKWARD}",
)
def forgets_eps(dout, x, gamma, eps):
    return right_gradients(dout, x, gamma, 0.0)


@variants.mutant(
    "You made x̂ a unit vector before you took its part out, as if ε were 0. Its square sums to "
    f"less than m; divide by m. {BACKWARD}",
)
def projects_as_without_eps(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    along = average(g * normalized, axes) / average(normalized**2, axes)
    dx = (g - average(g, axes) - normalized * along) * inv_std
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@variants.alternative
def right_gradients(dout, x, gamma, eps):
    normalized, inv_std, g, axes = pieces(dout, x, gamma, eps)
    dx = inv_std * (g - average(g, axes) - normalized * average(g * normalized, axes))
    return dx, (dout * normalized).sum(axis=axes), dout.sum(axis=axes)


@variants.alternative
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


@variants.alternative
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
