"""Evaluate individuals in several processes, each from a seed of its own, and keep every result.

An individual's seed follows from the run's seed and the individual's name alone. So a result
depends neither on the number of processes nor on who was evaluated before, nor on how often the run
was killed and taken up again.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from types import TracebackType
from typing import Generic, TypeVar

from cvlib.architecture_search.run_file import RunFile

Item = TypeVar("Item")
Result = TypeVar("Result")


def derived_seed(seed: int, name: str) -> int:
    """Return a seed of 63 bits that follows from a run's seed and an individual's name."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


class Evaluator(Generic[Item, Result]):
    """Calls ``function(item, seed)`` for items that have no result yet, in ``workers`` processes.

    With one worker it runs in this process. With more, ``function`` and the items are sent to fresh
    processes: the function must be importable, and a script needs its
    ``if __name__ == "__main__":``. With a run file, which must be open, results are kept there as
    they come, as JSON, and not computed twice.

    Results come in the order of the items. An error of the function is raised when the evaluations
    that have begun are over and kept.
    """

    def __init__(
        self,
        function: Callable[[Item, int], Result],
        *,
        seed: int = 0,
        workers: int = 1,
        run_file: RunFile | None = None,
        name: Callable[[Item], str] = str,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers must be at least 1, got {workers}")
        self.function, self.seed, self.workers, self.name = function, seed, workers, name
        self._run_file = run_file
        self._kept: dict[str, Result] = {} if run_file is None else dict(run_file.results)
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Evaluator[Item, Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def __call__(self, items: Sequence[Item]) -> list[Result]:
        """Return the result of every item."""
        names = [self.name(item) for item in items]
        new = {n: i for n, i in zip(names, items, strict=True) if n not in self._kept}
        if self.workers == 1:
            for name, item in new.items():
                self._keep(name, self.function(item, derived_seed(self.seed, name)))
        elif new:
            self._together(new)
        return [self._kept[name] for name in names]

    def _together(self, new: dict[str, Item]) -> None:
        if self._pool is None:
            spawn = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks
            self._pool = ProcessPoolExecutor(self.workers, mp_context=spawn)
        running: dict[Future[Result], str] = {
            self._pool.submit(self.function, item, derived_seed(self.seed, name)): name
            for name, item in new.items()
        }
        failed: BaseException | None = None
        for done in as_completed(running):
            if done.cancelled():
                continue
            if (error := done.exception()) is None:
                self._keep(running[done], done.result())
            elif failed is None:
                failed = error
                for waiting in running:
                    waiting.cancel()
        if failed is not None:
            raise failed

    def _keep(self, name: str, result: Result) -> None:
        if self._run_file is not None:
            self._run_file.add(name, result)
        self._kept[name] = result
