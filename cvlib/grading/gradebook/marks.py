"""Phase B: the one writer that puts results into nbgrader's gradebook, and reads scores back."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)

from cvlib.grading.course.course import Course
from cvlib.grading.gradebook.nbgrader_plugins import forget_scores
from cvlib.grading.judging.kept_results import KEY_NAME
from cvlib.grading.judging.result import Result
from cvlib.grading.notebook.source import CHECK_PREFIX


@dataclass(frozen=True)
class Marks:
    """What the gradebook holds for one submission; ``waiting`` counts marks a person must give."""

    score: float
    max_score: float
    automatic: dict[str, float | None]
    waiting: int
    late_penalty: float = 0.0

    def agrees_with(self, result: Result) -> bool:
        """Whether the automatic marks are those of a result."""
        expected = {CHECK_PREFIX + e.id: float(e.score) for e in result.exercises}
        return all(self.automatic.get(name) == score for name, score in expected.items())


def read_marks(course: Course, set_id: str) -> dict[str, Marks]:
    """The marks of every student who has any in a problem set."""
    file = course.gradebook_file()
    if file is not None and not file.is_file():
        return {}  # opening it would make an empty one
    with course.open_gradebook() as gradebook:
        try:
            most = gradebook.find_assignment(set_id).max_score
        except MissingEntry:
            return {}
        below = gradebook.db.query(
            SubmittedAssignment.student_id,
            SubmittedNotebook.late_submission_penalty,
            BaseCell.name,
            Grade.auto_score,
            Grade.score,
            Grade.needs_manual_grade,
        ).join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        rows = (
            below.join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .join(BaseCell, BaseCell.id == Grade.cell_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .filter(Assignment.name == set_id)
            .all()
        )
    by_student: dict[str, list[Any]] = {}
    for row in rows:
        by_student.setdefault(row.student_id, []).append(row)
    return {
        student: Marks(
            score=float(sum(row.score for row in found)),
            max_score=most,
            automatic={row.name: row.auto_score for row in found},
            waiting=sum(bool(row.needs_manual_grade) for row in found),
            late_penalty=found[0].late_submission_penalty or 0.0,
        )
        for student, found in by_student.items()
    }


def is_recorded(course: Course, set_id: str, student: str, result: Result, marks: Any) -> bool:
    """Whether the gradebook and ``autograded/`` already hold exactly this result."""
    folder = course.root / "autograded" / student / set_id
    try:
        key = (folder / KEY_NAME).read_text()
    except OSError:
        return False
    present = (folder / f"{set_id}.ipynb").is_file()
    return key == result.key and present and marks is not None and marks.agrees_with(result)


def take_back(course: Course, set_id: str, student: str) -> None:
    """Remove what an earlier grading left, so that no old score passes for a new one."""
    shutil.rmtree(course.root / "autograded" / student / set_id, ignore_errors=True)
    try:
        with course.open_gradebook() as gradebook:
            forget_scores(gradebook, set_id, student)
    except MissingEntry:
        return
