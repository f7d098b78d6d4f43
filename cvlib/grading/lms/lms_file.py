"""Read the tables that learning platforms export: Canvas and Moodle write them in several ways."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from cvlib.grading.course.course import CourseError
from cvlib.grading.lms.export import to_csv

Row = list[str]
BOM = "\ufeff"


@dataclass(frozen=True)
class LmsFile:
    """A table with its header; how it was written is kept, so that it can be written alike."""

    path: Path
    header: Row
    rows: list[Row]
    delimiter: str = ","
    marked: bool = False

    def column(self, *names: str) -> int | None:
        """The place of the first of these columns that is there; case and spaces do not count."""
        places = {_plain(name): k for k, name in reversed(list(enumerate(self.header)))}
        return next((places[_plain(n)] for n in names if _plain(n) in places), None)

    def to_bytes(self) -> bytes:
        """The table as a file of the same kind."""
        return (BOM if self.marked else "").encode() + to_csv(
            [self.header, *self.rows], self.delimiter
        )


def read_table(path: Path) -> LmsFile:
    """Read a CSV file in UTF-8; raises CourseError where it is none, or a row is too long."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise CourseError(f"{path} does not exist") from None
    except UnicodeDecodeError as error:
        raise CourseError(f"{path} is not UTF-8: save it as “CSV UTF-8” ({error.reason})") from None
    marked, text = text.startswith(BOM), text.removeprefix(BOM)
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = [
        row
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        if any(cell.strip() for cell in row)
    ]
    if not rows or len(rows[0]) < 2:
        raise CourseError(f"{path}: expected a CSV file with a line of column names, got none")
    header, *rest = rows
    for k, row in enumerate(rest, 2):
        if len(row) > len(header):
            raise CourseError(
                f"{path}, row {k}: expected at most {len(header)} cells, got {len(row)}"
            )
        row += [""] * (len(header) - len(row))
    return LmsFile(path, header, rest, delimiter, marked)


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()
