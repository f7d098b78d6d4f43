"""A sample class for any problem set: right, wrong, broken and hostile work, with its due score.

Each member declares by a rule what it must score, so that a run of the sample class is a test of
the whole chain from the file on disk to the gradebook. What lies there is not written again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.course.release import SAMPLE_NAME, sample_expectations
from cvlib.grading.gradebook.marks import take_back
from cvlib.grading.judging.plan import plan_digest
from cvlib.grading.rehearsal import classroom, sample_members
from cvlib.grading.rehearsal.classroom import Classroom, Member
from cvlib.grading.rehearsal.sample_members import members
from cvlib.grading.spec.loading import LoadedSet, load_problem_set

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
    made_from += [Path(str(m.__file__)).read_bytes() for m in (classroom, sample_members)]
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


def write_sample(
    course: Course, loaded: LoadedSet, *, seed: int, everyone: bool = True
) -> list[Member]:
    """Write the sample class into ``submitted/``, and what it must score beside it."""
    set_id = loaded.problem_set.id
    found = members(Classroom(loaded, seed), everyone=everyone)
    for member in found:
        folder = course.submitted / member.name / set_id
        path = folder / f"{set_id}.ipynb"
        if member.link_to:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            path.symlink_to(course.submitted / member.link_to / set_id / path.name)
        elif not (path.is_file() and not path.is_symlink() and path.read_bytes() == member.content):
            atomic_write(path, member.content)
    path = course.root / SAMPLE_NAME
    expectations = json.loads(path.read_text()) if path.is_file() else {}
    expectations[set_id] = {m.name: {"score": m.score, "rule": m.rule} for m in found}
    atomic_write(path, json.dumps(expectations, indent=1, ensure_ascii=False).encode())
    return found
