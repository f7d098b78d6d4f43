"""What a class did in one problem set: the gradebook's marks beside the judge's kept results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbgrader import api
from sqlalchemy.orm import Session

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import find_students
from cvlib.grading.judging.kept_results import KEY_NAME, read_result
from cvlib.grading.judging.result import ExerciseResult, Result
from cvlib.grading.notebook.source import CHECK_PREFIX
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import load_problem_set


@dataclass(frozen=True)
class Mark:
    """The points that count for one exercise; ``None`` as long as nobody has given any."""

    points: float | None
    waiting: bool
    by_hand: bool = False


@dataclass(frozen=True)
class Work:
    """One student's submission; ``seconds_late`` is ``None`` where the time is not known."""

    student: str
    name: str
    marks: dict[str, Mark]
    result: Result | None = None
    seconds_late: float | None = None
    penalty: float = 0.0

    @property
    def graded(self) -> bool:
        """Whether anything was marked; not so when grading failed."""
        return any(mark.points is not None for mark in self.marks.values())

    @property
    def waiting(self) -> bool:
        """Whether a person has still to mark something."""
        return any(mark.waiting for mark in self.marks.values())

    @property
    def score(self) -> float:
        """The points so far, any late penalty taken off."""
        return max(0.0, sum(mark.points or 0.0 for mark in self.marks.values()) - self.penalty)

    def exercise(self, name: str) -> ExerciseResult | None:
        """What the judge found, when its result is still kept."""
        found = self.result.exercises if self.result else ()
        return next((e for e in found if e.id == name), None)


@dataclass(frozen=True)
class ClassWork:
    """All submissions of a problem set; ``enrolled`` counts the students nbgrader knows."""

    set_id: str
    title: str
    exercises: tuple[Exercise, ...]
    works: tuple[Work, ...]
    enrolled: int = 0
    due: datetime | None = None
    unrecorded: tuple[str, ...] = ()

    @property
    def graded(self) -> tuple[Work, ...]:
        """The submissions that have marks."""
        return tuple(work for work in self.works if work.graded)

    @property
    def max_score(self) -> float:
        """The most a submission can get, extra credit aside."""
        return float(sum(e.points for e in self.exercises))


def gather(course: Course, set_id: str) -> ClassWork:
    """Read a problem set's marks and results; a course without a gradebook is a CourseError."""
    problem_set = load_problem_set(course.assignments, set_id).problem_set
    with course.open_gradebook("cvlib-grade run first") as gradebook:
        session: Session = gradebook.db
        due = session.query(api.Assignment.duedate).filter_by(name=set_id).scalar()
        marks = _marks(session, set_id)
        works = tuple(_works(session, course.root, set_id, due, marks))
        enrolled = session.query(api.Student).count()
    known = {work.student for work in works}
    others = [s for s in find_students(course.submitted, set_id) if s not in known]
    return ClassWork(
        set_id, problem_set.title, problem_set.exercises, works, enrolled, due, tuple(others)
    )


def _marks(session: Session, set_id: str) -> dict[str, dict[str, Mark]]:
    """The marks by student and exercise, in one question to the database."""
    rows = (
        session.query(
            api.SubmittedAssignment.student_id,
            api.BaseCell.name,
            api.Grade.auto_score,
            api.Grade.manual_score,
            api.Grade.extra_credit,
            api.Grade.needs_manual_grade,
        )
        .select_from(api.Grade)
        .join(api.BaseCell, api.Grade.cell_id == api.BaseCell.id)
        .join(api.SubmittedNotebook, api.Grade.notebook_id == api.SubmittedNotebook.id)
        .join(
            api.SubmittedAssignment,
            api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id,
        )
        .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
        .filter(api.Assignment.name == set_id)
    )
    marks: dict[str, dict[str, Mark]] = {}
    for student, cell, automatic, manual, extra, waiting in rows:
        given = manual if manual is not None else automatic
        points = None if given is None else given + (extra or 0.0)
        mark = Mark(points, bool(waiting), manual is not None)
        marks.setdefault(student, {})[cell.removeprefix(CHECK_PREFIX)] = mark
    return marks


def _works(
    session: Session,
    root: Path,
    set_id: str,
    due: datetime | None,
    marks: dict[str, dict[str, Mark]],
) -> list[Work]:
    rows = (
        session.query(
            api.Student.id,
            api.Student.first_name,
            api.Student.last_name,
            api.SubmittedAssignment.timestamp,
            api.SubmittedAssignment.extension,
            api.SubmittedNotebook.late_submission_penalty,
        )
        .select_from(api.SubmittedAssignment)
        .join(api.Student, api.SubmittedAssignment.student_id == api.Student.id)
        .join(api.Assignment, api.SubmittedAssignment.assignment_id == api.Assignment.id)
        .join(
            api.SubmittedNotebook,
            api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id,
        )
        .filter(api.Assignment.name == set_id)
        .order_by(api.Student.id)
    )
    works = []
    for student, first, last, stamp, extension, penalty in rows:
        late = None
        if due is not None and stamp is not None:
            allowed = due + extension if extension is not None else due
            late = max(0.0, (stamp - allowed).total_seconds())
        name = " ".join(part for part in (first, last) if part)
        result = _result(root, student, set_id)
        works.append(Work(student, name, marks.get(student, {}), result, late, penalty or 0.0))
    return works


def _result(root: Path, student: str, set_id: str) -> Result | None:
    try:
        key = (root / "autograded" / student / set_id / KEY_NAME).read_text()
    except OSError:
        return None
    return read_result(root / "results", key)
