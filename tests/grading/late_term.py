"""A graded course with a due date, in which anybody can have been late."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from command import here
from nbgrader.api import Gradebook
from tiny_set import SET_ID, TINY

from cvlib.grading.course.course import Course
from cvlib.grading.gradebook.late import penalty_now

DUE = datetime(2026, 3, 2, 22, 59)
FULL, SCORE = 12.0, 10.0
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SECOND = timedelta(seconds=1)


def settings(**values: Any) -> str:
    lines = [f"c.LatePolicy.{name} = {value!r}" for name, value in values.items()]
    return "\n".join(["c = get_config()", "c.CourseDirectory.course_id = 'a-course'", *lines])


def copy(graded: Course, base: Path, text: str) -> Course:
    """A copy of the graded course, with settings of its own."""
    shutil.copytree(graded.root, base / "course", symlinks=True)
    shutil.copytree(TINY, base / "assignments")
    (base / "assignments" / "nbgrader_config.py").write_text(text)
    return Course.open(base / "course", base / "assignments")


def grade(course: Course, *arguments: str, expect: int = 0) -> str:
    """Run ``cvlib-grade`` on a course."""
    done = here(course.root, course.assignments, *arguments)
    assert done.returncode == expect, f"{arguments}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def gradebook_of(course: Course) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "a-course") as gradebook:
        yield gradebook
        gradebook.db.commit()


class Term:
    """A graded course with a due date, in which anybody can have been late."""

    def __init__(self, course: Course) -> None:
        self.course = course

    def late_by(self, late: timedelta, *, set_id: str = SET_ID, student: str = "right") -> None:
        with gradebook_of(self.course) as gradebook:
            due = gradebook.find_assignment(set_id).duedate
            gradebook.update_or_create_submission(set_id, student, timestamp=due + late)

    def penalty(self, *, set_id: str = SET_ID, student: str = "right", **policy: Any) -> float:
        """What nbgrader's preprocessor takes off under a policy; 0 for no penalty."""
        config = self.course.config()
        for name, value in policy.items():
            config.LatePolicy[name] = value
        with gradebook_of(self.course) as gradebook:
            notebook = gradebook.find_submission_notebook(SET_ID, set_id, student)
            return penalty_now(config, gradebook, notebook)[0] or 0.0

    def another_set(self, name: str, due: datetime) -> None:
        """A second problem set with the same cells, handed in by a student who got 10 points."""
        with gradebook_of(self.course) as gradebook:
            gradebook.add_assignment(name, duedate=due)
            gradebook.add_notebook(SET_ID, name)
            gradebook.add_grade_cell("check", SET_ID, name, max_score=FULL, cell_type="code")
            gradebook.add_submission(name, "right")
            gradebook.find_grade("check", SET_ID, name, "right").auto_score = SCORE


def stamp(folder: Path, content: bytes) -> Path:
    path = folder / "ada" / SET_ID / "timestamp.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
