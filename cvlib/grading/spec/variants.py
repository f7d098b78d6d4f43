"""Wrong and other right answers to an exercise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Variant:
    """A plausible wrong answer (with the misconception it stands for) or another right one."""

    name: str
    target: Any
    misconception: str = ""

    @property
    def is_mutant(self) -> bool:
        """Whether the answer is wrong."""
        return bool(self.misconception)


@dataclass(frozen=True)
class Equivalent:
    """A change to a right answer that makes it no mistake, and why; in one answer or in any."""

    change: str
    reason: str
    where: str = ""


class Variants:
    """Collects the mutants and alternatives of an exercise, in their order."""

    def __init__(self, *variants: Variant) -> None:
        self.all: list[Variant] = list(variants)
        self.equivalents: list[Equivalent] = []

    def mutant(self, misconception: str) -> Callable[[Any], Any]:
        """Register the decorated function or class as a wrong answer."""

        def register(target: Any) -> Any:
            self.mutant_value(target.__name__, target, misconception)
            return target

        return register

    def alternative(self, target: Any) -> Any:
        """Register the decorated function or class as a right answer written differently."""
        self.alternative_value(target.__name__, target)
        return target

    def mutant_value(self, name: str, value: Any, misconception: str) -> None:
        """Register a wrong value of an answer exercise."""
        self.all.append(Variant(name, value, misconception))

    def alternative_value(self, name: str, value: Any) -> None:
        """Register another right form of the value of an answer exercise."""
        self.all.append(Variant(name, value))

    def equivalent(self, change: str, reason: str, *, where: str = "") -> None:
        """Declare that a derived mutant, as the doctor names it, is right: ``before -> after``."""
        if not reason:
            raise ValueError(f"expected a reason why {change!r} is no mistake")
        self.equivalents.append(Equivalent(change, reason, where))

    @property
    def mutants(self) -> list[Variant]:
        """The wrong answers."""
        return [v for v in self.all if v.is_mutant]

    @property
    def alternatives(self) -> list[Variant]:
        """The other right answers."""
        return [v for v in self.all if not v.is_mutant]
