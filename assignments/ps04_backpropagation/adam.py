"""A step of the same size for everyone: build Adam, with its two means and their correction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.optim import adam_step

from .common import Array, Rng


def draw_adams(rng: Rng) -> Iterator[Case]:
    for part, steps, shapes, eps in (
        ("the first step", 1, [(2, 3)], 1e-8),
        ("several steps", 7, [(3, 2)], 1e-8),
        ("several arrays", 5, [(2, 3), (2,), (4, 2)], 1e-8),
        ("a changing rate", 6, [(4,), (2, 2)], 1e-8),
        ("a large ε", 4, [(2, 4)], 0.3),
    ):
        betas = tuple(float(b) for b in rng.uniform((0.7, 0.9), (0.9, 0.99)).round(3))
        parameters = [rng.normal(size=s) for s in shapes]
        spread = [10.0 ** rng.uniform(-2, 2, s) * rng.choice([-1, 1], s) for s in shapes]
        gradients = [[s * rng.uniform(0.3, 2.0, s.shape) for s in spread] for _ in range(steps)]
        lrs: Any = rng.uniform(0.01, 0.3, steps if part == "a changing rate" else 1).round(3)
        lrs = [float(lr) for lr in np.broadcast_to(lrs, steps)]
        yield Case((parameters, gradients, lrs, betas, eps), part=part)


def run_adam(target, parameters, gradients, lrs, betas, eps):
    held = [p.copy() for p in parameters]
    optimizer = target(list(held), lrs[0], betas, eps)  # its list it may do with as it likes
    for lr, g in zip(lrs, gradients, strict=True):
        optimizer.lr = lr
        optimizer.step([a.copy() for a in g])
    return held  # the arrays that were handed over: they have to move


class AdamInPlace:
    """Adam as the exercise asks for it, by the library's rule."""

    def __init__(self, parameters: Any, lr: float, betas: Any, eps: float) -> None:
        self.parameters, self.lr, self.options = parameters, lr, {"betas": betas, "eps": eps}
        self.means = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
        self.count = 0

    def step(self, gradients: Any) -> None:
        self.count += 1
        for k, (w, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            moved = adam_step(w, g, *self.means[k], self.count, lr=self.lr, **self.options)
            w[...], self.means[k] = moved[0], (moved[1], moved[2])


variants = Variants()
EXERCISE = Exercise(
    id="Adam",
    title="A step of the same size for everyone",
    objective="Build Adam, with its two means and their correction.",
    section="04_backpropagation#bp-adam",
    kind="class",
    reference=AdamInPlace,
    cases=draw_adams,
    driver=run_adam,
    hints={
        "the first step": "At t = 1 both corrections undo the factors 1 − β exactly: every "
        "weight moves by the rate. Did the arrays move in place?",
        "several steps": "m and s keep the uncorrected means; only the step uses the "
        "corrected ones.",
        "several arrays": "Each array has means of its own, and all share one t.",
        "a changing rate": "step reads self.lr each time.",
        "a large ε": "ε is added to the root, not under it.",
    },
    variants=variants,
)


class RightAdam:
    """Adam in place; each mutant changes one decision."""

    def __init__(self, parameters: Any, lr: float, betas: Any = (0.9, 0.999), eps: float = 1e-8):
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.t = 0
        self.m = [np.zeros_like(p) for p in parameters]
        self.s = [np.zeros_like(p) for p in parameters]

    def times(self, k: int) -> int:
        """The t that the correction of the k-th array uses."""
        return self.t

    def size(self, s: Array) -> Array:
        return np.sqrt(s) + self.eps

    def step(self, gradients: Any) -> None:
        self.t += 1
        first, second = self.betas
        for k, (w, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            self.m[k] = first * self.m[k] + (1 - first) * g
            self.s[k] = second * self.s[k] + (1 - second) * g**2
            t = self.times(k)
            m, s = self.m[k] / (1 - first**t), self.s[k] / (1 - second**t)
            self.move(k, w, self.lr * m / self.size(s))

    def move(self, k: int, w: Array, step: Array) -> None:
        w -= step


@variants.mutant(
    "You left out the corrections 1 − βᵗ. Both means start at 0, so the first steps have the wrong "
    "size; the very first one should be the rate itself. See *Adam*.",
)
class NoCorrection(RightAdam):
    def times(self, k):
        return 10**6


@variants.mutant(
    "Your t is one too large: it counts from 1, so after the first gradient the corrections divide "
    "by 1 − β. See *Adam*.",
)
class CountsFromTwo(RightAdam):
    def times(self, k):
        return self.t + 1


@variants.mutant(
    "You counted t once for each array. All arrays take their step at the same time: count it once "
    "a step, outside of the loop. See *Adam*.",
)
class CountsEveryArray(RightAdam):
    def times(self, k):
        return (self.t - 1) * len(self.parameters) + k + 1


@variants.mutant(
    "Your ε is under the root. It is added to the root; under it, 10⁻⁸ acts like 10⁻⁴. See *Adam*.",
)
class EpsilonUnderTheRoot(RightAdam):
    def size(self, s):
        return np.sqrt(s + self.eps)


@variants.mutant(
    "You forgot the root: s is the mean of the squares, and only its root has the gradient's unit. "
    "See *Adam*.",
)
class ForgetsTheRoot(RightAdam):
    def size(self, s):
        return s + self.eps


@variants.mutant(
    "You exchanged the betas: the first belongs to the mean of the gradients, the second, slower "
    "one to that of their squares. See *Adam*.",
)
class ExchangesTheBetas(RightAdam):
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, lr, betas[::-1], eps)


@variants.mutant(
    "The network's arrays have not moved: w = w − … makes a new array, and the network holds the "
    "old one, whatever list you put the new one into. Change it in place, w −= …. See *Adam*.",
)
class NotInPlace(RightAdam):
    def move(self, k, w, step):
        w = w - step


@variants.mutant(
    "Your rate is the one from the beginning. A schedule sets optimizer.lr before each step, so "
    "read it there. See *Adam*.",
)
class KeepsTheFirstRate(RightAdam):
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        super().__init__(parameters, lr, betas, eps)
        self.rate = lr

    def move(self, k, w, step):
        w -= step * (self.rate / self.lr)


@variants.mutant(
    "You put the corrected means back into m and s, so they are corrected again in the next step. "
    "Keep the plain ones. See *Adam*.",
)
class KeepsTheCorrectedMeans(RightAdam):
    def step(self, gradients):
        super().step(gradients)
        for k in range(len(self.m)):
            self.m[k] = self.m[k] / (1 - self.betas[0] ** self.t)
            self.s[k] = self.s[k] / (1 - self.betas[1] ** self.t)


@variants.alternative
class AllInOneVector:
    """One long vector for all arrays."""

    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8):
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.powers = [1.0, 1.0]
        self.mean = np.zeros((2, sum(p.size for p in parameters)))

    def step(self, gradients):
        g = np.concatenate([np.ravel(a) for a in gradients])
        for k, beta in enumerate(self.betas):
            self.mean[k] = beta * self.mean[k] + (1 - beta) * g ** (k + 1)
            self.powers[k] *= beta
        m, s = (mean / (1 - power) for mean, power in zip(self.mean, self.powers, strict=True))
        step, start = self.lr * m / (s**0.5 + self.eps), 0
        for p in self.parameters:
            p -= step[start : start + p.size].reshape(p.shape)
            start += p.size


@variants.alternative
class CorrectsTheRate(RightAdam):
    """The form in which the corrections go into the rate and into ε."""

    def step(self, gradients):
        self.t += 1
        first, second = self.betas
        root = np.sqrt(1 - second**self.t)
        rate = self.lr * root / (1 - first**self.t)
        for w, m, s, g in zip(self.parameters, self.m, self.s, gradients, strict=True):
            m *= first
            m += (1 - first) * g
            s *= second
            s += (1 - second) * g * g
            w[...] = w - rate * m / (np.sqrt(s) + self.eps * root)
