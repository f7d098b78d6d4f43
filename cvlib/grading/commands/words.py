"""What ``cvlib-grade`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cvlib.grading.judging.result import points
from cvlib.grading.pages.text import columns, shown

if TYPE_CHECKING:
    from cvlib.grading.course.course import Course
    from cvlib.grading.regrading.audit import Audit
    from cvlib.grading.regrading.regrade import Change, Difference, Preview
    from cvlib.grading.rehearsal.doctor import Examination
    from cvlib.grading.rehearsal.margins import Margin, Margins
    from cvlib.grading.rehearsal.mutants.mutate import Mutated
    from cvlib.grading.running.running import Report, Row


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


def show_audit(audit: Audit) -> str:
    """The answers whose marks depend on the seed: a column a seed, and the parts that differ."""
    rows = [["answer", "exercise", *audit.seeds, "what differs"]]
    for found in audit.findings:
        what = shown(found.why or ", ".join(found.parts))
        rows.append([shown(found.who), found.exercise, *map(_points, found.scores), what])
    table = columns(rows, left=(0, 1, len(rows[0]) - 1)) if audit.findings else []
    remarks = [f"· {shown(text)}" for text in audit.remarks]
    seeds = sum(seed.isdecimal() for seed in audit.seeds)
    count = len(audit.findings)
    verdict = f"findings: {count}" if count else "no mark depends on the seed"
    summary = f"{audit.set_id}: audited {audit.audited} under {seeds} new seeds; {verdict}"
    return "\n".join([*table, *remarks, summary])


def show_margins(margins: Margins) -> str:
    """How far right answers are from their bounds, a line for each that is near enough to matter.

    The margin is the error allowed over the error made; a wrong answer is as many times too wrong.
    """
    head = ["exercise", "part", "measured", "bound", "narrowest right", "margin", "under"]
    rows = [[*head, "nearest wrong", "too wrong"], *map(_margin, margins.rows)]
    table = columns(rows, left=(0, 1, 2, 6)) if margins.rows else []
    findings = [f"✗ {shown(text)}" for text in margins.findings]
    summary = (
        f"{margins.set_id}: margins over {margins.seeds} seeds under "
        f"{' and '.join(margins.arithmetics)} arithmetic; {margins.quiet} exercises use less than "
        f"a hundredth of what is allowed; {len(findings) or 'no'} findings"
    )
    return "\n".join([*table, *findings, summary])


def _margin(row: Margin) -> list[str]:
    wrong = [f"{row.wrong_value:.3g}", f"{row.short:.2f} ×"] if row.wrong else ["", ""]
    return [
        row.exercise,
        shown(row.part),
        row.quantity,
        f"{row.bound:.3g}",
        f"{row.value:.3g}",
        f"{row.margin:.2f}",
        f"{row.who}, {row.under}",
        *wrong,
    ]


def show_mutated(set_id: str, tried: Sequence[Mutated]) -> str:
    """The table of derived mistakes, and those that are not caught."""
    rows = [["exercise", "derived", "killed", "equal", "declared", "survived", "kill rate"]]
    rows[0].append("two mistakes: one named")
    for m in tried:
        numbers = [*map(str, m.counts.values()), f"{m.kill_rate:.1%}", m.heard]
        rows.append([m.exercise, *(["not tried"] + [""] * 6 if m.left else numbers)])
    findings = [f"✗ {m.exercise}: {shown(text)}" for m in tried for text in m.findings]
    killed, survived = sum(m.killed for m in tried), sum(len(m.survivors) for m in tried)
    verdict = f"{len(findings)} findings" if findings else "nothing to mend"
    summary = f"{set_id}: {killed} of {killed + survived} derived mistakes are caught; {verdict}"
    return "\n".join([*columns(rows, left=(0,)), *findings, summary])


def show_preview(preview: Preview) -> str:
    """The table of who would change: old and new marks, which exercises, and why."""
    rows = [["student", "old", "new", "change", "late", "exercises", "why"]]
    for change in preview.changes:
        rows.append(
            [
                shown(change.student),
                _points(change.old),
                _points(change.new),
                _signed(change),
                f"−{points(change.late_penalty)}" if change.late_penalty else "",
                ", ".join(map(_difference, change.differences)),
                shown("; ".join(change.reasons)),
            ]
        )
    falls = sum(change.falls for change in preview.changes)
    count = len(preview.changes)
    verdict = f"{count} would change, {falls} of them would lose marks" if count else "none changes"
    summary = f"{preview.set_id}: {preview.handed_in} submissions graded again; {verdict}"
    table = columns(rows, left=(0, 5, 6)) if count else []
    return "\n".join([*table, *[""][: len(table)], summary])


def _difference(difference: Difference) -> str:
    old, new = _points(difference.old), _points(difference.new)
    if difference.old_maximum != difference.new_maximum:
        old += f" of {_points(difference.old_maximum)}"
        new += f" of {_points(difference.new_maximum)}"
    kept = difference.by_hand
    by_hand = "" if kept is None else f" (by hand {points(kept)}: stays)"
    return f"{difference.exercise} {old} → {new}{by_hand}"


def _points(value: float | None) -> str:
    return "–" if value is None else points(value)


def _signed(change: Change) -> str:
    return f"{'−' if change.change < 0 else '+'}{points(abs(change.change))}"


def show_places(course: Course, set_ids: Sequence[str], html: Path) -> str:
    """Where everything that was made lies, or how to make it."""
    places = [("the book", html / "index.html", "make book")]
    for set_id in set_ids:
        notebook = course.root / "release" / set_id / f"{set_id}.ipynb"
        places.append((set_id, notebook, "cvlib-grade release"))
    pages = sorted((course.root / "feedback").glob("*/*/*.html"))
    example = pages[0] if pages else course.root / "feedback"
    canvas = "cvlib-grade export, or cvlib-grade canvas --into FILE with Canvas's own"
    places += [
        ("gradebook", course.root / "gradebook.db", "cvlib-grade release"),
        (f"feedback ({len(pages)} pages)", example, "cvlib-grade feedback"),
        ("class report", course.root / "report" / "index.html", "cvlib-grade report"),
        ("for Canvas", course.root / "grades-canvas.csv", canvas),
        ("for Moodle", course.root / "grades-moodle.csv", "cvlib-grade export"),
    ]
    rows = [
        [name, str(path) if path.exists() else f"not made yet: {remedy}"]
        for name, path, remedy in places
    ]
    rows.append(["class list", "cvlib-grade students FILE reads one into the gradebook"])
    return "\n".join(columns(rows, left=(0, 1)))
