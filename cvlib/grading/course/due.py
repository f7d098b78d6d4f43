"""When work is due: dates in the words of a person, extensions, and the dates in the gradebook.

nbgrader keeps all times in UTC and without a zone. It takes an unknown zone for UTC, and an offset
after a blank (``12:00 +0100``) for seconds; so dates are read here.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path

from dateutil import tz
from nbgrader.api import MissingEntry

from cvlib.grading.course.course import Course, CourseError

EXTENSIONS_NAME = "extensions.csv"
COLUMNS = ("student", "set", "due")
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(\S*)", re.ASCII)
OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)", re.ASCII)
ZONE = re.compile(r"[A-Za-z]+(?:[/_+-][A-Za-z0-9]+)*", re.ASCII)
LONGER = re.compile(r"\+ ?(\d{1,4}(?:\.\d+)?) ?(day|hour|minute)s?", re.ASCII)


def parse_moment(text: str, *, default: tzinfo | None = None, fold: int = 1) -> datetime:
    """Read ``2026-12-01 23:59 Europe/Berlin`` as UTC without a zone, as nbgrader keeps times.

    A zone is a name, ``UTC`` or an offset (``+01:00``); without one, ``default`` holds. Raises
    ValueError for anything else, and for an hour that the clocks skipped. Of an hour that they
    repeated the later one is meant, or with ``fold=0`` the earlier one.
    """
    found = MOMENT.fullmatch(text.strip())
    if not found:
        raise ValueError(f"expected a time such as 2026-12-01 23:59 Europe/Berlin, got {text!r}")
    local = datetime.fromisoformat(f"{found[1]} {found[2]}")
    zone = _zone(found[3]) if found[3] else default
    if zone is None:
        what = (
            f"the time zone {found[3]!r} is not known" if found[3] else "the time zone is missing"
        )
        raise ValueError(f"{what} in {text!r}: write it as Europe/Berlin, UTC or +01:00")
    try:
        if tz.datetime_exists(local, zone):
            return local.replace(tzinfo=zone, fold=fold).astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(f"{text!r} is out of the calendar") from None
    raise ValueError(f"{text!r} never was: the clocks are set forward over that hour")


def _zone(name: str) -> tzinfo | None:
    if name == "Z":
        return UTC
    if found := OFFSET.fullmatch(name):
        distance = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if distance >= timedelta(days=1):
            return None
        return timezone(-distance if found[1] == "-" else distance)
    return tz.gettz(name) if ZONE.fullmatch(name) else None


@dataclass(frozen=True)
class Extension:
    """More time for one student: until a moment, or by a duration; ``*`` stands for every set."""

    student: str
    set_id: str
    until: datetime | None = None
    longer: timedelta = timedelta()

    def applies(self, student: str, set_id: str) -> bool:
        """Whether it is meant for this student's work on this set."""
        return student == self.student and self.set_id in (set_id, "*")


def read_extensions(path: Path) -> list[Extension]:
    """Read a table ``student,set,due``; none when there is no file, CourseError with the line.

    ``due`` is a new due date, or a duration after the common one: ``+2 days``, ``+36 hours``.
    """
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise CourseError(
                f"{path}: expected the columns {','.join(COLUMNS)}, got "
                f"{','.join(rows.fieldnames or ()) or 'nothing'}"
            )
        return [_extension(row, f"{path}, line {rows.line_num}") for row in rows]


def _extension(row: dict[str, str | None], where: str) -> Extension:
    student, set_id, due = ((row.get(name) or "").strip() for name in COLUMNS)
    if not (student and set_id and due):
        raise CourseError(f"{where}: expected a student, a problem set (or *) and a due date")
    if found := LONGER.fullmatch(due):
        longer = timedelta(**{f"{found[2]}s": float(found[1])})
        return Extension(student, set_id, longer=longer)
    try:
        return Extension(student, set_id, until=parse_moment(due))
    except ValueError as error:
        raise CourseError(f"{where}: {error}; or write +2 days, +36 hours") from error


def due_for(
    extensions: Sequence[Extension], student: str, set_id: str, due: datetime, own: datetime
) -> datetime:
    """The due date of one student: the latest of nbgrader's own and all extensions."""
    mine = (e for e in extensions if e.applies(student, set_id))
    return max([own, *(e.until or due + e.longer for e in mine)])


def set_due(course: Course, set_id: str, due: datetime | None) -> None:
    """Write the due date of a released problem set into the gradebook; ``None`` removes it."""
    with course.open_gradebook("cvlib-grade release") as gradebook:
        try:
            gradebook.find_assignment(set_id)
        except MissingEntry:
            raise CourseError(f"{set_id} is not in the gradebook: release it first") from None
        gradebook.update_or_create_assignment(set_id, duedate=due)


def due_dates(course: Course) -> dict[str, datetime | None]:
    """The due date of every released problem set, in UTC."""
    with course.open_gradebook("cvlib-grade release") as gradebook:
        return {assignment.name: assignment.duedate for assignment in gradebook.assignments}
