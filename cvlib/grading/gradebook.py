"""Phase B: the one writer that puts results into nbgrader's gradebook, and reads scores back."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.utils import capture_log
from sqlalchemy.exc import SAWarning

from cvlib.grading.course import Course
from cvlib.grading.nbgrader_plugins import KEY_NAME, forget_scores
from cvlib.grading.notebook import CHECK_PREFIX
from cvlib.grading.release import quiet_log, reason_of
from cvlib.grading.result import Result


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
    with _open(course, set_id) as gradebook:
        try:
            submissions = gradebook.assignment_submissions(set_id)
        except MissingEntry:
            return {}
        return {
            submission.student.id: Marks(
                score=submission.score,
                max_score=submission.max_score,
                automatic={g.name: g.auto_score for n in submission.notebooks for g in n.grades},
                waiting=sum(
                    bool(g.needs_manual_grade) for n in submission.notebooks for g in n.grades
                ),
                late_penalty=submission.late_submission_penalty or 0.0,
            )
            for submission in submissions
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


def record(
    course: Course,
    set_id: str,
    students: Sequence[str],
    *,
    settings: dict[str, Any],
) -> dict[str, str]:
    """Run nbgrader's autograder for each student on the cached results; return the failures.

    Each student is handled alone. Where recording fails, the older automatic score is taken back.
    """
    failures: dict[str, str] = {}
    config = course.config()
    for name, value in settings.items():
        config.JudgeSettings[name] = value
    for student in students:
        try:
            report = _autograde(course, config, set_id, student)
            if not report["success"]:
                failures[student] = reason_of(report)
        except Exception as error:  # whatever nbgrader raises, the other students go on
            failures[student] = f"{type(error).__name__}: {error}"
        if student in failures:
            take_back(course, set_id, student)
    return failures


def take_back(course: Course, set_id: str, student: str) -> None:
    """Remove what an earlier grading left, so that no old score passes for a new one."""
    shutil.rmtree(course.root / "autograded" / student / set_id, ignore_errors=True)
    try:
        forget_scores(_url(course, set_id), set_id, student)
    except MissingEntry:
        return


def _autograde(course: Course, config: Any, set_id: str, student: str) -> dict[str, Any]:
    converter = Autograde(
        coursedir=course.directory(config, set_id, student), config=config, log=quiet_log()
    )
    converter.force = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # nbgrader's own way with its session
        return capture_log(converter)


def _open(course: Course, set_id: str) -> Gradebook:
    config = course.config()
    return Gradebook(course.directory(config, set_id).db_url, config.CourseDirectory.course_id)


def _url(course: Course, set_id: str) -> str:
    return course.directory(course.config(), set_id).db_url
