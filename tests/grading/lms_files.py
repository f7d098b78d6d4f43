"""Files of Canvas and Moodle, what their imports would take, and a course to export."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path

from nbgrader.api import Gradebook
from tiny_set import SET_ID, TINY

from cvlib.grading.course.course import Course

CANVAS = '''\
Student,ID,SIS User ID,SIS Login ID,Section,Quiz (900),Tiny (4711),Current Score,Final Score
,,,,,,Manual Posting,,
    Points Possible,,,,,5.00,12.00,(read only),(read only)
"Lovelace, Ada",101,s-right,right@x.example,Group 1,3.00,,80.1,80.1
"Hopper, Grace",102,blank,g.hopper,Group 1,4.00,7.00,81.1,81.1
"Noether, Emmy",103,s-103,noisy,"Group 1, Group 2",2.00,EX,82.1,82.1
"Curie, Marie",104,s-104,mc,Group 2,1.00,9.50,83.1,83.1
"=""=Evil""",105,s-105,mutant-spread,Group 2,,N/A,84.1,84.1
"Turing, Alan",106,partial,at,Group 2,5.00,1.00,85.1,85.1
"Student, Test",199,,9fa4c1,Group 1,,,,
'''
PREAMBLE = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")


def canvas_import(text: str, users: dict[str, int]) -> dict[int, dict[int | str, str]]:
    """What Canvas's importer would take from a file: scores by user and assignment number.

    Its rules: the first row names the columns, ``Student`` first and ``ID`` second, then perhaps
    ``SIS User ID`` and ``SIS Login ID``, then ``Section``; what follows are assignments, known by
    the number behind the title, or else by their title; rows of points and of posting are no
    students; a student is found by number, then by the ids of the school.
    """
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert tuple(header[:5]) == PREAMBLE
    taken: dict[int, dict[int | str, str]] = {}
    for row in rows:
        assert len(row) == len(header)
        if "Points Possible" in row[0]:
            continue
        if all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell) for cell in row):
            continue
        user = int(row[1]) if row[1] else users.get(row[2], users.get(row[3], 0))
        assert user, row
        for name, cell in zip(header[5:], row[5:], strict=True):
            number = re.search(r"\((\d+)\)$", name)
            taken.setdefault(user, {})[int(number[1]) if number else name] = cell
    return taken


def moodle_import(text: str, by: str) -> dict[str, dict[str, str | None]]:
    """What Moodle's importer would take: ``-`` is no grade, a blank user takes the row before's."""
    taken: dict[str, dict[str, str | None]] = {}
    user = ""
    for row in csv.DictReader(io.StringIO(text, newline="")):
        user = row.pop(by) or user
        row.pop("ID number", None), row.pop("Email address", None)
        for name, cell in row.items():
            assert cell == "-" or float(cell) >= 0, "an empty new grade would be stored as 0"
            taken.setdefault(user, {})[name] = None if cell == "-" else cell
    return taken


def marked(graded: Course, root: Path) -> Course:
    """A graded course in which a person has marked, one is late, and one handed nothing in."""
    shutil.copytree(graded.root, root, symlinks=True)
    found = Course.open(root, TINY)
    with gradebook(found) as book:
        book.update_or_create_student("right", lms_user_id="101", first_name="Ada")
        book.add_student("idle", email="idle@x.example")
        mark = book.find_grade("why", SET_ID, SET_ID, "noisy")
        mark.manual_score, mark.extra_credit, mark.needs_manual_grade = 1.25, 0.5, False
        for student, penalty in (("noisy", 0.75), ("partial", 99.0)):
            submission = book.find_submission_notebook(SET_ID, SET_ID, student)
            submission.late_submission_penalty = penalty
        book.db.commit()
    return found


def gradebook(course: Course) -> Gradebook:
    return Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib")
