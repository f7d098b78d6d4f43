"""The commands that show a class: its report, its list, its scores for Canvas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cvlib.grading.commands.options import FILE, output_option
from cvlib.grading.commands.registering import OK, command

if TYPE_CHECKING:
    from cvlib.grading.course.course import Course


@command("report")
@output_option(
    "A folder, or an .html file for one problem set; default: report/ in the course folder.",
    click.Path(path_type=Path),
)
@click.option("--anonymous", is_flag=True, help="Leave out the table of students.")
def report_command(
    course: Course, problem_sets: list[str], output: Path | None, anonymous: bool
) -> int:
    """Write pages about the class: scores, hard exercises, what to say in the next lecture."""
    from cvlib.grading.report.report import write_report

    target = output or course.root / "report"
    for path in write_report(course, problem_sets, target, anonymous=anonymous):
        click.echo(path)
    return OK


@command("canvas")
@click.option(
    "--into",
    "exported",
    type=FILE,
    required=True,
    help="The gradebook file that Canvas exported; it is not changed.",
)
@click.option(
    "--column",
    "titles",
    multiple=True,
    metavar="SET=TITLE",
    help="What a problem set is called in Canvas, if neither by its id nor its title.",
)
@output_option("The file to import; default: grades-canvas.csv in the course folder.")
def canvas_command(
    course: Course,
    problem_sets: list[str],
    exported: Path,
    titles: tuple[str, ...],
    output: Path | None,
) -> int:
    """Fill the scores into a gradebook file that Canvas exported, ready to be imported."""
    from cvlib.grading.course.course import CourseError
    from cvlib.grading.course.intake import atomic_write
    from cvlib.grading.lms.canvas import fill

    named = dict(title.partition("=")[::2] for title in titles)
    unknown = sorted(set(named) - set(problem_sets))
    if unknown or not all(named.values()):
        raise CourseError(f"--column: expected SET=TITLE with one of {', '.join(problem_sets)}")
    merged = fill(course, exported, problem_sets, named)
    target = output or course.root / "grades-canvas.csv"
    atomic_write(target, merged.file.to_bytes())
    for remark in merged.remarks:
        click.echo(f"warning: {remark}", err=True)
    click.echo(f"canvas: {merged.filled} scores in {target}")
    return OK


@command("students", sets=False)
@click.argument("file", type=FILE)
@click.option(
    "--id",
    "id_column",
    default="",
    metavar="COLUMN",
    help="The column with the names of the students' folders, where it is not found by itself.",
)
def students_command(course: Course, file: Path, id_column: str) -> int:
    """Read a class list that Canvas, Moodle or nbgrader exported: names and addresses.

    FILE is a CSV file. Nobody is removed, and an empty cell changes nothing.
    """
    from cvlib.grading.lms.students import enroll, read_class_list

    found = read_class_list(file, id_column)
    done = enroll(course, found)
    click.echo(f"{len(found)} students: {len(done.new)} new, {len(done.changed)} changed")
    folders = course.submitted.iterdir()
    strangers = sorted(f.name for f in folders if f.is_dir() and f.name not in found)
    if strangers:
        click.echo(f"warning: not in the list, but in submitted/: {', '.join(strangers)}", err=True)
    return OK
