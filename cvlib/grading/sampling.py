"""Which problem set has which sample class, and whether it lies there as it would be written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from cvlib.grading import sample_class, sample_members
from cvlib.grading.course import Course
from cvlib.grading.gradebook import take_back
from cvlib.grading.intake import atomic_write
from cvlib.grading.plan import plan_digest
from cvlib.grading.release import sample_expectations
from cvlib.grading.sample_class import write_sample
from cvlib.grading.spec import LoadedSet, load_problem_set

STATE_NAME = ".sample.json"


def set_with_everyone(course: Course) -> str:
    """The problem set whose sample class has all members: the first without a trained model.

    Where each of them has one, it is the first.
    """
    set_ids = course.problem_sets()
    for set_id in set_ids:
        exercises = load_problem_set(course.assignments, set_id).problem_set.exercises
        if all(exercise.kind != "model" for exercise in exercises):
            return set_id
    return set_ids[0]


def refresh_sample(course: Course, loaded: LoadedSet, *, everyone: bool) -> int:
    """Write the sample class where it is not what it would be; return how many members it has.

    Members that it had before and has no longer leave, and so do their marks.
    """
    set_id = loaded.problem_set.id
    made_from = [plan_digest(loaded, seed=course.seed).encode(), str(everyone).encode()]
    made_from += [Path(str(m.__file__)).read_bytes() for m in (sample_class, sample_members)]
    stamp = hashlib.sha256(b"\0".join(made_from)).hexdigest()
    state = _read(course)
    if state.get(set_id) != f"{stamp} {_written(course, set_id)}":
        before = sample_expectations(course, set_id)
        members = write_sample(course, loaded, seed=course.seed, everyone=everyone)
        for name in before.keys() - {member.name for member in members}:
            shutil.rmtree(course.submitted / name / set_id, ignore_errors=True)
            take_back(course, set_id, name)
        state[set_id] = f"{stamp} {_written(course, set_id)}"
        atomic_write(course.root / STATE_NAME, json.dumps(state, indent=1).encode())
    return len(sample_expectations(course, set_id))


def _read(course: Course) -> dict[str, str]:
    try:
        state = json.loads((course.root / STATE_NAME).read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _written(course: Course, set_id: str) -> str:
    """A digest of the members' files, and of what they must score."""
    due = sample_expectations(course, set_id)
    digest = hashlib.sha256(json.dumps(due, sort_keys=True).encode())
    for part in _files(course.submitted / name / set_id / f"{set_id}.ipynb" for name in due):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[bytes]:
    for path in paths:
        try:
            yield os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
        except OSError:
            yield b"-"
