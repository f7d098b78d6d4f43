"""Do activations differ in how fast they learn? A race over depths and learning rates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cvlib.arrays import Array
from cvlib.optim import SGD
from cvlib.training.experiments.digits import digit_parts, perceptrons
from cvlib.training.experiments.side_by_side import Examples, fit_side_by_side, right


@dataclass(frozen=True)
class Race:
    """Epochs until the goal is reached, (learning rates, seeds), inf where it never is.

    `validation`: on the digits that the rate is chosen by; `test`: on others. `reached`: the
    highest test accuracy of any epoch.
    """

    name: str
    hidden: tuple[int, ...]
    rates: tuple[float, ...]
    validation: Array
    test: Array
    reached: Array

    @property
    def best(self) -> int:
        """The place of the rate with the smallest mean on the validation digits.

        A rate that fails under one seed has no mean, and is chosen only where all fail.
        """
        return int(self.validation.mean(axis=1).argmin())

    @property
    def epochs(self) -> Array:
        """The epochs on the test digits at the chosen rate, by seed."""
        return np.asarray(self.test[self.best])


def race(
    activation: str,
    *,
    rates: Sequence[float],
    goal: float = 0.9,
    limit: int = 32,
    hidden: Sequence[int] = (24, 24, 24),
    seeds: Sequence[int] = range(5),
    **options: float,
) -> Race:
    """Count the epochs of plain SGD until a share `goal` of digits never trained on is right.

    Every rate under every seed is a network of its own, on 1,000 digits in batches of 50, with 300
    digits for validation and 300 for the test. It runs until it has reached the goal on both.
    """
    count = len(rates) * len(seeds)
    dealt = [digit_parts(seed, 1000, 300, 300) for seed in seeds] * len(rates)
    train, *others = (Examples.of(parts) for parts in zip(*dealt, strict=True))
    network, rngs = perceptrons(activation, [*seeds] * len(rates), hidden=hidden, **options)
    epochs, reached = np.full((2, count), np.inf), np.zeros(count)
    passed = 0

    def look(here: Array) -> Array:
        nonlocal passed
        passed += 1
        for part, found in zip(others, epochs, strict=True):
            shares = right(network, Examples(part.images[here], part.labels[here]))
            found[here[(shares >= goal) & np.isinf(found[here])]] = passed
        reached[here] = np.maximum(reached[here], shares)
        alive = np.isfinite(network.layers[-1].own["b"].value).all(axis=(1, 2))
        return np.asarray(alive & ~np.isfinite(epochs[:, here]).all(axis=0))

    fit_side_by_side(
        network,
        train,
        optimizer=SGD(network.parameters(), 0.0),
        rates=np.repeat(rates, len(seeds)).tolist(),
        epochs=limit,
        batch_size=50,
        rngs=rngs,
        on_epoch=look,
    )
    shape = len(rates), len(seeds)
    validation, test = epochs.reshape(2, *shape)
    return Race(activation, tuple(hidden), tuple(rates), validation, test, reached.reshape(shape))


def race_table(races: Iterable[Race]) -> str:
    """Write the mean epochs on the test digits of every arm; a star marks the rate chosen.

    Where not all seeds reach the goal it says how many do.
    """
    lines: list[str] = []
    for one in races:
        if not lines:
            lines.append(" " * 24 + "".join(f"{rate:>8g}" for rate in one.rates))
        cells = []
        for place, epochs in enumerate(one.test):
            done = np.isfinite(epochs)
            cell = f"{epochs.mean():.1f}" if done.all() else f"{done.sum()} of {done.size}"
            chosen = place == one.best and np.isfinite(one.validation[place]).all()
            cells.append(f"{cell + ('*' if chosen else ' '):>8}")
        name = one.name.replace("_", " ")
        lines.append(f"{len(one.hidden)} hidden, {name:<14}" + "".join(cells))
    return "\n".join(lines)
