"""Derive wrong answers from the right ones of a problem set, and find those that nobody catches."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Container
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.pages.progress import Progress, no_progress
from cvlib.grading.rehearsal.mutants import keeping, trial
from cvlib.grading.rehearsal.mutants.trial import Fate
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import LoadedSet

#: What has code to change and is drawn: an answer computes nothing, and no two models that were
#: trained are equal.
KINDS = ("function", "class")
DRAWS = 20


@dataclass
class Mutated:
    """What became of the mutants of one exercise.

    A mutant is killed when it loses marks under every draw. One that gets full marks and gives the
    same answers beside the cases is *equal*, one that its author calls equivalent *declared*; the
    others have survived. An exercise may be ``left`` for want of time.
    """

    exercise: str
    derived: int = 0
    killed: int = 0
    equal: int = 0
    declared: int = 0
    survivors: list[Fate] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    left: bool = False
    two: dict[str, int] = field(default_factory=dict)

    @property
    def heard(self) -> str:
        """How many answers with two mistakes hear the known one of them, of how many."""
        return f"{self.two.get('heard', 0)} of {self.two.get('of', 0)}"

    @property
    def kill_rate(self) -> float:
        """The share of mistakes that lose marks under every draw."""
        mistakes = self.killed + len(self.survivors)
        return self.killed / mistakes if mistakes else 1.0

    @property
    def counts(self) -> dict[str, int]:
        """The numbers that are kept in the record."""
        names = ("derived", "killed", "equal", "declared")
        return {n: getattr(self, n) for n in names} | {"survived": len(self.survivors)}


def mutate(
    course: Course,
    loaded: LoadedSet,
    *,
    draws: int = DRAWS,
    jobs: int,
    progress: Progress = no_progress,
    only: Container[str] | None = None,
    until: float = math.inf,
) -> list[Mutated]:
    """Try the mutants of the exercises of a set that have code; what is unchanged is not tried.

    ``only`` names some of the exercises. After ``until``, in seconds of ``time.monotonic``, no
    exercise is begun. Raises CourseError where an exercise cannot be tried at all.
    """
    exercises = [e for e in loaded.problem_set.exercises if e.kind in KINDS]
    exercises = [e for e in exercises if only is None or e.id in only]
    work = [(course, loaded, e, draws, until) for e in exercises]
    with ThreadPoolExecutor(jobs) as pool:
        done = pool.map(lambda unit: _try(*unit), work)
        tried = [*progress(done, len(work), f"mutants of {loaded.problem_set.id}")]
    return [
        Mutated(e.id, left=True) if known is None else judge(e, known)
        for e, known in zip(exercises, tried, strict=True)
    ]


def judge(exercise: Exercise, tried: dict[str, Any]) -> Mutated:
    """Count what was tried, and say what an author has to look at."""
    found = Mutated(exercise.id, findings=list(tried["problems"]), two=tried.get("two", {}))
    fates = [Fate(**fate) for fate in tried["fates"]]
    found.derived = len(fates)
    for fate in fates:
        if not fate.passed:
            found.killed += 1
        elif fate.passed == fate.draws and not fate.shown:
            found.equal += 1
        elif any(_meant(e, fate) for e in exercise.variants.equivalents):
            found.declared += 1
        else:
            found.survivors.append(fate)
    found.findings += map(_told, found.survivors)
    alive = [fate for fate in fates if fate.passed]
    found.findings += [
        f"declared equivalent, and no mutant that gets full marks: {e.change}"
        for e in exercise.variants.equivalents
        if not any(_meant(e, fate) for fate in alive)
    ]
    return found


def _meant(declared: Any, fate: Fate) -> bool:
    return declared.change == fate.change and declared.where in ("", fate.who)


def _told(fate: Fate) -> str:
    """A mutant that gets full marks, as a finding."""
    text = (
        f"{fate.who}, {fate.file}:{fate.line}, {fate.operator}: {fate.change}; "
        f"full marks on {fate.passed} of {fate.draws} draws"
    )
    return f"{text}, and wrong on {fate.shown}" if fate.shown else text


def _try(
    course: Course, loaded: LoadedSet, exercise: Exercise, draws: int, until: float
) -> dict[str, Any] | None:
    """What is kept of an exercise, or what a child process finds; ``None`` where time is up."""
    file = keeping.kept(course, loaded, exercise, draws)
    if known := keeping.read(file):
        return known
    if time.monotonic() > until:
        return None
    set_id = loaded.problem_set.id
    done = subprocess.run(
        [sys.executable, "-m", trial.__name__],
        input=json.dumps([str(course.assignments.resolve()), set_id, exercise.id, draws]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise CourseError(f"the mutants of {exercise.id} could not be tried: {reason}")
    tried: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    keeping.keep(file, tried)
    return tried
