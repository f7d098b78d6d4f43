"""Which parts of the genetic algorithm does it need? Nine towns, and the shortest tour known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cvlib.architecture_search.reference.genetic import Operators, Settings, evolve
from cvlib.architecture_search.reference.permutations import Tour
from cvlib.architecture_search.reference.salesman import (
    distance_matrix,
    shortest_tour,
    tour_length,
    tour_operators,
)
from cvlib.architecture_search.reference.selection import proportional

Array = npt.NDArray[np.float64]
TOWNS = 9
#: Half of the pairs are crossed, more or less, and of the others half are mutated.
SETTINGS = Settings(size=20, generations=50, crossover_rate=0.6, mutation_rate=0.4)


def nine_towns(seed: int = 0) -> Array:
    """Return nine towns at random places of the unit square, (9, 2)."""
    return np.random.default_rng(seed).random((TOWNS, 2))


def by_inverse_length(fitness: Array) -> Array:
    """Weights 1 / length, for a fitness of -length: the worst of the population keeps its share."""
    return proportional(-1 / fitness)


def redraw(operators: Operators[Tour]) -> Operators[Tour]:
    """Operators that know nothing of the parents: every tour is drawn anew."""
    return replace(operators, mutate=lambda tour, rng: operators.draw(rng))


@dataclass(frozen=True)
class Arm:
    """One way to search: settings, and what it does to the operators."""

    settings: Settings
    changed: Callable[[Operators[Tour]], Operators[Tour]] = lambda operators: operators


#: What is varied, one thing at a time. All arms score 1,020 tours, equal ones included.
ARMS: Mapping[str, Arm] = {
    "genetic algorithm": Arm(SETTINGS),
    "with an elite of one": Arm(replace(SETTINGS, elite=1)),
    "weights 1 / length": Arm(replace(SETTINGS, weights=by_inverse_length)),
    "no crossover": Arm(replace(SETTINGS, crossover_rate=0)),
    "no mutation": Arm(replace(SETTINGS, mutation_rate=0)),
    "random tours": Arm(replace(SETTINGS, crossover_rate=0, mutation_rate=1), redraw),
}


@dataclass(frozen=True)
class SalesmanStudy:
    """The shortest tour that each arm found, over the shortest there is: name -> (seeds,).

    ``seeds`` decide how the search runs; the towns are the same for all.
    """

    shortest: float
    ratios: Mapping[str, Array]
    seeds: tuple[int, ...]

    def found(self, name: str) -> Array:
        """Whether the shortest tour was found, 1 or 0 for each seed."""
        return (self.ratios[name] < 1 + 1e-9).astype(float)

    def excess(self, name: str) -> Array:
        """How much longer than the shortest the best tour was, as a share, for each seed."""
        return self.ratios[name] - 1


def salesman_study(
    seeds: Sequence[int], *, points: Array | None = None, arms: Mapping[str, Arm] = ARMS
) -> SalesmanStudy:
    """Search for the shortest closed tour with every arm from every seed."""
    distances = distance_matrix(nine_towns() if points is None else points)
    shortest = shortest_tour(distances)[1]
    operators = tour_operators(len(distances))

    def shortness(tours: Sequence[Tour]) -> Array:
        return -tour_length(tours, distances)

    ratios = {
        name: np.array(
            [
                -evolve(arm.changed(operators), shortness, arm.settings, seed=seed).best_fitness
                for seed in seeds
            ]
        )
        / shortest
        for name, arm in arms.items()
    }
    return SalesmanStudy(shortest, ratios, tuple(seeds))
