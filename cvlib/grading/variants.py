"""Wrong and other right answers to the exercises of a problem set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Variant:
    """A plausible wrong answer (with the misconception it stands for) or another right one."""

    exercise: str
    name: str
    target: Any
    misconception: str = ""

    @property
    def is_mutant(self) -> bool:
        """Whether the answer is wrong."""
        return bool(self.misconception)


class Variants:
    """Collects the mutants and alternatives of a problem set."""

    def __init__(self) -> None:
        self.all: list[Variant] = []

    def mutant(self, exercise: str, misconception: str) -> Callable[[Any], Any]:
        """Register the decorated function or class as a wrong answer."""
        return self._register(exercise, misconception)

    def alternative(self, exercise: str) -> Callable[[Any], Any]:
        """Register the decorated function or class as a right answer written differently."""
        return self._register(exercise, "")

    def mutant_value(self, exercise: str, name: str, value: Any, misconception: str) -> None:
        """Register a wrong value of an answer exercise."""
        self.all.append(Variant(exercise, name, value, misconception))

    def alternative_value(self, exercise: str, name: str, value: Any) -> None:
        """Register another right form of the value of an answer exercise."""
        self.all.append(Variant(exercise, name, value))

    def mutants_of(self, exercise: str) -> list[Variant]:
        """The wrong answers to one exercise."""
        return [v for v in self.all if v.exercise == exercise and v.is_mutant]

    def alternatives_of(self, exercise: str) -> list[Variant]:
        """The other right answers to one exercise."""
        return [v for v in self.all if v.exercise == exercise and not v.is_mutant]

    def _register(self, exercise: str, misconception: str) -> Callable[[Any], Any]:
        def register(target: Any) -> Any:
            self.all.append(Variant(exercise, target.__name__, target, misconception))
            return target

        return register
