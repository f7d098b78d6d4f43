"""Many small networks trained side by side, one a seed: an experiment in the time of a few runs.

The networks share nothing. Their weights are stacked along a first axis S, so that one product of
matrices serves them all. A seed fixes the training images, the first weights and the order of the
batches, whatever the recipe, so that two recipes can be compared seed by seed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from cvlib.arrays import Array
from cvlib.losses import log_softmax
from cvlib.regularization.reference.dropout import (
    DropoutCache,
    dropout_backward,
    dropout_forward,
    dropout_mask,
)
from cvlib.regularization.reference.labels import disturb_label, smooth_labels

Augment = Callable[[Array, Array, np.random.Generator], tuple[Array, Array]]


@dataclass(frozen=True)
class Task:
    """Images (S, n, C, H, W) with labels (S, n) to learn from, and others to be tested on."""

    images: Array
    labels: Array
    test_images: Array
    test_labels: Array
    classes: int


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; ``lr`` and ``l2`` may be (S, 1, 1), a number for each network.

    The weights, not the biases, pay l1 · Σ|w| + l2/2 · Σw²: `elastic_net_forward`.
    ``augment`` changes a batch of images, and labels if it must.
    """

    hidden: tuple[int, ...] = (128,)
    epochs: int = 150
    batch: int = 20
    lr: float | Array = 0.05
    momentum: float = 0.9
    l1: float = 0.0
    l2: float | Array = 0.0
    dropout: float = 0.0
    disturb: float = 0.0
    smooth: float = 0.0
    augment: Augment | None = None


@dataclass
class Networks:
    """S fully connected ReLU networks: weights (S, in, out), biases (S, 1, out) of each layer."""

    weights: list[Array]
    biases: list[Array]
    mean: Array
    losses: Array | None = None

    def scores(self, images: Array) -> Array:
        """Scores (S, m, K) of images (S, m, C, H, W), or of the same (m, C, H, W) for all."""
        return forward(self, flat(self, images))[0][-1]

    def right(self, images: Array, labels: Array) -> Array:
        """Which images are classified right, (S, m)."""
        return np.asarray(self.scores(images).argmax(axis=-1) == labels)

    def accuracy(self, images: Array, labels: Array) -> Array:
        """The share classified right, (S,)."""
        return np.asarray(self.right(images, labels).mean(axis=-1))


def flat(networks: Networks, images: Array) -> Array:
    """Images as centred vectors, (S, m, C·H·W)."""
    vectors = images.reshape(*images.shape[:-3], -1)
    return vectors - networks.mean


def forward(
    networks: Networks, x: Array, rate: float = 0.0, rng: np.random.Generator | None = None
) -> tuple[list[Array], list[DropoutCache | None]]:
    """Activations of every layer, the input first and the scores last; dropout if given a rate."""
    outs, caches = [x], []
    last = len(networks.weights) - 1
    for k, (w, b) in enumerate(zip(networks.weights, networks.biases, strict=True)):
        z = outs[-1] @ w + b
        cache = None
        if k < last:
            z = np.maximum(z, 0)
            if rate and rng is not None:
                z, cache = dropout_forward(z, dropout_mask(z.shape, rate, rng), rate=rate)
        outs.append(z)
        caches.append(cache)
    return outs, caches


def gradients(
    networks: Networks, outs: list[Array], caches: list[DropoutCache | None], dscores: Array
) -> list[tuple[Array, Array]]:
    """(dw, db) of each layer, from the gradient of the loss with respect to the scores."""
    found = []
    dout = dscores
    for k in reversed(range(len(networks.weights))):
        found.append((outs[k].mT @ dout, dout.sum(axis=1, keepdims=True)))
        if k:
            dout = dout @ networks.weights[k].mT
            cache = caches[k - 1]
            dout = dropout_backward(dout, cache) if cache is not None else dout
            dout = dout * (outs[k] > 0)
    return found[::-1]


def fresh(task: Task, recipe: Recipe, rngs: Sequence[np.random.Generator]) -> Networks:
    """Networks at their start: He's initialization, each seed its own."""
    sizes = [int(np.prod(task.images.shape[2:])), *recipe.hidden, task.classes]
    weights, biases = [], []
    for fan_in, fan_out in itertools.pairwise(sizes):
        drawn = [rng.standard_normal((fan_in, fan_out)) * np.sqrt(2 / fan_in) for rng in rngs]
        weights.append(np.stack(drawn).astype(np.float32))
        biases.append(np.zeros((len(rngs), 1, fan_out), np.float32))
    vectors = task.images.reshape(*task.images.shape[:2], -1)
    return Networks(weights, biases, vectors.mean(axis=1, keepdims=True))


def train(
    task: Task,
    recipe: Recipe,
    *,
    seeds: Sequence[int],
    on_epoch: Callable[[Networks], None] | None = None,
) -> Networks:
    """Train one network a seed by SGD with momentum and a cosine that ends at a rate of 0.

    ``losses`` of the result, (epochs, S), are means over each epoch, as training saw them;
    ``on_epoch`` is called with the networks after each.
    """
    rngs = [np.random.default_rng([seed, 1]) for seed in seeds]
    noise = np.random.default_rng([*seeds, 2])
    networks = fresh(task, recipe, rngs)
    velocities = [[np.zeros_like(w) for w in g] for g in (networks.weights, networks.biases)]
    count = task.labels.shape[1]
    steps, step = recipe.epochs * (count // recipe.batch), 0
    means = []
    row = np.arange(len(seeds))[:, None]
    for _ in range(recipe.epochs):
        order = np.stack([rng.permutation(count) for rng in rngs])
        losses = []
        for start in range(0, count - recipe.batch + 1, recipe.batch):
            picked = order[:, start : start + recipe.batch]
            losses.append(
                _step(
                    networks,
                    velocities,
                    (task.images[row, picked], task.labels[row, picked]),
                    recipe,
                    recipe.lr * 0.5 * (1 + np.cos(np.pi * step / steps)),
                    noise,
                    task.classes,
                )
            )
            step += 1
        means.append(np.mean(losses, axis=0))
        if on_epoch is not None:
            on_epoch(networks)
    networks.losses = np.array(means)
    return networks


def _step(
    networks: Networks,
    velocities: list[list[Array]],
    batch: tuple[Array, Array],
    recipe: Recipe,
    lr: float | Array,
    noise: np.random.Generator,
    classes: int,
) -> Array:
    """One step of SGD for all networks; returns their losses on the batch, (S,)."""
    images, labels = batch
    seeds, size = labels.shape
    if recipe.augment is not None:
        moved, labels = recipe.augment(images.reshape(-1, *images.shape[2:]), labels.ravel(), noise)
        images, labels = moved.reshape(images.shape), labels.reshape(seeds, size)
    if recipe.disturb:
        labels = disturb_label(labels.ravel(), classes, recipe.disturb, noise).reshape(labels.shape)
    targets = smooth_labels(labels.ravel(), classes, recipe.smooth).reshape(seeds, size, classes)

    outs, caches = forward(networks, flat(networks, images), recipe.dropout, noise)
    logs = log_softmax(outs[-1])
    dscores = (np.exp(logs) - targets) / np.float32(size)
    for k, found in enumerate(gradients(networks, outs, caches, dscores)):
        for which, (store, gradient) in enumerate(
            zip((networks.weights, networks.biases), found, strict=True)
        ):
            if which == 0 and np.any(recipe.l2):
                gradient += np.asarray(recipe.l2, np.float32) * store[k]
            if which == 0 and recipe.l1:
                gradient += np.float32(recipe.l1) * np.sign(store[k])
            velocity = velocities[which][k]
            velocity *= np.float32(recipe.momentum)
            gradient *= np.asarray(lr, np.float32)  # in place: it is not needed any more
            velocity -= gradient
            store[k] += velocity
    return np.asarray(-(targets * logs).sum(axis=-1).mean(axis=-1))
