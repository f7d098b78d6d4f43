"""Bring a class list into nbgrader's table of students: who they are, and their addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbgrader.api import MissingEntry

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.lms.lms_file import LmsFile, read_table

#: What a column of a class list is called by nbgrader, Canvas and Moodle.
NAMES = {
    "id": ("id", "SIS Login ID", "SIS User ID", "ID number", "Username"),
    "first_name": ("first_name", "First name", "FirstName"),
    "last_name": ("last_name", "Last name", "Surname", "LastName"),
    "email": ("email", "Email address", "Email"),
    "lms_user_id": ("lms_user_id",),
}

TEST_STUDENT = "Student, Test"  # the one that Canvas adds to every course


@dataclass
class Enrolled:
    """What an import did: who is new, and whose entry changed."""

    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)


def read_class_list(path: Path, id_column: str = "") -> dict[str, dict[str, str]]:
    """The students of a file, by id; raises CourseError where an id is missing or repeats."""
    file = read_table(path)
    canvas = file.column("Section") is not None and file.column("SIS Login ID") is not None
    places = {key: file.column(*names) for key, names in NAMES.items()}
    if canvas:  # there ``ID`` is Canvas's own number, and the name stands in one column
        places |= {"id": file.column(*NAMES["id"][1:]), "lms_user_id": file.column("ID")}
    if id_column:
        places["id"] = file.column(id_column)
    if places["id"] is None:
        wanted = repr(id_column) if id_column else "one of " + ", ".join(NAMES["id"])
        raise CourseError(
            f"{path}: expected a column that holds the names of the students' folders, "
            f"{wanted}; got {', '.join(file.header)}"
        )
    found: dict[str, dict[str, str]] = {}
    for k, row in enumerate(file.rows, 2):
        if canvas and _is_no_student(row):
            continue
        entry = {key: row[place].strip() for key, place in places.items() if place is not None}
        if canvas:
            entry |= _split_name(file, row)
        student = entry.pop("id")
        if not student or student in found or "/" in student or student.startswith("."):
            why = "is there twice" if student in found else "cannot be the name of a folder"
            raise CourseError(f"{path}, row {k}: the id {student!r} {why}")
        found[student] = entry
    return found


def enroll(course: Course, students: dict[str, dict[str, str]]) -> Enrolled:
    """Add or complete students in the gradebook; nobody is removed, and nothing is blanked."""
    done = Enrolled()
    with course.open_gradebook() as gradebook:
        for student, entry in students.items():
            known = {key: value for key, value in entry.items() if value}
            try:
                old = gradebook.find_student(student)
            except MissingEntry:
                done.new.append(student)
            else:
                if all(getattr(old, key) == value for key, value in known.items()):
                    done.same.append(student)
                    continue
                done.changed.append(student)
            gradebook.update_or_create_student(student, **known)
    return done


def _is_no_student(row: list[str]) -> bool:
    return "Points Possible" in row[0] or row[0].strip() in ("", TEST_STUDENT)


def _split_name(file: LmsFile, row: list[str]) -> dict[str, str]:
    """Canvas writes ``Last, First`` in its column ``Student``."""
    k = file.column("Student")
    if k is None:
        return {}
    last, comma, first = row[k].partition(",")
    return (
        {"last_name": last.strip(), "first_name": first.strip()}
        if comma
        else {"last_name": last.strip()}
    )
