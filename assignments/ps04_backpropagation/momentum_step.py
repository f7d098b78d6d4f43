"""A ball with a memory: implement gradient descent with momentum, and Nesterov's variant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.optim import momentum_step, nesterov_step

from .common import Rng, sizes


def draw_momenta(rng: Rng) -> Iterator[Case]:
    for part, steps, momentum, nesterov in (
        ("no momentum", 3, 0.0, False),
        ("one step", 1, 0.9, False),
        ("many steps with a changing rate", 6, 0.8, False),
        ("Nesterov", 1, 0.9, True),
        ("Nesterov", 5, 0.7, True),
    ):
        shape = sizes(rng, 2, 2, 4)
        w, v = rng.normal(size=shape), rng.normal(size=shape) * (steps == 1)
        lrs = [float(lr) for lr in np.round(rng.uniform(0.05, 0.5, steps), 3)]
        yield Case((w, v, rng.normal(size=(steps, *shape)), lrs, momentum, nesterov), part=part)


def run_momentum(target, w, v, gradients, lrs, momentum, nesterov):
    old = {"the old w": w, "the old v": v, "the gradients": gradients}
    for g, lr in zip(gradients, lrs, strict=True):
        w, v = target(w, v, g, lr, momentum, nesterov)
    return {"w": w, "v": v, **old}


def momentum_or_nesterov(
    w: Any, v: Any, g: Any, lr: float, momentum: float, nesterov: bool
) -> tuple[Any, Any]:
    step = nesterov_step if nesterov else momentum_step
    return step(w, g, v, lr=lr, momentum=momentum)


variants = Variants()
EXERCISE = Exercise(
    id="momentum_step",
    title="A ball with a memory",
    objective="Implement gradient descent with momentum, and Nesterov's variant.",
    section="04_backpropagation#bp-momentum",
    reference=momentum_or_nesterov,
    cases=draw_momenta,
    driver=run_momentum,
    hints={
        "no momentum": "With μ = 0 it is plain gradient descent, downhill.",
        "one step": "First the new v from the old one, then w from the new v. The old "
        "arrays stay as they are: v += g would change one.",
        "many steps with a changing rate": "The rate multiplies v when w moves. It is not "
        "stored in v.",
        "Nesterov": "The step is g + μ v, with the v that has g in it already.",
    },
    variants=variants,
)


@variants.mutant(
    "Your v is a running mean: g comes in with the factor 1 − μ. That is another convention, with "
    "steps smaller by that factor; here v ← μ v + g. See *Momentum and Nesterov*.",
)
def averages_the_gradients(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + (1 - momentum) * g
    return w - lr * (g + momentum * v if nesterov else v), v


@variants.mutant(
    "The rate sits inside of your v. As long as it is constant the steps are the same; when it "
    "falls, old and large rates go on rolling. Keep it outside. See *Momentum and Nesterov*.",
)
def rate_inside_the_velocity(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + lr * g
    return w - (lr * g + momentum * v if nesterov else v), v


@variants.mutant(
    "You moved with the old v, so the gradient comes one step late. First the new v, then w. See "
    "*Momentum and Nesterov*.",
)
def moves_with_the_old_velocity(w, v, g, lr, momentum, nesterov=False):
    new = momentum * v + g
    return w - lr * (g + momentum * v if nesterov else v), new


@variants.mutant(
    "You went uphill: w + η v. The gradient points to where the loss grows. See *A step downhill*.",
)
def climbs(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + g
    return w + lr * (g + momentum * v if nesterov else v), v


@variants.mutant(
    "You ignored nesterov. Its step is g + μ v with the new v: one gradient ahead of the ball. See "
    "*Momentum and Nesterov*.",
)
def ignores_nesterov(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + g
    return w - lr * v, v


@variants.mutant(
    "Your Nesterov step adds g to the whole new v, which has a g in it already. The v in the step "
    "is multiplied by μ once more: g + μ v. See *Momentum and Nesterov*.",
)
def nesterov_without_the_factor(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + g
    return w - lr * (g + v if nesterov else v), v


@variants.mutant(
    "The numbers are right, but you changed w itself: w -= … writes into the caller's array. "
    "Return new arrays: w = w − …. See *Momentum and Nesterov*.",
)
def writes_into_w(w, v, g, lr, momentum, nesterov=False):
    v = momentum * v + g
    w -= lr * (g + momentum * v if nesterov else v)
    return w, v


@variants.mutant(
    "The numbers are right, but you changed v itself: v += … writes into the caller's "
    "array. Return new arrays: v = μ v + g. See *Momentum and Nesterov*.",
)
def writes_into_v(w, v, g, lr, momentum, nesterov=False):
    v *= momentum
    v += g
    return w - lr * (g + momentum * v if nesterov else v), v


@variants.mutant(
    "You returned the v that you were given, so the ball forgets each gradient at once. The new v "
    "is the second result. See *Momentum and Nesterov*.",
)
def returns_the_old_velocity(w, v, g, lr, momentum, nesterov=False):
    new = momentum * v + g
    return w - lr * (g + momentum * new if nesterov else new), v


@variants.alternative
def one_formula(w, v, g, lr, momentum, nesterov=False):
    kept = momentum * v
    ahead = momentum if nesterov else 1.0
    return w - lr * (ahead * (kept + g) + nesterov * g), kept + g


@variants.alternative
def number_after_number(w, v, g, lr, momentum, nesterov=False):
    new_w, new_v = w.copy(), v.copy()
    for index in np.ndindex(w.shape):
        new_v[index] = momentum * v[index] + g[index]
        step = g[index] + momentum * new_v[index] if nesterov else new_v[index]
        new_w[index] = w[index] - lr * step
    return [new_w, new_v]
