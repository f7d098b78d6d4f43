"""What a member of the corpus is, and where all members are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cvlib.grading.rehearsal.classroom import Classroom

HERE = Path(__file__).parent
SETS = {
    "ps90_tiny": HERE.parent / "tiny",
    "ps91_chain": HERE.parent / "chain",
    "ps93_evidence": HERE.parent / "evidence",
    "ps97_scanner": HERE.parent / "scanner",
}
#: Modules whose members take all they can.
GREEDY = ("hostile.process", "hostile.resources_judge", "hostile.resources_machine")
#: What a student reads of one exercise, at most.
LONGEST_TEXT = 10_000

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


def set_of(member: Member) -> str:
    """The problem set a member is made from."""
    return getattr(member.make, "set_id", "ps90_tiny")


def takes_all_it_can(member: Member) -> bool:
    """Whether the grader should be watched afterwards."""
    return member.make.__module__ in GREEDY


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
    for module in pkgutil.iter_modules([str(HERE)]):
        if not module.name.startswith("test_"):
            importlib.import_module(f"{__package__}.{module.name}")
    return sorted(MEMBERS, key=lambda m: (m.kind, m.name))
