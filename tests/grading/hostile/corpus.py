"""What a member of the corpus is, and where all members are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cvlib.grading.rehearsal.classroom import Classroom

Make = Callable[[Classroom], bytes]


@dataclass(frozen=True)
class Member:
    """One submission: the technique it tries, how it is made, its due score and the reason.

    ``score`` gives the points that are due, from a class that knows the problem set; ``honest``
    work must get full marks.
    """

    name: str
    technique: str
    make: Make
    why: str
    kind: Literal["hostile", "honest"] = "hostile"
    score: Callable[[Classroom], float] = lambda room: 0.0


MEMBERS: list[Member] = []


def member(
    technique: str, why: str, score: Callable[[Classroom], float] = lambda room: 0.0
) -> Callable[[Make], Make]:
    """Register a hostile submission under the name of the function that makes it."""

    def register(make: Make) -> Make:
        MEMBERS.append(Member(make.__name__, technique, make, why, "hostile", score))
        return make

    return register


def honest(technique: str, why: str) -> Callable[[Make], Make]:
    """Register an odd but honest submission, which must get full marks."""

    def register(make: Make) -> Make:
        MEMBERS.append(
            Member(make.__name__, technique, make, why, "honest", lambda room: room.full)
        )
        return make

    return register


def all_members() -> list[Member]:
    """The members of every module beside this one."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if not module.name.startswith("test_"):
            importlib.import_module(f"{__package__}.{module.name}")
    return sorted(MEMBERS, key=lambda m: (m.kind, m.name))
