"""Make the feedback pages of a class through nbgrader, those that changed only."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from nbgrader.converters import GenerateFeedback
from nbgrader.utils import capture_log

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.course.release import quiet_log, reason_of
from cvlib.grading.feedback import page as feedback_page
from cvlib.grading.gradebook.marks import Marks, read_marks
from cvlib.grading.pages.templating import TEMPLATES
from cvlib.grading.receipts.receipt import receipt_path

KEY_NAME = ".feedback-key"


def page_path(course: Course, set_id: str, student: str) -> Path:
    """Where a student's page lies."""
    return course.root / "feedback" / student / set_id / f"{set_id}.html"


def stale_pages(course: Course, set_id: str, *, force: bool = False) -> dict[str, str]:
    """The students whose page has to be made, each with the key of what it will show."""
    stale = {}
    for student, marks in read_marks(course, set_id).items():
        graded = course.root / "autograded" / student / set_id / f"{set_id}.ipynb"
        page = page_path(course, set_id, student)
        if not graded.is_file():
            shutil.rmtree(page.parent, ignore_errors=True)  # no page may show what was taken back
            continue
        key = _key(graded, receipt_path(course, set_id, student), marks)
        old = page.parent / KEY_NAME
        fresh = page.is_file() and old.is_file() and old.read_text() == key
        if force or not fresh:
            stale[student] = key
    return stale


def make_pages(course: Course, set_id: str, pages: dict[str, str]) -> dict[str, str]:
    """Make the pages that ``stale_pages`` named; return the failures, by student."""
    failures: dict[str, str] = {}
    config = course.config()
    for student, key in pages.items():
        converter = GenerateFeedback(
            coursedir=course.directory(config, set_id, student), config=config, log=quiet_log()
        )
        converter.force = True
        report = capture_log(converter)
        page = page_path(course, set_id, student)
        if report["success"] and page.is_file():
            atomic_write(page.parent / KEY_NAME, key.encode())
        else:
            failures[student] = reason_of(report)
    return failures


def _key(graded: Path, receipt: Path, marks: Marks) -> str:
    digest = hashlib.sha256(graded.read_bytes())
    digest.update(receipt.read_bytes() if receipt.is_file() else b"-")
    digest.update(repr(marks).encode())
    for path in (Path(feedback_page.__file__), TEMPLATES / feedback_page.TEMPLATE):
        digest.update(path.read_bytes())
    return digest.hexdigest()
