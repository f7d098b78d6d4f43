"""The commands on what a person decides: late work, similar work, tampering."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvlib.grading.commands.options import list_options, student_option
from cvlib.grading.commands.registering import FINDINGS, OK, command

if TYPE_CHECKING:
    from cvlib.grading.course.course import Course


@command("due", sets=False)
@click.argument("set_id", metavar="[PROBLEM_SET", required=False)
@click.argument("when", metavar="[WHEN]]", required=False)
def due_command(course: Course, set_id: str | None, when: str | None) -> int:
    """Show due dates, or set one: cvlib-grade due SET "2026-12-01 23:59 Europe/Berlin".

    "none" as the date removes it. For single students write extensions.csv in the course folder
    (student,set,due), with such a date or +2 days, +36 hours; * stands for every set.
    """
    from cvlib.grading.course.due import due_dates, parse_moment, set_due
    from cvlib.grading.course.release import release
    from cvlib.grading.gradebook.late_list import show_due

    sets = course.problem_sets([set_id] if set_id else [])
    if when is not None:
        date = None if when.lower() == "none" else parse_moment(when)
        release(course, sets[0])
        set_due(course, sets[0], date)
    click.echo("\n".join(show_due(due_dates(course), sets)))
    return OK


@command("late")
@click.option(
    "--write", is_flag=True, help="Take the penalties as they are now into the gradebook."
)
def late_command(course: Course, problem_sets: list[str], write: bool) -> int:
    """List late work and its penalties; --write after marks by hand, extensions or new dates."""
    from cvlib.grading.gradebook.late_list import list_late, show_late

    settled = True
    for set_id in problem_sets:
        found = list_late(course, set_id, write=write)
        click.echo(show_late(set_id, found))
        settled &= all(f.settled for f in found)
    return OK if settled else FINDINGS


@command("similarity")
@click.option(
    "--threshold",
    type=click.FloatRange(0.0, 1.0),
    default=0.5,
    show_default=True,
    help="List pairs from this score on; 1 is the same work, rare in the class.",
)
@list_options("Write a page with the passages side by side.")
def similarity_command(
    course: Course, problem_sets: list[str], threshold: float, html: Path | None, table: Path | None
) -> int:
    """List pairs of students whose work is more similar than the exercises explain."""
    from cvlib.grading.similarity import page
    from cvlib.grading.similarity.similarity import compare

    found = [compare(course, set_id, threshold=threshold) for set_id in problem_sets]
    for comparison in found:
        click.echo(page.show_similar(comparison))
    _write(found, (html, page.similar_page), (table, page.similar_csv))
    return FINDINGS if any(c.pairs for c in found) else OK


@command("tamper")
@student_option
@click.option("--notes", is_flag=True, help="Show what is common in honest work, too.")
@list_options("Write the list as a page.")
def tamper_command(
    course: Course,
    problem_sets: list[str],
    students: tuple[str, ...],
    notes: bool,
    html: Path | None,
    table: Path | None,
) -> int:
    """List signs of tampering for a person to look at; no mark is changed."""
    from cvlib.grading.tamper import page
    from cvlib.grading.tamper.tamper import find_tampering

    found = {set_id: find_tampering(course, set_id, students) for set_id in problem_sets}
    for set_id, findings in found.items():
        click.echo(page.show_tampering(set_id, findings, notes=notes))
    _write(found, (html, page.tamper_page), (table, page.tamper_csv))
    return FINDINGS if any(f.worst != "note" for fs in found.values() for f in fs) else OK


def _write(found: Any, *files: tuple[Path | None, Callable[[Any], bytes]]) -> None:
    """Write what was found into the files that were asked for, and name them."""
    from cvlib.grading.course.intake import atomic_write

    for path, content in files:
        if path is not None:
            atomic_write(path, content(found))
            click.echo(path)
