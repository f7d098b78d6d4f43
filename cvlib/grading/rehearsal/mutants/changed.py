"""Which exercises an edit touches: those made of something that is not as it was in a commit."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cvlib.grading.course.course import CourseError
from cvlib.grading.rehearsal.mutants.keeping import made_of
from cvlib.grading.spec.loading import NOTEBOOK, LoadedSet


def changed_since(loaded: LoadedSet, ref: str) -> set[str]:
    """The ids of the exercises whose file, a file that it imports, or cells are others than then.

    Raises CourseError where git does not know the commit, or the problem set is in no repository.
    """
    every = {e.id for e in loaded.problem_set.exercises if e.graded_by_judge}
    with tempfile.TemporaryDirectory() as folder:
        before = _as_of(loaded, ref, Path(folder))
        if before is None:
            return every
        try:
            return {i for i in every if list(_parts(before, i)) != list(_parts(loaded, i))}
        except (ValueError, SyntaxError):  # what stood there does not fit the exercises of today
            return every


def _parts(loaded: LoadedSet, exercise_id: str) -> Iterator[tuple[str, bytes]]:
    return made_of(loaded, loaded.problem_set[exercise_id])


def _as_of(loaded: LoadedSet, ref: str, folder: Path) -> LoadedSet | None:
    """The text of the set in a commit, with the exercises of today; ``None`` where it had none."""
    commit = _git(loaded.directory, "rev-parse", "--verify", f"{ref}^{{commit}}").decode().strip()
    names = _git(loaded.directory, "ls-tree", "--name-only", "-z", commit).decode().split("\0")
    text = {
        name: _git(loaded.directory, "show", f"{commit}:./{name}")
        for name in names
        if name == NOTEBOOK or name.endswith(".py")
    }
    if NOTEBOOK not in text:
        return None
    (folder / NOTEBOOK).write_bytes(text[NOTEBOOK])
    return replace(loaded, directory=folder, sources=text)


def _git(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    if done.returncode:
        raise CourseError(f"git {arguments[0]} in {folder}: {done.stderr.decode().strip()}")
    return done.stdout
