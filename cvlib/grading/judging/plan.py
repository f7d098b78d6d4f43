"""All that grading needs and every submission shares, worked out once and sent to the workers.

What a submission is asked is drawn with it (``drawn.py``).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import cvlib
from cvlib.check.marking import Sheet
from cvlib.grading.judging.drawn import Sheets
from cvlib.grading.judging.origin import Origin
from cvlib.grading.judging.preload import imports, imports_of_variants
from cvlib.grading.judging.sources import counted
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.notebook.source import (
    CHECK_PREFIX,
    chapters_folder,
    model_solutions,
    released_files,
)
from cvlib.grading.spec.draws import Draw, Draws, as_handed_in
from cvlib.grading.spec.exercise import Exercise, Kind, ProblemSet
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import section_title


@dataclass(frozen=True)
class Limits:
    """How long a submission may run: one cell, and each of its sessions as a whole."""

    cell_seconds: float = 30.0
    session_seconds: float = 120.0


@dataclass(frozen=True)
class Item:
    """One exercise that the judge marks, without what is drawn for it.

    ``read`` is where the book treats it. ``builds_on`` names the exercises that it calls, near and
    far, and ``solution`` is the source that answers in the place of a wrong one when those that
    build on it are graded. ``imports`` are what it and other right answers import.
    """

    id: str
    name: str
    kind: Kind
    title: str
    points: float
    read: str
    withhold: tuple[str, ...]
    builds_on: tuple[str, ...] = ()
    solution: str = ""
    imports: tuple[str, ...] = ()

    @property
    def check_id(self) -> str:
        """The nbgrader id of the check cell."""
        return CHECK_PREFIX + self.id


@dataclass(frozen=True)
class Plan:
    """The released notebook of a problem set and what its exercises are marked by.

    ``draws`` knows the secret and stays where the gradebook is; ``sheets`` are those of one
    submission.
    """

    set_id: str
    digest: str
    template_json: str
    items: tuple[Item, ...]
    files: dict[str, bytes]
    limits: Limits
    unsafe: bool
    origin: Origin = field(repr=False)
    draws: Draws | None = None
    sheets: Sheets | None = None

    @property
    def template(self) -> NotebookNode:
        """The released notebook; all who ask share it."""
        return _parsed(self.template_json)

    def sheet(self, item: Item) -> Sheet:
        """What an exercise of the submission is marked by; drawn when it is asked for."""
        assert self.sheets is not None
        return self.sheets.of(item.id, item.read)


@functools.lru_cache(maxsize=8)
def _parsed(text: str) -> NotebookNode:
    return nbformat.reads(text, as_version=4)


def make_plan(
    loaded: LoadedSet,
    *,
    seed: int,
    unsafe: bool = False,
    limits: Limits | None = None,
    files: Mapping[str, bytes] | None = None,
) -> Plan:
    """Work out what all submissions share: cheap, no case is drawn.

    ``seed`` is the secret that they are drawn from. ``files`` are those that were released; they
    are made again where they are not given.
    """
    limits = limits or Limits()
    chapters = chapters_folder(loaded.directory.parent)
    solutions = model_solutions(loaded)
    items = tuple(
        Item(
            id=exercise.id,
            name=exercise.name,
            kind=exercise.kind,
            title=exercise.title,
            points=exercise.points,
            read=section_title(exercise.section, chapters),
            withhold=tuple(exercise.withhold),
            builds_on=foundations(loaded.problem_set, exercise),
            solution=solutions[exercise.id],
            imports=imports([solutions[exercise.id]])
            + imports_of_variants(exercise.variants.alternatives),
        )
        for exercise in loaded.problem_set.exercises
        if exercise.graded_by_judge
    )
    draws = make_draws(loaded, seed=seed, unsafe=unsafe, limits=limits)
    return Plan(
        set_id=loaded.problem_set.id,
        digest=draws.digest,
        template_json=nbformat.writes(release_template(loaded)),
        items=items,
        files=released_files(loaded) if files is None else dict(files),
        limits=limits,
        unsafe=unsafe,
        draws=draws,
        origin=Origin(loaded),
    )


def plan_for(plan: Plan, draw: Draw) -> Plan:
    """The plan of one submission."""
    return replace(plan, digest=draw.digest, sheets=Sheets(plan.origin, draw))


def make_draws(
    loaded: LoadedSet, *, seed: int, unsafe: bool = False, limits: Limits | None = None
) -> Draws:
    """What each submission will be asked, and by which digest that is known: nothing is drawn."""
    digest = plan_digest(loaded, seed=seed, unsafe=unsafe, limits=limits)
    return Draws(digest, seed, loaded.problem_set.personal)


def foundations(problem_set: ProblemSet, exercise: Exercise) -> tuple[str, ...]:
    """All exercises that one builds on, directly or by way of others, in their order."""
    found = set(exercise.builds_on)
    for earlier in reversed(problem_set.exercises):
        if earlier.id in found:
            found |= set(earlier.builds_on)
    return tuple(e.id for e in problem_set.exercises if e.id in found)


def plan_digest(
    loaded: LoadedSet, *, seed: int, unsafe: bool = False, limits: Limits | None = None
) -> str:
    """A digest of everything a score depends on but the submission: cheap, no case is drawn."""
    chapters = chapters_folder(loaded.directory.parent)
    parts = [
        loaded.digest,
        environment_digest(),
        str(seed),
        str(unsafe),
        json.dumps(asdict(limits or Limits())),
        *(section_title(e.section, chapters) for e in loaded.problem_set.exercises),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def result_key(raw: bytes | None, digest: str) -> str:
    """The name under which the result of a submission is kept."""
    return hashlib.sha256(digest.encode() + as_handed_in(raw)).hexdigest()[:40]


@functools.cache
def environment_digest() -> str:
    """A digest of the versions and of our own sources that a score depends on."""
    parts = [platform.python_version()]
    for name in ("numpy", "scipy", "torch", "ipykernel"):
        try:
            parts.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            parts.append(f"{name} -")
    digest = hashlib.sha256("\n".join(parts).encode())
    root = Path(cvlib.__file__).parent
    for path in counted(root):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
