"""Canvas and Moodle: files that their imports take, by the rules that their own code follows."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook

from cvlib.grading.course.course import Course
from cvlib.grading.lms.lms_file import read_table
from cvlib.grading.lms.students import read_class_list

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"
Grade = Callable[..., subprocess.CompletedProcess[str]]

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


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    """A graded course in which a person has marked, one is late, and one handed nothing in."""
    shutil.copytree(graded.root, tmp_path / "course", symlinks=True)
    found = Course.open(tmp_path / "course", TINY)
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


def test_scores_have_marks_by_hand_and_penalties_in_them(
    course: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    cvlib_grade(course.root, "export", "--format", "canvas", "-o", str(tmp_path / "c.csv"))
    users = {"noisy": 3, "partial": 4, "idle": 5, "right": 101}
    with (tmp_path / "c.csv").open(newline="") as file:
        names = [row[2] for row in csv.reader(file)][2:]
    users |= {name: 1000 + k for k, name in enumerate(names) if name not in users}
    taken = canvas_import((tmp_path / "c.csv").read_text("utf-8"), users)
    assert taken[users["noisy"]] == {SET_ID: "11"}, "10 + 1.25 + 0.5 − 0.75"
    assert taken[users["partial"]] == {SET_ID: "0"}, "never less than nothing"
    assert taken[101] == {SET_ID: "10"}, "by Canvas's own number, when it is known"
    assert taken[users["idle"]] == {SET_ID: ""}


def test_a_file_that_canvas_exported_is_filled(
    course: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    base, target = tmp_path / "exported.csv", tmp_path / "import.csv"
    base.write_text(CANVAS, "utf-8", newline="")
    done = cvlib_grade(course.root, "canvas", "--into", str(base), "-o", str(target))
    assert base.read_text("utf-8") == CANVAS
    taken = canvas_import(target.read_text("utf-8"), {})
    assert taken == {
        101: {4711: "10"},  # by Canvas's number
        102: {4711: "0"},  # by SIS User ID
        103: {4711: "EX"},  # a person excused this student in Canvas
        104: {4711: "9.50"},  # not ours: as it was
        105: {4711: "N/A"},  # not assigned
        106: {4711: "0"},  # by SIS User ID, late
        199: {4711: ""},
    }
    header, posting, possible, *rows = csv.reader(target.open(newline=""))
    assert header == [*PREAMBLE, "Tiny (4711)"], "nothing else can be overwritten"
    assert posting[-1] == "Manual Posting"
    assert possible == ["    Points Possible", "", "", "", "", "12.00"]
    before = list(csv.reader(io.StringIO(CANVAS)))[3:]
    assert [row[:5] for row in rows] == [row[:5] for row in before]
    assert "3 scores in" in done.stdout
    assert "students with scores are not in exported.csv" in done.stderr
    assert "malformed" in done.stderr
    assert "still to be marked by a person" in done.stderr
    again = tmp_path / "again.csv"
    cvlib_grade(course.root, "canvas", "--into", str(target), "-o", str(again))
    assert again.read_bytes() == target.read_bytes()


def test_the_way_a_file_is_written_is_kept(
    course: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    """Canvas writes semicolons and decimal commas for some languages, and a mark for Excel."""
    rows = list(csv.reader(io.StringIO(CANVAS)))
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(
        [cell.replace("12.00", "13,50") for cell in row] for row in rows
    )
    base = tmp_path / "exported.csv"
    base.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    done = cvlib_grade(course.root, "canvas", SET_ID, "--into", str(base))
    written = (course.root / "grades-canvas.csv").read_bytes()
    assert written.startswith(b"\xef\xbb\xbfStudent;ID;SIS User ID;SIS Login ID;Section;Tiny")
    assert b"101;s-right;right@x.example;Group 1;10\r\n" in written
    assert f"{SET_ID} has 12 points here and 13,50 in Canvas" in done.stderr


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        (("Tiny (4711)", "Homework 1 (4711)"), [SET_ID], "has no column 'ps90_tiny' or 'Tiny'"),
        (("Quiz (900)", "tiny (900)"), [SET_ID], "2 columns are called 'Tiny'"),
        (("Section", "Group"), [SET_ID], "expected a gradebook that Canvas exported"),
        (("s-104", "partial"), [SET_ID], "more than one row belongs to partial"),
        (("", ""), ["--column", "ps91=Quiz"], "expected SET=TITLE with one of ps90_tiny"),
        (("", ""), ["--column", f"{SET_ID}=Nothing"], "no column 'Nothing'"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused(
    course: Course,
    tmp_path: Path,
    cvlib_grade: Grade,
    change: tuple[str, str],
    arguments: list[str],
    words: str,
) -> None:
    base = tmp_path / "exported.csv"
    base.write_text(CANVAS.replace(*change), "utf-8")
    done = cvlib_grade(course.root, "canvas", *arguments, "--into", str(base), expect=2)
    assert words in done.stderr
    assert not (course.root / "grades-canvas.csv").exists()


def test_another_title_can_be_named(course: Course, tmp_path: Path, cvlib_grade: Grade) -> None:
    base = tmp_path / "exported.csv"
    base.write_text(CANVAS, "utf-8")
    cvlib_grade(course.root, "canvas", "--into", str(base), "--column", f"{SET_ID}=quiz")
    taken = canvas_import((course.root / "grades-canvas.csv").read_text("utf-8"), {})
    assert taken[101] == {900: "10"}


def test_moodle_takes_the_file_by_number_and_by_address(
    course: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    target = tmp_path / "m.csv"
    done = cvlib_grade(course.root, "export", "--format", "moodle", "-o", str(target))
    assert "no e-mail address is known of alternative, blank" in done.stderr
    assert target.read_text("utf-8").splitlines()[0] == f"ID number,{SET_ID}"
    taken = moodle_import(target.read_text("utf-8"), "ID number")
    assert taken["idle"] == {SET_ID: None}
    assert taken["noisy"] == {SET_ID: "11"}
    with gradebook(course) as book:
        for student in book.students:
            student.email = f"{student.id}@x.example"
        book.db.commit()
    done = cvlib_grade(course.root, "export", "--format", "moodle", "-o", str(target))
    assert "e-mail" not in done.stderr
    by_address = moodle_import(target.read_text("utf-8"), "Email address")
    assert by_address == {f"{name}@x.example": marks for name, marks in taken.items()}


def test_later_weeks_are_no_obstacle(course: Course, tmp_path: Path, cvlib_grade: Grade) -> None:
    """A set that is not released yet is left out, unless it is asked for by name."""
    both = tmp_path / "assignments"
    shutil.copytree(TINY, both)
    shutil.copytree(TINY.parent / "chain" / "ps91_chain", both / "ps91_chain")
    later = ["--assignments", str(both)]
    cvlib_grade(course.root, *later, "export")
    assert SET_ID in (course.root / "grades-canvas.csv").read_text()
    done = cvlib_grade(course.root, *later, "export", "ps91_chain", expect=2)
    assert "ps91_chain is not in the gradebook" in done.stderr


def entries(course: Course) -> dict[str, tuple[Any, ...]]:
    with gradebook(course) as book:
        return {s.id: (s.first_name, s.last_name, s.email, s.lms_user_id) for s in book.students}


def test_a_class_list_of_canvas_or_moodle_is_read(
    course: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    canvas, moodle = tmp_path / "canvas.csv", tmp_path / "moodle.csv"
    canvas.write_text(CANVAS, "utf-8")
    done = cvlib_grade(course.root, "students", str(canvas), "--id", "SIS User ID")
    assert "6 students: 4 new, 2 changed" in done.stdout
    assert "in submitted/: " in done.stderr
    known = entries(course)
    assert known["blank"] == ("Grace", "Hopper", None, "102")
    assert known["partial"] == ("Alan", "Turing", None, "106")
    moodle.write_text(
        "\ufeffFirst name;Last name;ID number;Email address\nGrace;Murray Hopper;blank;\n"
        "Emmy;Noether;noisy;emmy@x.example\n",
        "utf-8",
    )
    assert (
        "2 students: 0 new, 2 changed" in cvlib_grade(course.root, "students", str(moodle)).stdout
    )
    known = entries(course)
    assert known["blank"] == ("Grace", "Murray Hopper", None, "102"), "an empty cell blanks nothing"
    assert known["noisy"] == ("Emmy", "Noether", "emmy@x.example", None)
    assert "0 new, 0 changed" in cvlib_grade(course.root, "students", str(moodle)).stdout


def test_nbgraders_own_class_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "students.csv"
    path.write_text("id,first_name,last_name,email\nann,Ann,A,ann@x.example\n")
    assert read_class_list(path) == {
        "ann": {"first_name": "Ann", "last_name": "A", "email": "ann@x.example"}
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,mail\nAnn,a@x\n", "expected a column that holds the names of the students' folders"),
        ("id,email\nann,a\nann,b\n", "row 3: the id 'ann' is there twice"),
        ("id,email\n../x,a\n", "cannot be the name of a folder"),
        ("id,email\nann,a,b\n", "row 2: expected at most 2 cells, got 3"),
        ("", "expected a CSV file with a line of column names"),
        ("\xe4".encode("latin-1"), "is not UTF-8"),
        (None, "does not exist"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(
    tmp_path: Path, cvlib_grade: Grade, text: str | bytes | None, words: str
) -> None:
    path = tmp_path / "list.csv"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = cvlib_grade(tmp_path / "c", "students", str(path), expect=2)
    assert words in done.stderr


def test_a_table_is_written_as_it_was_read(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    content = '\ufeffa\tb\r\n"x\ty"\t"say ""hi"""\r\n'.encode()
    path.write_bytes(content)
    assert read_table(path).to_bytes() == content
