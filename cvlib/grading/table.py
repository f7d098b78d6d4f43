"""What ``cvlib-grade`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cvlib.grading.result import points

if TYPE_CHECKING:
    from cvlib.grading.course import Course
    from cvlib.grading.doctor import Examination
    from cvlib.grading.running import Report, Row


def show(report: Report) -> str:
    """The table of scores, with the due score of the sample class where there is one."""
    sample = any(row.expected is not None for row in report.rows)
    header = ["student", "score", "of", *(["judge", "due", ""] if sample else []), "note"]
    lines = [_cells(row, sample) for row in report.rows]
    right = sum(row.expected is not None and row.as_expected for row in report.rows)
    members = sum(row.expected is not None for row in report.rows)
    summary = (
        f"{report.set_id}: {len(report.rows)} submissions, {report.graded} graded now, "
        f"{report.recorded} recorded"
    )
    if members:
        summary += f"; sample class: {right} of {members} score what they must"
    details = [f"\n{row.student}: {row.note}" for row in report.rows if "\n" in row.note]
    table = columns([header, *lines], left=(0, len(header) - 1))
    return "\n".join([*table, *details, "", summary])


def _cells(row: Row, sample: bool) -> list[str]:
    marks = row.marks
    known = marks is not None and not row.failed
    cells = [
        row.student,
        *([points(marks.score), points(marks.max_score)] if known and marks else ["–"] * 2),
    ]
    if sample:
        due = "" if row.expected is None else points(row.expected)
        tick = "" if row.expected is None else "✓" if row.as_expected else "✗"
        cells += [points(row.automatic) if known else "–", due, tick]
    notes = [row.note.partition("\n")[0]] if row.note else []
    if marks and marks.waiting and not row.failed:
        notes.append(f"{marks.waiting} to be marked by a person")
    if marks and marks.late_penalty:
        notes.append(f"late: −{points(marks.late_penalty)}")
    return [*cells, "; ".join(notes)]


def show_examinations(set_id: str, examinations: Sequence[Examination]) -> str:
    """The doctor's table: right answers that win, wrong ones that lose, and the findings."""
    rows = [["exercise", "right", "mutants", "lose", "named", "garbage", "kill rate"]]
    for e in examinations:
        counts = (e.right, e.mutants, e.killed, e.named, e.garbage)
        rows.append([e.exercise.id, *map(str, counts), f"{e.kill_rate:.0%}"])
    findings = [f"✗ {e.exercise.id}: {text}" for e in examinations for text in e.findings]
    verdict = f"{len(findings)} findings" if findings else "nothing to mend"
    return "\n".join([*columns(rows, left=(0,)), *findings, f"{set_id}: {verdict}"])


def show_places(course: Course, set_ids: Sequence[str], html: Path) -> str:
    """Where everything that was made lies, or how to make it."""
    places = [("the book", html / "index.html", "make book")]
    for set_id in set_ids:
        notebook = course.root / "release" / set_id / f"{set_id}.ipynb"
        places.append((set_id, notebook, "cvlib-grade release"))
    pages = sorted((course.root / "feedback").glob("*/*/*.html"))
    example = pages[0] if pages else course.root / "feedback"
    places += [
        ("gradebook", course.root / "gradebook.db", "cvlib-grade release"),
        (f"feedback ({len(pages)} pages)", example, "cvlib-grade feedback"),
        ("for Canvas", course.root / "grades-canvas.csv", "cvlib-grade export"),
        ("for Moodle", course.root / "grades-moodle.csv", "cvlib-grade export"),
    ]
    rows = [
        [name, str(path) if path.exists() else f"not made yet: {remedy}"]
        for name, path, remedy in places
    ]
    return "\n".join(columns(rows, left=(0, 1)))


def columns(rows: Sequence[Sequence[str]], *, left: Sequence[int]) -> list[str]:
    """Align the cells of a table; numbers to the right, the ``left`` columns to the left."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            cell.ljust(w) if k in left else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return lines
