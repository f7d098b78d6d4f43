"""What was tried on an exercise is kept until something changes on which it depends."""

from __future__ import annotations

import ast
import functools
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.judging.plan import environment_digest
from cvlib.grading.rehearsal import beside
from cvlib.grading.rehearsal.kept import kept_file
from cvlib.grading.rehearsal.mutants import alone, answers, derive, nearby, operators, trial, two
from cvlib.grading.rehearsal.mutants.answers import needed_cells
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import PACKAGE, LoadedSet


def kept(course: Course, loaded: LoadedSet, exercise: Exercise, draws: int) -> Path:
    """Where the tries of an exercise in its present state are kept; those of others are removed."""
    digest = hashlib.sha256(f"{environment_digest()} {_tool()} {draws}".encode())
    for name, content in made_of(loaded, exercise):
        digest.update(name.encode() + b"\0" + content + b"\0")
    folder = course.root / "mutants" / loaded.problem_set.id
    return kept_file(folder, f"{exercise.id}-{draws}", digest.hexdigest(), ".json")


def made_of(loaded: LoadedSet, exercise: Exercise) -> Iterator[tuple[str, bytes]]:
    """What the mutants of an exercise depend on in its set, piece by piece: files, then cells."""
    for name in sources(loaded, exercise):
        yield name, loaded.sources[name]
    for cell in needed_cells(loaded, exercise):
        yield "", cell.source.encode()


def read(file: Path) -> dict[str, Any] | None:
    """What was kept, if it was."""
    return json.loads(file.read_text("utf-8")) if file.is_file() else None


def keep(file: Path, tried: dict[str, Any]) -> None:
    """Keep it."""
    atomic_write(file, json.dumps(tried, ensure_ascii=False, indent=1).encode())


def sources(loaded: LoadedSet, exercise: Exercise) -> list[str]:
    """The files of the set that an exercise is made of: its own, and what they import.

    Where no file is its own, they are all of them.
    """
    python = [name for name in loaded.sources if name.endswith(".py")]
    module = str(getattr(exercise.cases, "__module__", ""))
    place, _, name = module.rpartition(".")
    own = f"{name}.py"
    if place != f"{PACKAGE}.{loaded.problem_set.id}" or own not in python:
        return python
    found, waiting = set(), [own]
    while waiting:
        found.add(this := waiting.pop())
        waiting += [n for n in _imported(loaded.sources[this]) if n in python and n not in found]
    return sorted(found)


def _imported(source: bytes) -> list[str]:
    """The files beside it that a file imports from."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found += [node.module] if node.module else [alias.name for alias in node.names]
    return [f"{name.partition('.')[0]}.py" for name in found]


@functools.cache
def _tool() -> str:
    """A digest of the files that derive mutants and try them."""
    digest = hashlib.sha256()
    for module in (alone, answers, beside, derive, nearby, operators, trial, two):
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()
