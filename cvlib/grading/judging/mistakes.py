"""Known wrong answers, called on a sheet's inputs when a student's is compared with them.

Some are networks that have to be trained first, and most are never asked: a right answer needs
none, and a wrong one is told apart from most by its first value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

from cvlib.check.marking import Call, Misconception
from cvlib.grading.judging.origin import Origin
from cvlib.grading.spec.exercise import Case
from cvlib.grading.spec.sheets import later


class Mistakes(Sequence[Misconception]):
    """The misconceptions of an exercise; they travel without what was worked out of them."""

    def __init__(self, origin: Origin, exercise: str, calls: Sequence[Call]) -> None:
        self._asked = origin, exercise, calls
        self._known: tuple[Misconception, ...] | None = None

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, k: int) -> Misconception: ...
    @overload
    def __getitem__(self, k: slice) -> tuple[Misconception, ...]: ...
    def __getitem__(self, k: Any) -> Any:
        return self._all()[k]

    def __getstate__(self) -> dict[str, Any]:
        return {"_asked": self._asked, "_known": None}

    def _all(self) -> tuple[Misconception, ...]:
        if self._known is None:
            origin, name, calls = self._asked
            loaded = origin.load()
            cases = [Case(args, kwargs) for args, kwargs in calls]
            exercise = loaded.problem_set[name]
            self._known = later(exercise, exercise.variants.mutants, cases)
        return self._known
