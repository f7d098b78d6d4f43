"""What a genetic algorithm did, as data: every generation, and the best that was ever seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Genome = TypeVar("Genome")
Array = NDArray[np.float64]

#: How an individual came about.
DRAWN, KEPT, CROSSED, MUTATED = "drawn", "kept", "crossed", "mutated"


@dataclass(frozen=True)
class Generation(Generic[Genome]):
    """The individuals of a generation, their fitness (N,), and where they come from.

    ``origins`` are "drawn", "kept", "crossed" or "mutated"; ``parents`` says which individual of
    the generation before was drawn for each place, and is empty in the first. ``evaluations``
    counts who had to be scored because nobody like it had been before.
    """

    individuals: tuple[Genome, ...]
    fitness: Array
    origins: tuple[str, ...]
    parents: tuple[int, ...]
    evaluations: int


@dataclass(frozen=True)
class History(Generic[Genome]):
    """The generations of a run, the first one drawn at random."""

    generations: tuple[Generation[Genome], ...]

    @property
    def fitness(self) -> Array:
        """Fitness of every individual, (generations, N)."""
        return np.stack([generation.fitness for generation in self.generations])

    @property
    def best(self) -> Genome:
        """The best ever seen, the first of equals; the last generation may have lost it."""
        generation, place = np.unravel_index(self.fitness.argmax(), self.fitness.shape)
        return self.generations[generation].individuals[place]

    @property
    def best_fitness(self) -> float:
        """Its fitness."""
        return float(self.fitness.max())

    @property
    def best_so_far(self) -> Array:
        """The best fitness seen up to each generation, (generations,)."""
        return np.asarray(np.maximum.accumulate(self.fitness.max(axis=1)))

    @property
    def evaluations(self) -> int:
        """How many individuals were scored, all generations together."""
        return sum(generation.evaluations for generation in self.generations)
