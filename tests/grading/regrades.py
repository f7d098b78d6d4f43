"""Graded courses of the tiny set, changed by hand before they are graded again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from command import here
from nbgrader.api import Gradebook
from tiny_set import SET_ID

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.receipts.receipt import kept_receipt, receipt_path
from cvlib.grading.receipts.signing import private_key, signed

FORMULA = "=HYPERLINK(1)"


def state(root: Path) -> dict[str, tuple[Any, ...]]:
    """Everything below a folder: names, kinds, contents, modes and times of writing."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (status.st_mode, status.st_ino, status.st_mtime_ns, content)
    return found


def run(course: Course, *arguments: str, expect: int, answer: str = "") -> str:
    done = here(course.root, course.assignments, *arguments, answer=answer)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def hand_in(course: Course, student: str, same_as: str) -> None:
    notebook = Path(SET_ID) / f"{SET_ID}.ipynb"
    atomic_write(
        course.submitted / student / notebook, (course.submitted / same_as / notebook).read_bytes()
    )


def edit_gradebook(course: Course, student: str, exercise: str, **marks: float) -> None:
    """Set ``auto_score`` or ``manual_score`` as the formgrader, or anyone else, might."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        grade = gradebook.find_grade(f"check-{exercise}", SET_ID, SET_ID, student)
        for name, value in marks.items():
            setattr(grade, name, value)
        gradebook.db.commit()


def graded_otherwise(course: Course, student: str, **changes: Any) -> None:
    """Make the records those of an earlier grading: one point less for ``inner``, other facts."""
    facts = kept_receipt(course, SET_ID, student)
    assert facts is not None
    mark = next(e for e in facts["exercises"] if e["id"] == "inner")
    mark["score"] -= 1.0
    facts["score"] -= 1.0
    facts |= changes
    key = private_key(course)
    atomic_write(receipt_path(course, SET_ID, student), signed(facts, key))
    edit_gradebook(course, student, "inner", auto_score=mark["score"])
