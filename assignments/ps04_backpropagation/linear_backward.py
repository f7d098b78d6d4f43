"""The layer that sees everything: derive the three gradients of a fully connected layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.layers import linear_backward, linear_forward

from .common import Rng, one_gradient, sizes


def draw_linear(rng: Rng) -> Iterator[Case]:
    for which in ("dx", "dw", "db"):
        for alone in ("", "one image", "one output"):
            n, d, m = sizes(rng, 3)
            n, m = 1 if alone == "one image" else n, 1 if alone == "one output" else m
            arrays = [rng.normal(size=shape) for shape in ((n, m), (n, d), (m, d))]
            yield Case((which, *arrays), part=which)


def linear_gradients(dout: Any, x: Any, w: Any) -> tuple[Any, ...]:
    return linear_backward(dout, linear_forward(x, w, np.zeros(len(w)))[1])


variants = Variants()
EXERCISE = Exercise(
    id="linear_backward",
    title="The layer that sees everything",
    objective="Derive the three gradients of a fully connected layer.",
    section="04_backpropagation#bp-linear",
    reference=linear_gradients,
    cases=draw_linear,
    driver=one_gradient,
    hints={
        "dx": "x[n, d] reaches every output m of its own image, each by way of w[m, d].",
        "dw": "w[m, d] is used once for each image. Sum over the images.",
        "db": "b[m] is added once for each image, and dout already has the mean in it.",
    },
    variants=variants,
)


@variants.mutant(
    "You took the mean over the batch in dw and db. The loss has taken it already, and dout "
    "carries it: sum here. See *The fully connected layer*.",
)
def takes_the_mean_again(dout, x, w):
    return dout @ w, dout.T @ x / len(x), dout.mean(axis=0)


@variants.mutant(
    "Your dw is the transpose of the right one. The gradient is shaped like the weight: (M, D), "
    "outputs first. See *The fully connected layer*.",
)
def transposes_dw(dout, x, w):
    return dout @ w, x.T @ dout, dout.sum(axis=0)


@variants.mutant(
    "db still has a row for each image. The same bias was added for all of them, so its gradient "
    "is their sum, of shape (M,). See *The fully connected layer*.",
)
def forgets_to_sum_db(dout, x, w):
    return dout @ w, dout.T @ x, dout


@variants.mutant(
    "Your dx does not look at dout: it is what an upstream gradient of ones would give. The loss "
    "cares more for some outputs than for others. See *The chain rule, walked backwards*.",
)
def ignores_dout_in_dx(dout, x, w):
    return np.ones_like(dout) @ w, dout.T @ x, dout.sum(axis=0)


@variants.mutant(
    "Your dw does not look at dout: you summed the inputs. A weight matters as much as the output "
    "that it feeds: dout[n, m] · x[n, d]. See *The fully connected layer*.",
)
def ignores_dout_in_dw(dout, x, w):
    return dout @ w, np.ones_like(dout).T @ x, dout.sum(axis=0)


@variants.mutant(
    "You summed dx over the batch as well. Each image has a gradient of its own; it is the weights "
    "that all images share. See *The fully connected layer*.",
)
def sums_dx_over_the_batch(dout, x, w):
    dx = dout @ w
    return np.broadcast_to(dx.sum(axis=0), dx.shape).copy(), dout.T @ x, dout.sum(axis=0)


@variants.mutant(
    "Your db adds up the outputs of each image. The bias b[m] belongs to output m: add up over the "
    "images, axis 0. See *The fully connected layer*.",
)
def sums_db_over_the_outputs(dout, x, w):
    return dout @ w, dout.T @ x, dout.sum(axis=1)


@variants.mutant(
    "Your gradients lose their axes of length 1: with one image or one output they are no longer "
    "shaped as x, w and b. Leave out the squeeze. See *The fully connected layer*.",
)
def squeezes(dout, x, w):
    return (dout @ w).squeeze(), (dout.T @ x).squeeze(), dout.sum(axis=0).squeeze()


@variants.alternative
def image_by_image(dout, x, w):
    dx, dw, db = np.zeros_like(x), np.zeros_like(w), np.zeros(len(w))
    for n, upstream in enumerate(dout):
        dx[n] = upstream @ w
        dw += np.outer(upstream, x[n])
        db += upstream
    return dx, dw, db


@variants.alternative
def with_einsum(dout, x, w):
    return [
        np.einsum("nm,md->nd", dout, w),
        np.einsum("nm,nd->md", dout, x),
        np.einsum("nm->m", dout),
    ]
