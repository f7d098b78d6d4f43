"""Which remedy helps? Small networks on few handwritten digits, over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cvlib.arrays import Array
from cvlib.datasets import load_digits
from cvlib.intervals import Interval, mean_interval
from cvlib.losses import log_softmax
from cvlib.regularization.experiments.side_by_side import (
    Augment,
    Networks,
    Recipe,
    Task,
    train,
)
from cvlib.regularization.reference.early_stopping import stopping_point
from cvlib.regularization.reference.ensemble import all_masks, arithmetic_mean, geometric_mean
from cvlib.regularization.reference.frame import flip
from cvlib.regularization.reference.policy import Policy


def by_policy(policy: Policy) -> Augment:
    """An augmentation that leaves the labels as they are."""

    def augment(images: Array, labels: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        return policy(images, rng), labels

    return augment


MILD = Policy(shift=0.7, degrees=15)
#: The strengths are the papers' own, not tuned: the weight decay of AlexNet, 5 · 10⁻⁴; half of the
#: units; a tenth of the labels. Only the L1 strength is ours.
RECIPES: dict[str, Recipe] = {
    "nothing": Recipe(),
    "L2": Recipe(l2=5e-4),
    "L2, ten times": Recipe(l2=5e-3),
    "L1": Recipe(l1=1e-4),
    "dropout": Recipe(dropout=0.5),
    "DisturbLabel": Recipe(disturb=0.1),
    "label smoothing": Recipe(smooth=0.1),
    "small moves": Recipe(augment=by_policy(MILD)),
    "mirror images": Recipe(augment=by_policy(Policy(mirror=0.5))),
    "moves, dropout, smoothing": Recipe(dropout=0.5, smooth=0.1, augment=by_policy(MILD)),
}


def digits() -> tuple[Array, Array]:
    """The 1,797 handwritten digits as (N, 1, 8, 8) float32 in 0 … 1, with their labels."""
    data = load_digits()
    return data.images, data.labels


def digit_task(
    seeds: Sequence[int], train_size: int, *, test_size: int | None = None, wrong: float = 0.0
) -> Task:
    """Draw training images and test on others, afresh for each seed.

    A share ``wrong`` of the training labels is replaced, once and for all, by another class.
    """
    images, labels = digits()
    test_size = len(labels) - train_size if test_size is None else test_size
    seen, unseen, taught = [], [], []
    for seed in seeds:
        rng = np.random.default_rng([seed, 0])
        order = rng.permutation(len(labels))
        seen.append(order[:train_size])
        unseen.append(order[train_size : train_size + test_size])
        shift = np.where(rng.random(train_size) < wrong, rng.integers(1, 10, train_size), 0)
        taught.append((labels[seen[-1]] + shift) % 10)
    return Task(images[seen], np.stack(taught), images[unseen], labels[unseen], 10)


def shortened(recipe: Recipe, epochs: int) -> Recipe:
    """The same recipe with another number of epochs."""
    return replace(recipe, epochs=epochs)


def train_all(
    task: Task, recipes: Mapping[str, Recipe], seeds: Sequence[int]
) -> dict[str, Networks]:
    """Train every recipe on the same task."""
    return {name: train(task, recipe, seeds=seeds) for name, recipe in recipes.items()}


def accuracies(trained: Mapping[str, Networks], task: Task) -> dict[str, Array]:
    """Test accuracy of each seed, in percent."""
    return {n: 100 * t.accuracy(task.test_images, task.test_labels) for n, t in trained.items()}


def gains(results: Mapping[str, Array], base: str = "nothing") -> dict[str, Interval]:
    """The paired difference of each recipe to ``base``, with its interval over the seeds."""
    return {n: mean_interval(v - results[base]) for n, v in results.items() if n != base}


# --- which way does the picture look? -----------------------------------------------------------


def swap_with_the_mirror(
    images: Array, labels: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Mirror half of the images *and* say so: the label changes sides too."""
    chosen = rng.random(len(images)) < 0.5
    return flip(images, chosen), np.where(chosen, 1 - labels, labels)


SIDES: dict[str, Recipe] = {
    "no flip": Recipe(epochs=60),
    "flip, keep the label": Recipe(epochs=60, augment=by_policy(Policy(mirror=0.5))),
    "flip, change the label": Recipe(epochs=60, augment=swap_with_the_mirror),
}


def side_task(seeds: Sequence[int], train_size: int) -> Task:
    """Half of the digits are mirrored, and the question is which: a heart on the wrong side."""
    task = digit_task(seeds, train_size)
    rng = np.random.default_rng([*seeds, 3])
    pictures, sides = [], []
    for images in (task.images, task.test_images):
        side = rng.integers(0, 2, images.shape[:2])
        turned = np.where(side[..., None, None, None] == 1, images[..., ::-1], images)
        pictures.append(turned)
        sides.append(side)
    return Task(pictures[0], sides[0], pictures[1], sides[1], 2)


# --- all 2^H networks ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Ensemble:
    """Test accuracies in percent, (S, M) of the single networks and (S,) of what they say together.

    The gaps, (S,), are mean total variation distances, ½ Σ_k |p_k − q_k|, to the scaled network.
    """

    single: Array
    scaled: Array
    arithmetic: Array
    geometric: Array
    gap_geometric: Array
    gap_arithmetic: Array


def every_network(task: Task, hidden: tuple[int, ...], *, seeds: Sequence[int]) -> Ensemble:
    """Train a network a seed with dropout ½ and ask all the networks that each is made of.

    ``hidden`` must sum to the number of units that are dropped, at most about 12.
    """
    networks = train(task, Recipe(hidden=hidden, dropout=0.5, epochs=300), seeds=seeds)
    masks = all_masks(sum(hidden))
    weights = np.full(len(masks), 1 / len(masks))
    asked = []
    for k in range(len(seeds)):
        images, labels = task.test_images[k], task.test_labels[k]
        logs = masked(networks, k, images, masks)
        scaled = np.exp(masked(networks, k, images, np.full((1, sum(hidden)), 0.5))[0])
        said = scaled, arithmetic_mean(logs, weights), geometric_mean(logs, weights)
        gaps = [0.5 * np.abs(p - scaled).sum(axis=1).mean() for p in said]
        right = [100 * (p.argmax(axis=-1) == labels).mean(axis=-1) for p in (logs, *said)]
        asked.append((*right, gaps[2], gaps[1]))
    return Ensemble(*(np.array(column) for column in zip(*asked, strict=True)))


def masked(networks: Networks, k: int, images: Array, masks: Array) -> Array:
    """Log-probabilities (M, n, K), in float64, that each mask over all hidden units leaves."""
    x = (images.reshape(len(images), -1) - networks.mean[k]).astype(float)
    used = 0
    for layer, (w, b) in enumerate(zip(networks.weights, networks.biases, strict=True)):
        x = x @ w[k] + b[k]
        if layer < len(networks.weights) - 1:
            x = np.maximum(x, 0) * 2 * masks[:, None, used : used + x.shape[-1]]
            used += x.shape[-1]
    return log_softmax(x)


# --- the early stop -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Stops:
    """Accuracies in percent, one a seed: all epochs on all images, the same on fewer, stopped.

    ``learned`` is the share of the training labels, wrong ones too, that all epochs made it repeat.
    """

    full: Array
    fewer: Array
    stopped: Array
    epochs: Array
    learned: Array
    curves: dict[str, Array]


def early_stops(
    seeds: Sequence[int], *, train_size: int, held_out: int, wrong: float, patience: int
) -> Stops:
    """Is it worth giving up ``held_out`` training images to know when to stop?

    One network learns from all images to the end. Another learns from the rest, and its loss on the
    held-out images says when to stop; its accuracy then is compared, and also that at the end.
    """
    recipe = Recipe(epochs=100)
    task = digit_task(seeds, train_size, test_size=300, wrong=wrong)
    whole = train(task, recipe, seeds=seeds)
    full, learned = (
        100 * whole.accuracy(*pair)
        for pair in ((task.test_images, task.test_labels), (task.images, task.labels))
    )
    rest = train_size - held_out
    both = Task(
        task.images[:, :rest],
        task.labels[:, :rest],
        np.concatenate([task.images[:, rest:], task.test_images], axis=1),
        np.concatenate([task.labels[:, rest:], task.test_labels], axis=1),
        10,
    )
    held, tested = _watched(both, recipe, seeds, held_out)
    best = np.array([stopping_point(losses, patience) for losses in held.T])
    stopped = tested[best[:, 0], np.arange(len(seeds))]
    curves = {"held-out loss": held, "test accuracy": 100 * tested}
    return Stops(full, 100 * tested[-1], 100 * stopped, best[:, 1], learned, curves)


def _watched(
    task: Task, recipe: Recipe, seeds: Sequence[int], held_out: int
) -> tuple[Array, Array]:
    """Loss on the first ``held_out`` test images and accuracy on the others, (epochs, S) each."""
    held: list[Array] = []
    tested: list[Array] = []

    def look(networks: Networks) -> None:
        logs = log_softmax(networks.scores(task.test_images))
        picked = np.take_along_axis(logs, task.test_labels[..., None], axis=-1)[..., 0]
        held.append(-picked[:, :held_out].mean(axis=1))
        right = logs.argmax(axis=-1) == task.test_labels
        tested.append(right[:, held_out:].mean(axis=1))

    train(task, recipe, seeds=seeds, on_epoch=look)
    return np.array(held), np.array(tested)
