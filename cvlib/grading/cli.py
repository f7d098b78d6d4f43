"""``cvlib-grade``: release problem sets, grade a class, make feedback, export scores."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvlib.grading.tools.cli_options import FOLDER, grading_options, output_option

if TYPE_CHECKING:
    from cvlib.grading.course import Course

OK, FINDINGS, USAGE, NO_SANDBOX = 0, 1, 2, 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--course",
    "root",
    type=FOLDER,
    default="_build/course",
    show_default=True,
    help="The course folder that nbgrader works in; made when it is not there.",
)
@click.option(
    "--assignments",
    type=FOLDER,
    default="assignments",
    show_default=True,
    help="The folder of the problem sets.",
)
@click.version_option(package_name="cvlib", prog_name="cvlib-grade")
@click.pass_context
def cli(context: click.Context, root: Path, assignments: Path) -> None:
    """Release problem sets and grade them in a sandbox, with nbgrader's gradebook.

    PROBLEM_SETS are folders in assignments/ such as ps02_convolution; without any, all are meant.
    Exit codes: 0 all is well, 1 something was found, 2 wrong use, 3 no sandbox.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # workers share the cores; more threads only wait
    context.obj = (root, assignments)


#: What each command that takes problem sets does, by its name.
steps: dict[str, Callable[..., int]] = {}


def command(name: str, *, sets: bool = True) -> Callable[[Callable[..., int]], click.Command]:
    """Register a command that gets the course, and turns known errors into words."""

    def register(function: Callable[..., int]) -> click.Command:
        @functools.wraps(function)
        def run(context: click.Context, **options: Any) -> None:
            context.exit(_guarded(function, context.obj, options))

        steps[name] = function
        wrapped: Any = click.pass_context(run)
        if sets:
            wrapped = click.argument("problem_sets", nargs=-1)(wrapped)
        return cli.command(name)(wrapped)

    return register


def _guarded(function: Callable[..., int], places: tuple[Path, Path], options: Any) -> int:
    from sqlalchemy.exc import InterfaceError, OperationalError

    from cvlib.grading.course import Course, CourseError
    from cvlib.grading.sandbox import SandboxUnavailable

    try:
        course = Course.open(*places)
        if "problem_sets" in options:
            options["problem_sets"] = course.problem_sets(options["problem_sets"])
        return function(course, **options)
    except SandboxUnavailable as error:
        click.echo(f"No submission was graded: {error}", err=True)
        return NO_SANDBOX
    except (CourseError, ValueError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        return USAGE
    except (OperationalError, InterfaceError) as error:
        reason = str(error.orig).partition("\n")[0]
        click.echo(
            f"Error: the gradebook cannot be used: {reason}\nWhat was graded is kept: run this "
            "again when it can.", err=True,
        )  # fmt: skip
        return USAGE


@command("release")
@click.option("--force", is_flag=True, help="Release again even if nothing changed.")
def release_command(course: Course, problem_sets: list[str], force: bool) -> int:
    """Make the notebooks that students receive."""
    from cvlib.grading.release import release

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
    from cvlib.grading.sampling import refresh_sample, set_with_everyone
    from cvlib.grading.spec import load_problem_set

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
    from cvlib.grading.running import Options, run_sets
    from cvlib.grading.table import progress, show

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
    from cvlib.grading.feedback import make_pages, stale_pages
    from cvlib.grading.table import progress

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
    from cvlib.grading.export import FORMATS, export

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
    from cvlib.grading.table import show_places

    click.echo(show_places(course, problem_sets, html))
    return OK


def main() -> None:
    """Run the command line."""
    cli()


from cvlib.grading.tools import (  # noqa: E402, F401  (their commands need what stands above)
    cli_doctor,
    cli_practice,
    cli_regrade,
    cli_report,
    cli_review,
)
