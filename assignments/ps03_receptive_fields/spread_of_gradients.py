"""Measure it: measure the width of an effective field from gradients of several runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.receptive_field import measured_spread

from .common import LOOKS_AT, Rng


def draw_gradients(rng: Rng) -> Iterator[Case]:
    def bell(rows: float, columns: float, place: tuple[int, int], shape: tuple[int, int]) -> Any:
        i, j = (np.arange(n) - c for n, c in zip(shape, place, strict=True))
        return np.exp(-0.25 * ((i[:, None] / rows) ** 2 + (j / columns) ** 2))

    def noisy(count: int, *args: Any) -> np.ndarray:
        return rng.normal(size=(count, *args[-1])) * bell(*args)

    for _ in range(2):
        narrow, wide = rng.uniform(1.0, 1.6), rng.uniform(2.0, 2.8)
        shape = (int(rng.integers(15, 18)), int(rng.integers(19, 22)))
        middle, corner = (shape[0] // 2, shape[1] // 2), (4, shape[1] - 6)
        yield Case((noisy(1, narrow, wide, middle, shape),), part="one run")
        one = noisy(1, narrow, narrow, middle, shape)
        other = 3 * noisy(2, wide, wide, middle, shape)
        yield Case((np.concatenate([one, other]),), part="several runs")
        yield Case((noisy(4, narrow, wide, corner, shape),), part="away from the middle")


def mean_square_spread(gradients: np.ndarray) -> tuple[float, float]:
    return measured_spread(np.square(gradients).mean(axis=0))


variants = Variants()
EXERCISE = Exercise(
    id="spread_of_gradients",
    title="Measure it",
    objective="Measure the width of an effective field from gradients of several runs.",
    section="03_receptive_fields#rf-effective",
    reference=mean_square_spread,
    cases=draw_gradients,
    hints={
        "one run": "Square the gradient, and read it as a distribution of mass: for the "
        "rows, add along each row first. Rows come first in the answer.",
        "several runs": "First the mean of the squares over the runs, then one width.",
        "away from the middle": "Measure from the mean of the mass, not from the middle of "
        "the array.",
    },
    variants=variants,
)


def deviations(mass: Any, *, centre: Any = None) -> tuple[float, float]:
    found = []
    for axis in range(2):
        line = mass.sum(axis=1 - axis) / mass.sum()
        places = np.arange(len(line))
        mean = line @ places if centre is None else (len(line) - 1) / 2
        found.append(float(np.sqrt(line @ (places - mean) ** 2)))
    return found[0], found[1]


@variants.mutant(
    "You took absolute values instead of squares. The mean square is what follows the random walk; "
    f"absolute values spread wider, for a bell by √2. {LOOKS_AT}",
)
def absolute_values(gradients):
    return deviations(np.abs(gradients).mean(axis=0))


@variants.mutant(
    "You averaged the gradients before squaring. Their signs differ from run to run, and what is "
    f"left is noise: square first. {LOOKS_AT}",
)
def averages_first(gradients):
    return deviations(gradients.mean(axis=0) ** 2)


@variants.mutant(
    "You averaged the widths of the runs. Asked is one width, that of the mean of the squares: a "
    f"run with strong gradients counts more. {LOOKS_AT}",
)
def averages_the_widths(gradients):
    return tuple(np.mean([deviations(g**2) for g in gradients], axis=0))


@variants.mutant(
    "You measured from the middle of the array. The unit may look elsewhere: measure from the mean "
    f"of the mass. {LOOKS_AT}",
)
def from_the_middle_of_the_array(gradients):
    return deviations((gradients**2).mean(axis=0), centre="middle")


@variants.mutant(
    "You measured from the pixel with the most mass. A deviation is measured from the mean: from "
    f"anywhere else it is larger. {LOOKS_AT}",
)
def from_the_largest(gradients):
    mass = (gradients**2).mean(axis=0)
    found = []
    for axis in range(2):
        line = mass.sum(axis=1 - axis) / mass.sum()
        found.append(float(np.sqrt(line @ (np.arange(len(line)) - line.argmax()) ** 2)))
    return found


@variants.mutant(
    "You took one row and one column through the middle of the mass. The mass of a row is all that "
    f"lies in it: add along it. {LOOKS_AT}",
)
def one_line_each(gradients):
    mass = (gradients**2).mean(axis=0)
    row, column = np.unravel_index(mass.argmax(), mass.shape)
    found = []
    for line in (mass[:, column], mass[row]):
        places = np.arange(len(line))
        mean = np.average(places, weights=line)
        found.append(float(np.sqrt(np.average((places - mean) ** 2, weights=line))))
    return found


@variants.mutant(
    f"You gave variances. The width in pixels is the root. {LOOKS_AT}",
)
def gives_variances(gradients):
    rows, columns = deviations((gradients**2).mean(axis=0))
    return rows**2, columns**2


@variants.mutant(
    "Your numbers are right and in the wrong order: rows first. To get the mass of a row, add "
    f"along it. {LOOKS_AT}",
)
def columns_first(gradients):
    return deviations((gradients**2).mean(axis=0))[::-1]


@variants.mutant(
    "You gave each run the same weight, by dividing it by its own sum first. Asked is the mean of "
    f"the squares as they are. {LOOKS_AT}",
)
def each_run_weighs_the_same(gradients):
    power = gradients**2
    return deviations((power / power.sum(axis=(1, 2), keepdims=True)).mean(axis=0))


@variants.mutant(
    "You took the deviation of the masses, how unequal they are. Asked is that of the places, each "
    f"weighed with its mass. {LOOKS_AT}",
)
def deviation_of_masses(gradients):
    power = (gradients**2).mean(axis=0)
    return np.std(power.sum(axis=1)), np.std(power.sum(axis=0))


@variants.mutant(
    f"You looked at the first run only. Take the mean of the squares over all runs. {LOOKS_AT}",
)
def first_run_only(gradients):
    return deviations(gradients[0] ** 2)


@variants.alternative
def with_grids(gradients):
    power = np.einsum("nij,nij->ij", gradients, gradients)
    power /= power.sum()
    rows, columns = np.indices(power.shape)
    return [np.sqrt((power * (grid - (power * grid).sum()) ** 2).sum()) for grid in (rows, columns)]


@variants.alternative
def second_moments(gradients):
    power = (gradients**2).sum(axis=0)
    answer = []
    for profile in (power.sum(axis=1), power.sum(axis=0)):
        places = np.arange(profile.size)
        mean = np.average(places, weights=profile)
        answer.append((np.average(places**2, weights=profile) - mean**2) ** 0.5)
    return np.array(answer)


variants.equivalent(
    "power = (gradients ** 2).sum(axis=0) -> power = (gradients ** 2).mean(axis=0)",
    "The weights of an average may have any sum; only gradients near the least number tell.",
    where="second_moments",
)
