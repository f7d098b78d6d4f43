"""What grading again would change: everything handed in, marked anew, and nothing written."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cvlib.grading.course.course import Course
from cvlib.grading.course.handed_in import Pending, look_at_all
from cvlib.grading.course.intake import Submission, atomic_write, notebooks_beside
from cvlib.grading.gradebook.marks import Marks, read_marks
from cvlib.grading.judging.plan import make_draws, make_plan
from cvlib.grading.judging.result import Result
from cvlib.grading.notebook.source import CHECK_PREFIX
from cvlib.grading.pages.progress import Progress, no_progress
from cvlib.grading.pages.table_files import safe
from cvlib.grading.regrading.reasons import reasons
from cvlib.grading.running.batch import Batch, Graded, default_workers, grade_all
from cvlib.grading.running.cluster import connect
from cvlib.grading.running.running import Options, run_settings
from cvlib.grading.sandbox.private import held_directory
from cvlib.grading.sandbox.probe import probe
from cvlib.grading.spec.loading import LoadedSet, load_problem_set


@dataclass(frozen=True)
class Mark:
    """The judge's mark for one exercise in the gradebook, and the one a person put in its place."""

    automatic: float | None
    maximum: float
    by_hand: float | None = None


@dataclass(frozen=True)
class Difference:
    """One exercise that would get another mark; ``None`` where there is none."""

    exercise: str
    old: float | None
    new: float | None
    old_maximum: float | None
    new_maximum: float | None
    by_hand: float | None = None

    @property
    def change(self) -> float:
        """What the student gains; nothing where a person's mark stays."""
        return 0.0 if self.by_hand is not None else (self.new or 0.0) - (self.old or 0.0)


@dataclass(frozen=True)
class Change:
    """One student whose marks would change: the total before and after, and why.

    The totals hold the marks that persons gave; a late penalty is not taken off them.
    """

    student: str
    old: float | None
    new: float | None
    differences: tuple[Difference, ...]
    reasons: tuple[str, ...]
    late_penalty: float = 0.0

    @property
    def change(self) -> float:
        """What the student gains."""
        return (self.new or 0.0) - (self.old or 0.0)

    @property
    def falls(self) -> bool:
        """Whether the student would lose marks, or have none any more."""
        return self.change < 0 or (self.new is None and self.old is not None)


@dataclass(frozen=True)
class Preview:
    """What grading a problem set again would change; those who would lose come first."""

    set_id: str
    handed_in: int
    changes: tuple[Change, ...]


def preview(
    course: Course, set_id: str, options: Options, progress: Progress = no_progress
) -> Preview:
    """Grade again what is handed in, and compare; the course folder stays as it is.

    Raises SandboxUnavailable when submissions cannot be run safely.
    """
    loaded = load_problem_set(course.assignments, set_id)
    settings = run_settings(course, options)
    draws = make_draws(loaded, **settings)
    found = look_at_all(course, set_id, draws, options.students)
    handed_in = Pending(course, set_id, [n for n, handed in found.items() if handed is not None])
    stream = grade_again(loaded, handed_in, settings, options)
    graded = {g.student: g for g in progress(stream, len(handed_in), f"regrading {set_id}")}
    totals, marks = read_marks(course, set_id), _marks(course, set_id)
    changes = []
    for name in found:
        kept, known = totals.get(name), marks.get(name, {})
        submission = handed_in.read(student=name)
        if name not in graded or submission is None:
            others = ", ".join(notebooks_beside(course.submitted, name, set_id)) or "no notebook"
            change = _without(name, kept, f"expected {set_id}.ipynb, found {others}")
        elif (result := graded[name].result) is None:
            change = _without(name, kept, f"grading failed: {graded[name].failure}")
        elif differences := _differences(known, result):
            why = reasons(
                course,
                set_id,
                submission,
                result,
                recorded={k: m.automatic for k, m in known.items()},
                spec=loaded.digest,
                seed=draws.secret,
            )
            change = _changed(name, kept, differences, result, why)
        else:
            change = None
        if change is not None:
            changes.append(change)
    changes.sort(key=lambda c: (not c.falls, c.change, c.student))
    return Preview(set_id, len(handed_in), tuple(changes))


def grade_again(
    loaded: LoadedSet, handed_in: Collection[Submission], settings: dict[str, Any], options: Options
) -> Iterator[Graded]:
    """Grade as a run does, with results that are kept nowhere and have no outputs."""
    if not len(handed_in):
        return
    plan = make_plan(loaded, **settings)
    with held_directory() as folder:
        workers = min(options.workers or default_workers(), len(handed_in))
        for graded in grade_all(
            [Batch(plan, handed_in)], folder, workers=workers, scheduler=options.scheduler
        ):
            result = graded.result
            if result is not None:  # the marks of a class fit into memory, its pictures may not
                (folder / f"{result.key}.json").unlink(missing_ok=True)
                result = replace(result, outputs=())
            yield replace(graded, result=result)


@contextmanager
def one_cluster(tasks: int, options: Options, *, unsafe: bool) -> Iterator[Options]:
    """Options under which several gradings in a row share a cluster: starting one takes seconds."""
    if options.scheduler or not tasks:
        yield options
        return
    if not unsafe:
        probe()
    with connect(min(options.workers or default_workers(), tasks), None) as client:
        assert client.scheduler is not None
        yield replace(options, scheduler=client.scheduler.address)


def _marks(course: Course, set_id: str) -> dict[str, dict[str, Mark]]:
    """The marks of the judge's exercises in the gradebook, by student and exercise."""
    from nbgrader.api import MissingEntry

    file = course.gradebook_file()
    if file is not None and not file.is_file():
        return {}
    with course.open_gradebook() as gradebook:
        try:
            submissions = gradebook.assignment_submissions(set_id)
        except MissingEntry:
            return {}
        return {
            submission.student.id: {
                grade.name.removeprefix(CHECK_PREFIX): Mark(
                    grade.auto_score, grade.max_score, grade.manual_score
                )
                for notebook in submission.notebooks
                for grade in notebook.grades
                if grade.name.startswith(CHECK_PREFIX)
            }
            for submission in submissions
        }


def _differences(marks: dict[str, Mark], result: Result) -> list[Difference]:
    found = []
    new = {e.id: e for e in result.exercises}
    for name in dict.fromkeys([*new, *marks]):
        mark, exercise = marks.get(name), new.get(name)
        old = (mark.automatic, mark.maximum) if mark else (None, None)
        now = (float(exercise.score), float(exercise.max_score)) if exercise else (None, None)
        if old != now:
            by_hand = mark.by_hand if mark else None
            found.append(Difference(name, old[0], now[0], old[1], now[1], by_hand))
    return found


def _changed(
    name: str, kept: Marks | None, differences: list[Difference], result: Result, why: list[str]
) -> Change:
    if kept is None or all(score is None for score in kept.automatic.values()):
        return Change(name, None, result.score, tuple(differences), ("not graded yet",))
    new = kept.score + sum(d.change for d in differences)
    return Change(name, kept.score, new, tuple(differences), tuple(why), kept.late_penalty)


def _without(name: str, kept: Marks | None, why: str) -> Change | None:
    """A submission that cannot be graded: a run takes back what it had."""
    if kept is None or all(score is None for score in kept.automatic.values()):
        return None
    return Change(name, kept.score, None, (), (why,), kept.late_penalty)


def write_csv(path: Path, previews: Sequence[Preview]) -> None:
    """Write one line a changed exercise, and one with the total, for each student."""
    with io.StringIO(newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["set", "student", "exercise", "old", "new", "change", "by hand", "reason"])
        for found in previews:
            for change in found.changes:
                who, why = [found.set_id, safe(change.student)], "; ".join(change.reasons)
                writer.writerow([*who, "total", change.old, change.new, change.change, "", why])
                for d in change.differences:
                    writer.writerow([*who, d.exercise, d.old, d.new, d.change, d.by_hand, why])
        content = text.getvalue()
    atomic_write(path, content.encode("utf-8", "backslashreplace"))
