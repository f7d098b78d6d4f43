"""Grade a class: phase A into the cache of results, phase B into the gradebook, then the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cvlib.grading.batch import grade_all
from cvlib.grading.cluster import ClusterError
from cvlib.grading.course import Course
from cvlib.grading.gradebook import Marks, read_marks, take_back
from cvlib.grading.handed_in import Handed, Pending, look_at_all
from cvlib.grading.intake import (
    misnamed,
    notebooks_beside,
    remove_drafts,
)
from cvlib.grading.nbgrader_plugins import JudgeSettings, read_result
from cvlib.grading.notebook import CHECK_PREFIX
from cvlib.grading.plan import make_draws, make_plan
from cvlib.grading.release import release, sample_expectations
from cvlib.grading.settling import Settling
from cvlib.grading.spec import load_problem_set

#: Wraps an iterable that has a length and a label into a progress bar.
Progress = Callable[[Iterable[Any], int, str], Iterable[Any]]


def no_progress(items: Iterable[Any], total: int, label: str) -> Iterable[Any]:
    """Show nothing."""
    return items


@dataclass(frozen=True)
class Options:
    """How to grade: ``None`` leaves a setting to the course's configuration."""

    students: Sequence[str] = ()
    seed: int | None = None
    unsafe: bool = False
    workers: int | None = None
    scheduler: str | None = None
    force: bool = False
    per_student: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    student: str
    marks: Marks | None
    note: str = ""
    failed: bool = False
    expected: float | None = None

    @property
    def automatic(self) -> float:
        """The judge's marks."""
        if self.marks is None:
            return 0.0
        found = self.marks.automatic.items()
        return sum(mark or 0.0 for name, mark in found if name.startswith(CHECK_PREFIX))

    @property
    def as_expected(self) -> bool:
        """Whether a member of the sample class got what it must."""
        if self.expected is None:
            return True
        return self.marks is not None and abs(self.automatic - self.expected) < 1e-9


@dataclass
class Report:
    """What grading a class found; ``interrupted`` says why not all of it was graded."""

    set_id: str
    rows: list[Row] = field(default_factory=list)
    graded: int = 0
    recorded: int = 0
    interrupted: str = ""

    @property
    def ok(self) -> bool:
        """Whether every submission was graded, and the sample class as it must be."""
        return all(row.as_expected and not row.failed for row in self.rows)


def run_set(
    course: Course, set_id: str, options: Options, progress: Progress = no_progress
) -> Report:
    """Grade all submissions of a problem set that are new or changed.

    Raises SandboxUnavailable, with no score touched, when submissions cannot be run safely, and
    ClusterError when the cluster cannot be used. One that is lost in the middle leaves a report of
    what was finished.
    """
    release(course, set_id)
    loaded = load_problem_set(course.assignments, set_id)
    settings = run_settings(course, options)
    draws = make_draws(loaded, **settings)
    found = look_at_all(course, set_id, draws, options.students)
    for folder in (course.root, course.results, course.root / "receipts" / set_id):
        remove_drafts(folder)
    keys = {name: handed.key for name, handed in found.items() if handed is not None}
    pending = [
        name
        for name, key in keys.items()
        if options.force or read_result(course.results, key) is None
    ]
    failures: dict[str, str] = {}
    left, lost = dict.fromkeys(pending, ""), None
    with Settling(course, loaded, draws, force=options.force) as settling:
        for name in sorted(set(keys) - set(pending)):
            settling.settle(name, keys[name])
        stream = (
            grade_all(
                Pending(course, set_id, pending),
                make_plan(loaded, **settings),
                course.results,
                workers=options.workers,
                scheduler=options.scheduler,
                reuse=not options.force,
            )
            if pending
            else ()
        )
        try:
            for graded in progress(stream, len(pending), f"grading {set_id}"):
                left.pop(graded.student)
                if graded.result is not None:
                    settling.settle(graded.student, graded.result.key)
                else:
                    failures[graded.student] = f"grading failed: {graded.failure}"
        except ClusterError as error:
            lost = error
    failures |= settling.failures
    for name in [*failures, *(name for name, handed in found.items() if handed is None)]:
        take_back(course, set_id, name)
    if lost is not None and len(left) == len(pending):
        raise lost
    failures |= dict.fromkeys(left, "not graded yet")
    report = Report(
        set_id, _rows(course, set_id, found, failures), len(pending) - len(left), settling.recorded
    )
    if lost is not None:
        report.interrupted = (
            f"{lost}. {len(left)} submissions of {set_id} are still to be graded, everything else "
            "is recorded: run the same command again"
        )
    return report


def run_settings(course: Course, options: Options) -> dict[str, Any]:
    """What a plan is made with: the course's configuration, and what this run has instead."""
    judge = JudgeSettings(config=course.config())
    if options.seed is not None:
        judge.seed = options.seed
    settings = judge.settings(course.root)
    settings["unsafe"] |= options.unsafe
    settings["per_student"] |= options.per_student
    return settings


def _rows(
    course: Course,
    set_id: str,
    found: dict[str, Handed | None],
    failures: dict[str, str],
) -> list[Row]:
    marks = read_marks(course, set_id)
    sample = sample_expectations(course, set_id)
    rows = []
    for name, submission in found.items():
        note = failures.get(name, "")
        if submission is None:
            others = ", ".join(notebooks_beside(course.submitted, name, set_id)) or "no notebook"
            note = f"expected {set_id}.ipynb, found {others}: not graded"
        elif submission.refusal:
            note = note or f"{submission.refusal}: graded as empty"
        rows.append(
            Row(
                student=name,
                marks=marks.get(name),
                note=note,
                failed=name in failures or submission is None,
                expected=sample[name]["score"] if name in sample else None,
            )
        )
    refused = (
        "the folder's name cannot be a student's id (no < > \" & * ? [ ], no spaces around it)"
    )
    names = misnamed(course.submitted, set_id)
    return rows + [Row(repr(name), None, f"{refused}: rename it", failed=True) for name in names]
