"""Many searches on a table of trained networks: what selection gains, and what it only seems to.

A search scores a network by its validation accuracy from some of the table's seeds. Whether what
it found is good is asked of all the other seeds, on test images: the networks are trained afresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cvlib.architecture_search.experiments.table import STAGES, Table
from cvlib.architecture_search.reference.code_operators import code_operators
from cvlib.architecture_search.reference.codes import Code
from cvlib.architecture_search.reference.genetic import Operators, Settings, evolve
from cvlib.architecture_search.reference.history import History

Array = npt.NDArray[np.float64]
SETTINGS = Settings(size=10, generations=10)


@dataclass(frozen=True)
class Searches:
    """What searches found, and as many random codes: one row a group of seeds, (groups, searches).

    ``population`` and ``random`` are means over the last generation and over as many random codes
    as the search scored. ``best`` is the network of the highest fitness ever seen, ``random_best``
    that of random search, which drew codes until it had trained as many different networks. All
    four are test accuracies from fresh seeds. ``promised`` is the best network's fitness and
    ``kept`` its validation accuracy from fresh seeds: the same measure, without the luck that it
    was chosen for. ``climb`` is the mean fitness of each generation, (groups, searches,
    generations + 1), and ``trained`` the number of different networks of a search.
    """

    population: Array
    random: Array
    best: Array
    random_best: Array
    promised: Array
    kept: Array
    climb: Array
    trained: Array

    def by_group(self, name: str) -> Array:
        """Means over the searches that share their seeds of training, (groups,)."""
        return np.asarray(getattr(self, name).mean(axis=1))


def search_table(
    table: Table,
    *,
    trainings: int = 1,
    searches: int = 20,
    settings: Settings = SETTINGS,
    stages: Sequence[int] = STAGES,
    flip_rate: float = 0.1,
    exchange_rate: float = 0.3,
    seed: int = 0,
) -> Searches:
    """Search a table many times; fitness is the mean over ``trainings`` of a network's seeds.

    The seeds are cut into groups of that size; each group serves ``searches`` runs. The rates of
    flips and exchanges are the paper's for MNIST.

    Raises ValueError unless there is one group at least, and a seed outside of it.
    """
    groups = len(table.seeds) // trainings if trainings > 0 else 0
    if groups < 1 or trainings >= len(table.seeds):
        raise ValueError(
            f"trainings must be 1 … {len(table.seeds) - 1}, to leave fresh seeds, got {trainings}"
        )
    operators = code_operators(stages, flip_rate=flip_rate, exchange_rate=exchange_rate)
    rows = {code: row for row, code in enumerate(table.codes)}
    found = []
    for group in range(groups):
        scoring = np.arange(len(table.seeds)) // trainings == group
        fitness = table.validation[:, scoring].mean(axis=1)
        fresh = table.validation[:, ~scoring].mean(axis=1), table.test[:, ~scoring].mean(axis=1)

        def evaluate(codes: Sequence[Code], fitness: Array = fitness) -> Array:
            return np.asarray(fitness[[rows[code] for code in codes]])

        for run in range(searches):
            start = int(np.random.SeedSequence([seed, group, run]).generate_state(1)[0])
            history = evolve(operators, evaluate, settings, seed=start)
            found.append(_measured(history, operators, rows, fitness, fresh, start))
    columns = [np.array(column) for column in zip(*found, strict=True)]
    return Searches(*(c.reshape(groups, searches, *c.shape[1:]) for c in columns))


def _measured(
    history: History[Code],
    operators: Operators[Code],
    rows: dict[Code, int],
    fitness: Array,
    fresh: tuple[Array, Array],
    seed: int,
) -> tuple[object, ...]:
    """One run's entries of `Searches`, in their order."""
    validation, test = fresh
    last = [rows[operators.canonical(code)] for code in history.generations[-1].individuals]
    best = rows[operators.canonical(history.best)]
    drawn, trained = _random_rows(operators, rows, history, seed)
    lucky = trained[int(fitness[trained].argmax())]
    return (
        test[last].mean(), test[drawn].mean(), test[best], test[lucky],
        fitness[best], validation[best], history.fitness.mean(axis=1), history.evaluations,
    )  # fmt: skip


def _random_rows(
    operators: Operators[Code], rows: dict[Code, int], history: History[Code], seed: int
) -> tuple[list[int], list[int]]:
    """Draw as many codes as a search scored, and as many different networks as it trained.

    The two are apart: codes that are drawn until enough networks are there are no fair sample, for
    the last one is always a rare one.
    """
    rng = np.random.default_rng([seed, 1])
    drawn: list[int] = []
    while len(drawn) < history.fitness.size or len({*drawn}) < history.evaluations:
        drawn.append(rows[operators.canonical(operators.draw(rng))])
    return drawn[: history.fitness.size], [*dict.fromkeys(drawn)][: history.evaluations]


def without_selection(settings: Settings = SETTINGS) -> Settings:
    """The same with a wheel of equal slots: variation without selection."""
    return replace(settings, weights=_equal)


def _equal(fitness: Array) -> Array:
    return np.full(len(fitness), 1 / len(fitness))
