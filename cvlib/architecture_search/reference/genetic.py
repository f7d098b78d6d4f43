"""A genetic algorithm for anything that can be drawn, crossed, mutated and scored."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from cvlib.architecture_search.reference.history import (
    CROSSED,
    DRAWN,
    KEPT,
    MUTATED,
    Generation,
    History,
)
from cvlib.architecture_search.reference.selection import above_worst, roulette

Genome = TypeVar("Genome", bound=Hashable)
Array = NDArray[np.float64]
Rng = np.random.Generator


def itself(individual: Any) -> Any:
    """Return the individual: each stands for itself alone."""
    return individual


@dataclass(frozen=True)
class Operators(Generic[Genome]):
    """What the algorithm has to know of its individuals, which are hashable and never changed.

    ``canonical`` gives the one individual that stands for all that mean the same: only it is
    evaluated, and once.
    """

    draw: Callable[[Rng], Genome]
    cross: Callable[[Genome, Genome, Rng], tuple[Genome, Genome]]
    mutate: Callable[[Genome, Rng], Genome]
    canonical: Callable[[Genome], Genome] = itself


@dataclass(frozen=True)
class Settings:
    """How large a population, for how long, and how often what happens to it.

    ``weights`` turns fitness into the probabilities of the roulette. The ``elite`` best of a
    generation pass to the next as they are; the paper has none.
    Raises ValueError for numbers that are no size, count or probability.
    """

    size: int = 20
    generations: int = 50
    crossover_rate: float = 0.2
    mutation_rate: float = 0.8
    weights: Callable[[Array], Array] = above_worst
    elite: int = 0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size must be at least 1 individual, got {self.size}")
        if self.generations < 0:
            raise ValueError(f"generations must be at least 0, got {self.generations}")
        for name in ("crossover_rate", "mutation_rate"):
            if not 0 <= (rate := getattr(self, name)) <= 1:
                raise ValueError(f"{name} must be a probability of 0 … 1, got {rate}")
        if not 0 <= self.elite < self.size:
            raise ValueError(f"elite must be 0 … {self.size - 1}, got {self.elite}")


def vary(
    individuals: Sequence[Genome], operators: Operators[Genome], settings: Settings, rng: Rng
) -> tuple[list[Genome], list[str]]:
    """Cross neighbours two by two, then mutate who was not crossed.

    The pairs are (1, 2), (3, 4), …: each is crossed with probability ``crossover_rate``. Everybody
    else is mutated with probability ``mutation_rate``; of an odd number the last has no partner.

    Returns the new individuals and what happened to each: "crossed", "mutated" or "kept".
    Source: Xie and Yuille, Genetic CNN, 2017.
    """
    children, origins = list(individuals), [KEPT] * len(individuals)
    for second in range(1, len(children), 2):
        if rng.random() < settings.crossover_rate:
            pair = slice(second - 1, second + 1)
            mother, father = children[pair]
            children[pair] = operators.cross(mother, father, rng)
            origins[pair] = CROSSED, CROSSED
    for place, origin in enumerate(origins):
        if origin != CROSSED and rng.random() < settings.mutation_rate:
            children[place] = operators.mutate(children[place], rng)
            origins[place] = MUTATED
    return children, origins


def generations(
    operators: Operators[Genome],
    evaluate: Callable[[Sequence[Genome]], Iterable[float]],
    settings: Settings,
    rng: Rng,
) -> Iterator[Generation[Genome]]:
    """Yield one generation after the other, the first drawn at random; see `evolve`."""
    known: dict[Genome, float] = {}

    def scored(individuals: list[Genome], origins: list[str], parents: Array) -> Generation[Genome]:
        stand_ins = [operators.canonical(individual) for individual in individuals]
        new = [one for one in dict.fromkeys(stand_ins) if one not in known]
        for one, fitness in zip(new, evaluate(new) if new else [], strict=True):
            if not np.isfinite(fitness):
                raise ValueError(f"fitness must be finite, got {fitness} for {one}")
            known[one] = float(fitness)
        fitnesses = np.array([known[one] for one in stand_ins])
        return Generation(
            tuple(individuals), fitnesses, tuple(origins), tuple(parents.tolist()), len(new)
        )

    first = [operators.draw(rng) for _ in range(settings.size)]
    now = scored(first, [DRAWN] * settings.size, np.array([], dtype=np.intp))
    yield now
    for _ in range(settings.generations):
        best = np.argsort(-now.fitness, kind="stable")[: settings.elite]
        chosen = roulette(settings.weights(now.fitness), rng.random(settings.size - settings.elite))
        children, origins = vary([now.individuals[i] for i in chosen], operators, settings, rng)
        now = scored(
            [now.individuals[i] for i in best] + children,
            [KEPT] * settings.elite + origins,
            np.concatenate([best, chosen]),
        )
        yield now


def evolve(
    operators: Operators[Genome],
    evaluate: Callable[[Sequence[Genome]], Iterable[float]],
    settings: Settings,
    *,
    seed: int,
) -> History[Genome]:
    """Run the genetic algorithm: draw, evaluate, then select, cross, mutate, evaluate, again.

    A generation is drawn from the one before, with replacement, by the probabilities of
    ``settings.weights``; see `vary` for what happens then. ``evaluate`` scores individuals, the
    higher the better; it is called at most once a generation, with those of which no equal was
    scored before. The same seed gives the same history.

    Raises ValueError for a fitness that is not finite, naming the individual.
    Source: Xie and Yuille, Genetic CNN, 2017.
    """
    rng = np.random.default_rng(seed)
    return History(tuple(generations(operators, evaluate, settings, rng)))
