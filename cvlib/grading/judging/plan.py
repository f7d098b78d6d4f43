"""All that grading a submission needs, worked out once for the class and sent to the workers.

What is drawn for one student alone is worked out with the submission (``student_plan.py``).
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
from typing import Any

import nbformat
import numpy as np
from nbformat import NotebookNode

import cvlib
from cvlib.check.marking import Sheet
from cvlib.grading.judging.mistakes import Mistakes
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
from cvlib.grading.spec.draws import Draws
from cvlib.grading.spec.draws import student_seed as student_seed
from cvlib.grading.spec.exercise import Exercise, ProblemSet
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import generator, make_sheet, section_title


@dataclass(frozen=True)
class Limits:
    """How long a submission may run: one cell, and each of its sessions as a whole."""

    cell_seconds: float = 30.0
    session_seconds: float = 120.0


@dataclass(frozen=True)
class Item:
    """One exercise that the judge marks: where its check cell is, and its marking sheet.

    ``builds_on`` names the exercises that it calls, near and far, and ``solution`` is the source
    that takes the place of a wrong answer when those that build on it are graded. ``imports`` are
    what it and other right answers import.
    """

    title: str
    withhold: tuple[str, ...]
    sheet: Sheet
    builds_on: tuple[str, ...] = ()
    solution: str = ""
    imports: tuple[str, ...] = ()

    @property
    def check_id(self) -> str:
        """The nbgrader id of the check cell."""
        return CHECK_PREFIX + self.sheet.id


@dataclass(frozen=True)
class Plan:
    """The released notebook and the marking sheets of a problem set, under one secret seed."""

    set_id: str
    digest: str
    template_json: str
    items: tuple[Item, ...]
    files: dict[str, bytes]
    limits: Limits
    unsafe: bool
    origin: Origin = field(repr=False)
    draws: Draws | None = None  # stays where the gradebook is: it knows the secret

    @property
    def template(self) -> NotebookNode:
        """A fresh copy of the released notebook."""
        return nbformat.reads(self.template_json, as_version=4)


def make_plan(
    loaded: LoadedSet,
    *,
    seed: int,
    unsafe: bool = False,
    limits: Limits | None = None,
    per_student: bool = False,
    files: Mapping[str, bytes] | None = None,
) -> Plan:
    """Draw the hidden cases, and work out what the reference answers to them.

    ``files`` are those that were released; they are made again where they are not given.
    """
    limits = limits or Limits()
    origin = Origin(loaded)
    chapters = chapters_folder(loaded.directory.parent)
    solutions = model_solutions(loaded)
    items = tuple(
        Item(
            exercise.title,
            tuple(exercise.withhold),
            _sheet(exercise, origin, generator(seed, exercise.id), chapters),
            foundations(loaded.problem_set, exercise),
            solutions[exercise.id],
            imports([solutions[exercise.id]]) + imports_of_variants(exercise.variants.alternatives),
        )
        for exercise in loaded.problem_set.exercises
        if exercise.graded_by_judge
    )
    settings: dict[str, Any] = {"seed": seed, "unsafe": unsafe, "limits": limits}
    draws = make_draws(loaded, per_student=per_student, **settings)
    return Plan(
        set_id=loaded.problem_set.id,
        digest=draws.digest,
        template_json=nbformat.writes(release_template(loaded)),
        items=items,
        files=released_files(loaded) if files is None else dict(files),
        limits=limits,
        unsafe=unsafe,
        draws=draws,
        origin=origin,
    )


def _sheet(
    exercise: Exercise, origin: Origin, rng: np.random.Generator, chapters: Path | None
) -> Sheet:
    sheet = make_sheet(exercise, (), rng, chapters=chapters)
    return replace(sheet, misconceptions=Mistakes(origin, exercise.id, sheet.calls))


def make_draws(
    loaded: LoadedSet,
    *,
    seed: int,
    unsafe: bool = False,
    limits: Limits | None = None,
    per_student: bool = False,
) -> Draws:
    """What each student will be asked, and by which digest that is known: cheap, nothing drawn."""
    digest = plan_digest(loaded, seed=seed, unsafe=unsafe, limits=limits, per_student=per_student)
    return Draws(digest, seed, per_student, loaded.problem_set.personal)


def foundations(problem_set: ProblemSet, exercise: Exercise) -> tuple[str, ...]:
    """All exercises that one builds on, directly or by way of others, in their order."""
    found = set(exercise.builds_on)
    for earlier in reversed(problem_set.exercises):
        if earlier.id in found:
            found |= set(earlier.builds_on)
    return tuple(e.id for e in problem_set.exercises if e.id in found)


def plan_digest(
    loaded: LoadedSet,
    *,
    seed: int,
    unsafe: bool = False,
    limits: Limits | None = None,
    per_student: bool = False,
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
        *(["per student"] if per_student else []),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def result_key(raw: bytes | None, digest: str) -> str:
    """The name under which the result of a submission is kept."""
    content = b"-" if raw is None else b"+" + raw
    return hashlib.sha256(digest.encode() + content).hexdigest()[:40]


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
