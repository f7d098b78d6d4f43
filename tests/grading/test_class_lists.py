"""Class lists of Canvas, Moodle and nbgrader are read, and others are refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lms_files import CANVAS, gradebook, marked
from tiny_set import Grade

from cvlib.grading.course.course import Course
from cvlib.grading.lms.lms_file import read_table
from cvlib.grading.lms.students import read_class_list


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    return marked(graded, tmp_path / "course")


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
