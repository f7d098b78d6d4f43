"""Grade a class: phase A into the cache of results, phase B into the gradebook, then the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cvlib.grading.batch import grade_all
from cvlib.grading.course import Course, CourseError
from cvlib.grading.gradebook import Marks, is_recorded, read_marks, record_all, take_back
from cvlib.grading.intake import Submission, find_students, notebooks_beside, read_submission
from cvlib.grading.nbgrader_plugins import JudgeSettings, read_result
from cvlib.grading.notebook import CHECK_PREFIX
from cvlib.grading.plan import make_plan, plan_digest, result_key
from cvlib.grading.release import release, sample_expectations
from cvlib.grading.result import Result
from cvlib.grading.spec import LoadedSet, load_problem_set

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
    """What grading a class found."""

    set_id: str
    rows: list[Row] = field(default_factory=list)
    graded: int = 0
    recorded: int = 0

    @property
    def ok(self) -> bool:
        """Whether every submission was graded, and the sample class as it must be."""
        return all(row.as_expected and not row.failed for row in self.rows)


def run_set(
    course: Course, set_id: str, options: Options, progress: Progress = no_progress
) -> Report:
    """Grade all submissions of a problem set that are new or changed.

    Raises SandboxUnavailable, with no score touched, when submissions cannot be run safely.
    """
    release(course, set_id)
    loaded = load_problem_set(course.assignments, set_id)
    settings = _settings(course, options)
    digest = plan_digest(loaded, **settings)
    names = _students(course, set_id, options.students)
    found = {name: read_submission(course.submitted, name, set_id) for name in names}
    handed_in = [s for s in found.values() if s is not None]
    keys = {s.student: result_key(s.raw, digest) for s in handed_in}
    results: dict[str, Result] = {}
    pending: list[Submission] = []
    for submission in handed_in:
        kept = None if options.force else read_result(course.results, keys[submission.student])
        if kept is None:
            pending.append(submission)
        else:
            results[submission.student] = kept
    failures: dict[str, str] = {}
    if pending:
        plan = make_plan(loaded, **settings)
        stream = grade_all(
            pending, plan, course.results, workers=options.workers, scheduler=options.scheduler
        )
        for graded in progress(stream, len(pending), f"grading {set_id}"):
            if graded.result is not None:
                results[graded.student] = graded.result
            else:
                failures[graded.student] = f"grading failed: {graded.failure}"
    for name in [*failures, *(n for n, s in found.items() if s is None)]:
        take_back(course, set_id, name)
    recorded = _record(course, loaded, found, results, options.force, progress, failures)
    rows = _rows(course, set_id, found, failures)
    return Report(set_id, rows, graded=len(pending), recorded=recorded)


def _record(
    course: Course,
    loaded: LoadedSet,
    found: dict[str, Submission | None],
    results: dict[str, Result],
    force: bool,
    progress: Progress,
    failures: dict[str, str],
) -> int:
    set_id = loaded.problem_set.id
    marks = read_marks(course, set_id)
    stale = [
        (submission, results[name])
        for name, submission in sorted(found.items())
        if submission is not None
        and name in results
        and (force or not is_recorded(course, set_id, name, results[name], marks.get(name)))
    ]
    pairs = progress(stale, len(stale), f"recording {set_id}")
    for student, reason in record_all(course, loaded, pairs).items():
        failures[student] = f"the gradebook could not record it: {reason}"
    return len(stale)


def _rows(
    course: Course,
    set_id: str,
    found: dict[str, Submission | None],
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
    return rows


def _settings(course: Course, options: Options) -> dict[str, Any]:
    judge = JudgeSettings(config=course.config())
    seed = options.seed if options.seed is not None else judge.secret(course.root)
    return {"seed": seed, "unsafe": options.unsafe or judge.unsafe, "limits": judge.limits()}


def _students(course: Course, set_id: str, wanted: Sequence[str]) -> list[str]:
    names = find_students(course.submitted, set_id)
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        raise CourseError(
            f"no submission of {set_id} by {', '.join(unknown)} in {course.submitted}"
        )
    return [n for n in names if not wanted or n in wanted]
