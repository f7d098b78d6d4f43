"""Canvas and Moodle: files that their imports take, by the rules that their own code follows."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest
from lms_files import CANVAS, PREAMBLE, canvas_import, gradebook, marked, moodle_import
from tiny_set import SET_ID, TINY, Grade

from cvlib.grading.course.course import Course


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    return marked(graded, tmp_path / "course")


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
