"""The training loop: mini-batches, forward, backward, step, until a reason to stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import Array
from cvlib.datasets import batches
from cvlib.layers.layer import Layer
from cvlib.losses.reference import softmax_cross_entropy_backward, softmax_cross_entropy_forward
from cvlib.optim.optimizers import Optimizer
from cvlib.optim.reference.schedules import Schedule
from cvlib.training.history import History

#: forward(scores, labels) -> (loss, cache) and backward(dout, cache) -> dscores.
Loss = tuple[Callable[..., tuple[Any, Any]], Callable[..., Any]]

SOFTMAX_CROSS_ENTROPY: Loss = (softmax_cross_entropy_forward, softmax_cross_entropy_backward)


class Labelled(Protocol):
    """Images (N, C, H, W) or features (N, D) and their labels (N,): a Dataset, or a look-alike."""

    @property
    def images(self) -> Array:
        """The inputs."""

    @property
    def labels(self) -> Array:
        """What to predict."""


def fit(
    network: Layer,
    dataset: Labelled,
    *,
    optimizer: Optimizer,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    loss: Loss = SOFTMAX_CROSS_ENTROPY,
    schedule: Schedule | None = None,
    validation: Labelled | None = None,
    target_error: float | None = None,
    patience: int | None = None,
    augment: Callable[[Array, np.random.Generator], Array] | None = None,
    on_epoch: Callable[[History], object] | None = None,
) -> History:
    """Train a network by mini-batches and return what happened.

    Each epoch visits every image once, in an order drawn from `rng`. Training ends after `epochs`
    ("enough iterations"), when the error on `validation` is at most `target_error` ("small
    enough"), when it has not improved for `patience` epochs, when the loss is no longer a finite
    number, or when `on_epoch`, called with the history after each epoch, returns True. With
    `patience` the network is left as it was in its best epoch.

    `schedule(t)` gives the factor of the learning rate after t epochs, a fraction between whole
    ones; the optimizer's own rate comes back at the end. `augment(images, rng)` changes each
    mini-batch of inputs.

    Raises ValueError for a batch size or number of epochs below 1, no images, images and labels of
    different number, and a target or patience without validation.
    """
    _check(dataset, validation, epochs, batch_size, target_error, patience)
    history, best = History(), None
    base, steps = optimizer.lr, -(-len(dataset.labels) // batch_size)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            while not history.stopped:
                total = 0.0
                for k, chosen in enumerate(batches(len(dataset.labels), batch_size, rng)):
                    if schedule is not None:
                        optimizer.lr = base * schedule(len(history) + k / steps)
                    images = dataset.images[chosen]
                    images = images if augment is None else augment(images, rng)
                    value = train_step(network, images, dataset.labels[chosen], optimizer, loss)
                    total += value * len(chosen)
                history.loss.append(total / len(dataset.labels))
                history.lr.append(optimizer.lr)
                if validation is not None:
                    seen = accuracy(network, validation.images, validation.labels)
                    history.accuracy.append(seen)
                    if history.best_epoch is None or seen > history.best_accuracy:
                        history.best_epoch = len(history) - 1
                        best = network.state() if patience is not None else None
                history.stopped = _reason(history, epochs, target_error, patience)
                if on_epoch is not None and on_epoch(history) and not history.stopped:
                    history.stopped = "on_epoch"
    finally:
        optimizer.lr = base
    if best is not None:
        network.load_state(best)
    return history


def train_step(
    network: Layer, images: Array, labels: Array, optimizer: Optimizer, loss: Loss
) -> float:
    """Go forward, backward and one step; return the loss from before the step."""
    scores = network.forward(images, training=True)
    value, cache = loss[0](scores, labels)
    network.backward_parameters(loss[1](np.ones_like(value), cache))
    optimizer.step()
    return float(value)


def _reason(history: History, epochs: int, target_error: float | None, patience: int | None) -> str:
    if not np.isfinite(history.loss[-1]):
        return "diverged"
    if target_error is not None and history.error[-1] <= target_error:
        return "target"
    if len(history) >= epochs:
        return "epochs"
    if patience is not None and history.best_epoch is not None:
        return "patience" if len(history) - 1 - history.best_epoch >= patience else ""
    return ""


def _check(
    dataset: Labelled,
    validation: Labelled | None,
    epochs: int,
    batch_size: int,
    target_error: float | None,
    patience: int | None,
) -> None:
    for name, value, least in (
        ("epochs", epochs, 1),
        ("batch_size", batch_size, 1),
        ("patience", patience, 1),
        ("target_error", target_error, 0),
    ):
        if value is not None and value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    if validation is None and (target_error is not None or patience is not None):
        raise ValueError("target_error and patience need validation images")
    for name, given in (("dataset", dataset), ("validation", validation)):
        if given is not None and not 0 < len(given.images) == len(given.labels):
            raise ValueError(
                f"{name} has {len(given.images)} images and {len(given.labels)} labels: "
                "expected as many, and at least one"
            )


def scores(network: Layer, images: Array, *, batch_size: int = 256) -> Array:
    """Return the network's output for every image, in evaluation mode, a few images at a time."""
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if not len(images):
        raise ValueError("expected at least one image, got none")
    starts = range(0, len(images), batch_size)
    return np.concatenate([network.forward(images[k : k + batch_size]) for k in starts])


def predict(network: Layer, images: Array, *, batch_size: int = 256) -> NDArray[np.intp]:
    """Return the class of the highest score for every image; of equal scores the first."""
    return scores(network, images, batch_size=batch_size).argmax(axis=1)


def accuracy(network: Layer, images: Array, labels: Array, *, batch_size: int = 256) -> float:
    """Return the share of images whose predicted class is their label."""
    if len(images) != len(labels):
        raise ValueError(f"{len(images)} images have {len(labels)} labels: expected as many")
    return float(np.mean(predict(network, images, batch_size=batch_size) == labels))
