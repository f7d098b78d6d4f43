"""Grid against random search, on accuracies of networks that were really trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cvlib.arrays import Array
from cvlib.regularization.experiments import digit_task
from cvlib.regularization.experiments.side_by_side import Recipe, Task, train
from cvlib.regularization.reference.search import Range, grid_points, random_points

LR = Range(10**-3.5, 10.0, log=True)
DECAY = Range(2e-6, 0.2, log=True)


def landscape(seed: int, *, side: int = 16) -> Array:
    """Validation accuracy of a small network in percent, for learning rates × L2 strengths."""
    one = digit_task([seed], 100, test_size=600)
    copies = side * side
    task = Task(
        np.broadcast_to(one.images, (copies, *one.images.shape[1:])),
        np.broadcast_to(one.labels, (copies, *one.labels.shape[1:])),
        one.test_images[0],
        one.test_labels[0],
        10,
    )
    shares = np.linspace(0, 1, side)
    recipe = Recipe(
        hidden=(16,),
        epochs=30,
        lr=np.repeat(LR.at(shares), side)[:, None, None],
        l2=np.tile(DECAY.at(shares), side)[:, None, None],
    )
    with np.errstate(all="ignore"):  # the largest rates diverge, as they should
        networks = train(task, recipe, seeds=[seed] * copies)
        right = networks.accuracy(task.test_images, task.test_labels)
    return 100 * right.reshape(side, side)


def search_study(
    landscapes: Sequence[Array],
    *,
    per_axis: int,
    rng: np.random.Generator,
    useless: int = 0,
    box: float = 0.7,
    repeats: int = 300,
) -> tuple[Array, Array]:
    """Best accuracy found by a grid, and by as many random trials, one a landscape.

    Nobody knows beforehand where the good values lie, so both search a box of 0.7 of either range,
    at a random place. ``useless`` more hyper-parameters do nothing but cost the grid trials.
    """
    space = {name: Range(0.0, 1.0) for name in ("lr", "l2")}
    grid = np.array([list(p.values()) for p in grid_points(space, per_axis)])
    trials = per_axis ** (2 + useless)
    found: tuple[list[float], list[float]] = ([], [])
    for accuracies in landscapes:
        corners = rng.uniform(0, 1 - box, (repeats, 1, 2))
        drawn = np.array([list(p.values()) for p in random_points(space, trials * repeats, rng)])
        for kept, places in zip(found, (grid, drawn.reshape(repeats, trials, 2)), strict=True):
            values = _between(accuracies, corners + box * places)
            kept.append(float(values.max(axis=1).mean()))
    return np.array(found[0]), np.array(found[1])


def _between(surface: Array, places: Array) -> Array:
    """Values of a surface at places in the unit square, bilinear."""
    at = places * (np.array(surface.shape) - 1)
    low = np.minimum(at.astype(int), np.array(surface.shape) - 2)
    r, c = np.moveaxis(at - low, -1, 0)
    i, j = np.moveaxis(low, -1, 0)
    upper = (1 - c) * surface[i, j] + c * surface[i, j + 1]
    lower = (1 - c) * surface[i + 1, j] + c * surface[i + 1, j + 1]
    return np.asarray((1 - r) * upper + r * lower)
