"""``cvlib-grade``: release problem sets, grade a class, make feedback, export scores.

The other commands are imported to be registered.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvlib.grading.commands import doctor as doctor
from cvlib.grading.commands import practice as practice
from cvlib.grading.commands import regrade as regrade
from cvlib.grading.commands import review as review
from cvlib.grading.commands import show_class as show_class
from cvlib.grading.commands.options import FOLDER, grading_options, output_option
from cvlib.grading.commands.registering import FINDINGS, OK, USAGE, cli, command

if TYPE_CHECKING:
    from cvlib.grading.course.course import Course


@command("release")
@click.option("--force", is_flag=True, help="Release again even if nothing changed.")
def release_command(course: Course, problem_sets: list[str], force: bool) -> int:
    """Make the notebooks that students receive."""
    from cvlib.grading.course.release import release

    for set_id in problem_sets:
        released = release(course, set_id, force=force)
        state = "released" if released.fresh else "is up to date"
        click.echo(f"{set_id} {state}: {released.folder}")
    return OK


@command("sample")
@click.option(
    "--everyone",
    is_flag=True,
    help="Also those who try the grader itself: links, loops, forgeries. Default: in one set only.",
)
def sample_command(course: Course, problem_sets: list[str], everyone: bool) -> int:
    """Write a sample class into submitted/: right, wrong, broken and hostile work."""
    from cvlib.grading.rehearsal.sample_class import refresh_sample, set_with_everyone
    from cvlib.grading.spec.loading import load_problem_set

    whole = set_with_everyone(course)
    for set_id in problem_sets:
        loaded = load_problem_set(course.assignments, set_id)
        count = refresh_sample(course, loaded, everyone=everyone or set_id == whole)
        click.echo(f"{set_id}: {count} sample submissions in {course.submitted}")
    return OK


@command("run")
@click.option("--force", is_flag=True, help="Grade again what is already graded.")
@grading_options
def run_command(course: Course, problem_sets: list[str], **options: Any) -> int:
    """Grade the submissions that are new or changed, and print the table of scores."""
    from cvlib.grading.commands.words import show
    from cvlib.grading.pages.progress import progress
    from cvlib.grading.running.running import Options, run_sets

    reports = run_sets(course, problem_sets, Options(**options), progress)
    for report in reports:
        click.echo(show(report))
        if report.interrupted:
            click.echo(f"Error: {report.interrupted}", err=True)
    return OK if all(report.ok for report in reports) else FINDINGS


@command("feedback")
@click.option("--force", is_flag=True, help="Make every page again.")
def feedback_command(course: Course, problem_sets: list[str], force: bool) -> int:
    """Make one HTML page a student, with the marks and the judge's words."""
    from cvlib.grading.feedback.make import make_pages, stale_pages
    from cvlib.grading.pages.progress import progress

    failures: dict[str, str] = {}
    for set_id in problem_sets:
        stale = stale_pages(course, set_id, force=force)
        for student in progress(stale, len(stale), f"feedback {set_id}"):
            failures |= make_pages(course, set_id, {student: stale[student]})
        click.echo(f"{set_id}: {len(stale)} pages made in {course.root / 'feedback'}")
    for student, reason in failures.items():
        click.echo(f"{student}: no page could be made\n{reason}", err=True)
    return FINDINGS if failures else OK


@command("export")
@click.option(
    "--format",
    "form",
    type=click.Choice(["canvas", "moodle", "csv"]),
    help="What to write; default: all three, into the course folder.",
)
@output_option("The file; default: grades-FORMAT.csv in the course folder.")
def export_command(
    course: Course, problem_sets: list[str], form: str | None, output: Path | None
) -> int:
    """Write the scores as CSV for Canvas or Moodle."""
    from cvlib.grading.lms.export import FORMATS, export

    if output and not form:
        click.echo("Error: -o needs --format canvas, moodle or csv", err=True)
        return USAGE
    for name in [form] if form else list(FORMATS):
        target = output or course.root / f"grades-{name}.csv"
        export(course, name, target, sets=problem_sets, warn=name == (form or "canvas"))
        click.echo(f"{name}: {target}")
    return OK


@command("where")
@click.option(
    "--html",
    type=FOLDER,
    default="_build/html",
    show_default=True,
    help="Where the book was built.",
)
def where_command(course: Course, problem_sets: list[str], html: Path) -> int:
    """Say where to look: the book, the released notebooks, scores and feedback."""
    from cvlib.grading.commands.words import show_places

    click.echo(show_places(course, problem_sets, html))
    return OK


def main() -> None:
    """Run the command line."""
    cli()
