"""Down the slope: train a linear classifier by gradient descent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants

from .common import Rng, cross_entropy


def draw_descents(rng: Rng) -> Iterator[Case]:
    for part, steps in (("one step", 1), ("many steps", int(rng.integers(20, 30)))):
        for which in ("w", "b"):
            n, d, k = int(rng.integers(12, 16)), int(rng.integers(3, 5)), int(rng.integers(5, 7))
            x, y = rng.normal(0.5, 1.0, (n, d)), rng.integers(k - 1, size=n)  # none of the last
            yield Case((which, x, y, k, float(rng.uniform(0.2, 0.5)), steps), part=part)


def descend(
    x: np.ndarray, y: np.ndarray, classes: int, lr: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    w, b = np.zeros((classes, x.shape[1])), np.zeros(classes)
    for _ in range(steps):
        _, dscores = cross_entropy(x @ w.T + b, y)
        w -= lr * dscores.T @ x
        b -= lr * dscores.sum(axis=0)
    return w, b


def one_weight(target, which, *args):
    w, b = target(*args)
    return w if which == "w" else b


variants = Variants()
EXERCISE = Exercise(
    id="train_linear",
    title="Down the slope",
    objective="Train a linear classifier by gradient descent.",
    section="01_image_classification#cls-linear",
    reference=descend,
    cases=draw_descents,
    driver=one_weight,
    builds_on=("cross_entropy",),
    hints={
        "one step": "Start at zero. scores = x wᵀ + b; dw = dscoresᵀ x, db = the sum of "
        "dscores over the images.",
        "many steps": "Compute the scores anew in each step, from the weights as they are.",
    },
    variants=variants,
)


@variants.mutant(
    "You went up the slope: the step goes against the gradient, w ← w − lr · dw. See *One template "
    "a class*.",
)
def uphill(x, y, classes, lr, steps):
    return descend(x, y, classes, -lr, steps)


@variants.mutant(
    "You kept the gradient of the first step and walked on along it. Compute it anew where you "
    "stand. See *One template a class*.",
)
def one_gradient(x, y, classes, lr, steps):
    w, b = descend(x, y, classes, lr, 1)
    return (w * steps, b * steps) if steps > 1 else (w * 0.5, b * 0.5)


@variants.mutant(
    "You trained w and left b at zero. Without it every template must pass through the origin. See "
    "*One template a class*.",
)
def no_bias(x, y, classes, lr, steps):
    w, _ = descend(x, y, classes, lr, steps)
    return w, np.zeros(classes)


@variants.mutant(
    "You divided by the number of images twice: the gradient of the mean loss has that factor "
    "already. See *Softmax and cross-entropy*.",
)
def divides_twice(x, y, classes, lr, steps):
    return descend(x, y, classes, lr / len(x), steps)


@variants.mutant(
    "You updated w first and computed the gradient of b at the new w. Both belong to one point: "
    "compute both, then step. See *One template a class*.",
)
def one_after_the_other(x, y, classes, lr, steps):
    w, b = np.zeros((classes, x.shape[1])), np.zeros(classes)
    for _ in range(steps):
        w -= lr * cross_entropy(x @ w.T + b, y)[1].T @ x
        b -= lr * cross_entropy(x @ w.T + b, y)[1].sum(axis=0)
    return w, b


@variants.mutant(
    "You counted the classes that turn up in the labels. There are as many as `classes` says, and "
    "one without an image has a template all the same. See *One template a class*.",
)
def counts_the_labels(x, y, classes, lr, steps):
    return descend(x, y, int(y.max()) + 1, lr, steps)


@variants.alternative
def with_a_column_of_ones(x, y, classes, lr, steps):
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    w = np.zeros((classes, x.shape[1]))
    for _ in range(steps):
        e = np.exp(x @ w.T)
        p = e / e.sum(axis=1, keepdims=True)
        w = w + lr * (np.eye(classes)[y] - p).T @ x / len(x)
    return w[:, :-1], w[:, -1]


@variants.alternative
def image_after_image(x, y, classes, lr, steps):
    w, b = np.zeros((classes, x.shape[1])), np.zeros(classes)
    for _ in range(steps):
        dw, db = np.zeros_like(w), np.zeros_like(b)
        for row, label in zip(x, y, strict=True):
            p = np.exp(w @ row + b)
            p /= p.sum()
            p[label] -= 1
            dw += np.outer(p, row) / len(x)
            db += p / len(x)
        w, b = w - lr * dw, b - lr * db
    return w, b
