"""Scores as the files that Canvas and Moodle import.

Also usable as plugins of nbgrader: ``nbgrader export
--exporter=cvlib.grading.lms.export.CanvasExport --to canvas.csv``.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.judging.result import points
from cvlib.grading.pages.table_files import safe

Row = list[str]
NO_GRADE = "-"  # what Moodle itself writes, and reads, where there is no grade


class Scores:
    """The final scores of a class, ``None`` where nothing was handed in."""

    def __init__(self, gradebook: Gradebook, students: Sequence[str], sets: Sequence[str]) -> None:
        self.assignments = [a for a in gradebook.assignments if not sets or a.name in sets]
        self.assignments.sort(key=lambda a: a.name)
        self.students = [s for s in gradebook.students if not students or s.id in students]
        self.students.sort(key=lambda s: s.id)
        self._scores: dict[tuple[str, str], float] = {}
        self.waiting: dict[str, int] = {}
        for assignment in self.assignments:
            for submission in gradebook.assignment_submissions(assignment.name):
                late = submission.late_submission_penalty or 0.0
                score = max(0.0, submission.score - late)
                self._scores[submission.student.id, assignment.name] = score
                if submission.needs_manual_grade:
                    self.waiting[assignment.name] = self.waiting.get(assignment.name, 0) + 1

    def score(self, student: str, assignment: str) -> float | None:
        """The score with any late penalty taken off."""
        return self._scores.get((student, assignment))

    def cells(self, student: str, *, missing: str = "") -> Row:
        """One cell an assignment, ``missing`` where nothing was handed in."""
        found = (self.score(student, a.name) for a in self.assignments)
        return [missing if score is None else number(score) for score in found]


class _TableExport(ExportPlugin):
    """Writes one table of the class; subclasses say what a row is."""

    default_name = "grades.csv"
    warn = True

    def rows(self, scores: Scores) -> Iterable[Row]:
        """All rows, the header first."""
        raise NotImplementedError

    def warnings(self, scores: Scores) -> Iterable[str]:
        """What the person who imports the file should know."""
        for name, count in scores.waiting.items():
            yield (
                f"{name}: {count} submissions have answers still to be marked by a person; their "
                "scores count those as 0 so far"
            )

    def export(self, gradebook: Gradebook) -> None:
        """Write the table to ``self.to``; students and assignments can be limited."""
        scores = Scores(
            gradebook, [str(s) for s in self.student], [str(a) for a in self.assignment]
        )
        atomic_write(Path(self.to or self.default_name), to_csv(self.rows(scores)))
        for warning in self.warnings(scores) if self.warn else ():
            print(f"warning: {warning}", file=sys.stderr)


class CanvasExport(_TableExport):
    """Canvas's gradebook import: five columns that name the student, then the assignments."""

    default_name = "canvas.csv"

    def rows(self, scores: Scores) -> Iterable[Row]:
        """The header, the row of points possible, then the students."""
        names = [a.name for a in scores.assignments]
        yield ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *map(safe, names)]
        most = [number(a.max_score) for a in scores.assignments]
        yield ["    Points Possible", "", "", "", "", *most]
        for s in scores.students:
            login = safe(s.id)
            yield [safe(full_name(s)), s.lms_user_id or "", login, login, "", *scores.cells(s.id)]


class MoodleExport(_TableExport):
    """Moodle's grade import: students by ID number and address, one column an assignment.

    A row whose address is empty would give its grades to the student before it when the import
    goes by address, so the column is there only when everybody has one.
    """

    default_name = "moodle.csv"

    def rows(self, scores: Scores) -> Iterable[Row]:
        """The header, then the students."""
        address = not _without_address(scores)
        yield [
            "ID number",
            *(["Email address"] if address else []),
            *(safe(a.name) for a in scores.assignments),
        ]
        for s in scores.students:
            known = [safe(s.id), *([safe(s.email)] if address else [])]
            yield [*known, *scores.cells(s.id, missing=NO_GRADE)]

    def warnings(self, scores: Scores) -> Iterable[str]:
        """Also, whether the import can go by address."""
        yield from super().warnings(scores)
        lacking = _without_address(scores)
        if 0 < len(lacking) < len(scores.students):
            yield (
                f"no e-mail address is known of {_some(lacking)}: the file for Moodle goes by ID "
                "number alone"
            )


class CsvExport(_TableExport):
    """A long table, one row a student and assignment, for any other use."""

    def rows(self, scores: Scores) -> Iterable[Row]:
        """The header, then one row a student and assignment."""
        yield ["student", "name", "assignment", "score", "max_score"]
        for s in scores.students:
            for a, cell in zip(scores.assignments, scores.cells(s.id), strict=True):
                most = number(a.max_score)
                yield [safe(s.id), safe(full_name(s)), safe(a.name), cell, most]


FORMATS: dict[str, type[_TableExport]] = {
    "canvas": CanvasExport,
    "moodle": MoodleExport,
    "csv": CsvExport,
}


def export(
    course: Course,
    form: str,
    target: Path,
    *,
    sets: Sequence[str] = (),
    students: Sequence[str] = (),
    warn: bool = True,
) -> None:
    """Write the scores of a course in one of ``FORMATS``."""
    everything = list(sets) == course.problem_sets()  # then those of later weeks are left out
    with gradebook_with(course, () if everything else sets) as gradebook:
        known = {a.name for a in gradebook.assignments}
        wanted = [s for s in sets if s in known]
        if sets and not wanted:
            raise CourseError("no problem set is in the gradebook yet: run cvlib-grade run first")
        plugin = FORMATS[form](to=str(target), assignment=wanted, student=list(students))
        plugin.warn = warn
        plugin.export(gradebook)


def gradebook_with(course: Course, sets: Sequence[str]) -> Gradebook:
    """The gradebook of a course; raises CourseError where it, or one of the sets, is missing."""
    gradebook = course.open_gradebook("cvlib-grade run first")
    for set_id in sets:
        try:
            gradebook.find_assignment(set_id)
        except MissingEntry:
            gradebook.close()
            raise CourseError(f"{set_id} is not in the gradebook: release it first") from None
    return gradebook


def to_csv(rows: Iterable[Row], delimiter: str = ",") -> bytes:
    """A table as the bytes of a CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def number(score: float) -> str:
    """A score for a machine to read."""
    return points(score, decimals=4)


def full_name(student: Any) -> str:
    """``Last, First`` as Canvas writes it, or the id where no name is known."""
    names = [n for n in (student.last_name, student.first_name) if n]
    return ", ".join(names) or student.id


def _without_address(scores: Scores) -> list[str]:
    return [s.id for s in scores.students if not (s.email or "").strip()]


def _some(names: Sequence[str], most: int = 5) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
