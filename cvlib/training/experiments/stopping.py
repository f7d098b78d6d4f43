"""When to stop, and what a falling learning rate is worth: small digit networks, many seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cvlib.arrays import Array
from cvlib.datasets import Dataset
from cvlib.optim import SGD, Schedule
from cvlib.training.experiments.digits import digit_parts, perceptron, perceptrons
from cvlib.training.experiments.side_by_side import Examples, fit_side_by_side, right
from cvlib.training.fit import accuracy, fit
from cvlib.training.history import History


@dataclass(frozen=True)
class Stop:
    """Where a rule stopped: after how many epochs, and the error on digits nobody looked at."""

    epochs: int
    error: float


@dataclass(frozen=True)
class StoppingRun:
    """One long run and what four rules would have made of it."""

    history: History
    stops: dict[str, Stop]


def stopping_rules(
    seed: int,
    *,
    examples: int = 200,
    wrong_labels: float = 0.2,
    epochs: int = 80,
    target: float = 0.05,
    patience: int = 10,
) -> StoppingRun:
    """Train on few digits, some of them mislabelled, and apply the stopping rules.

    Validation digits are mislabelled as often as the training digits: nobody knew better. "target"
    stops when the validation error is at most `target`; "epochs" at the end; "patience" when the
    validation error has not improved for so many epochs, and goes back to its best; "hindsight" at
    the epoch that is best on the test digits, whose labels are right, which no rule can know.
    """
    train, held, test = digit_parts(seed, examples, examples, 800)
    rng = np.random.default_rng(seed)
    train, held = (_mislabelled(part, wrong_labels, rng) for part in (train, held))
    network = perceptron("relu", rng, hidden=(100,))
    errors: list[float] = []

    def look(history: History) -> None:
        errors.append(1 - accuracy(network, test.images, test.labels))

    history = fit(
        network,
        train,
        optimizer=SGD(network.parameters(), 0.1, momentum=0.9),
        epochs=epochs,
        batch_size=20,
        rng=rng,
        validation=held,
        on_epoch=look,
    )
    seen = np.array(history.error)
    reached = np.flatnonzero(seen <= target)
    best, waited = 0, epochs
    for epoch in range(epochs):
        if seen[epoch] < seen[best]:
            best = epoch
        if epoch - best >= patience:
            waited = epoch + 1
            break
    stops = {
        "epochs": Stop(epochs, errors[-1]),
        "patience": Stop(waited, errors[best]),
        "hindsight": Stop(int(np.argmin(errors)) + 1, min(errors)),
    }
    if len(reached):
        stops["target"] = Stop(int(reached[0]) + 1, errors[reached[0]])
    return StoppingRun(history, stops)


def _mislabelled(part: Dataset, share: float, rng: np.random.Generator) -> Dataset:
    wrong = rng.random(len(part)) < share
    labels = np.where(wrong, (part.labels + rng.integers(1, 10, len(part))) % 10, part.labels)
    return Dataset(part.images, labels, part.class_names)


def compare_schedules(
    schedules: dict[str, Schedule],
    *,
    lr: float,
    epochs: int = 10,
    seeds: Sequence[int] = range(20),
) -> dict[str, tuple[Array, Array]]:
    """Return the last epoch's training loss and the held-out accuracy of each schedule, by seed."""
    train, test = (
        Examples.of(part) for part in zip(*(digit_parts(seed) for seed in seeds), strict=True)
    )
    found = {}
    for name, schedule in schedules.items():
        network, rngs = perceptrons("relu", seeds, hidden=(50, 50))
        losses = fit_side_by_side(
            network,
            train,
            optimizer=SGD(network.parameters(), 0.0),
            rates=[lr] * len(seeds),
            epochs=epochs,
            batch_size=10,
            rngs=rngs,
            schedule=schedule,
        )
        found[name] = losses[-1], right(network, test)
    return found
