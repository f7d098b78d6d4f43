"""How a command is registered: it gets the course, and known errors become words and exit codes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cvlib.grading.commands.options import FOLDER

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

    from cvlib.grading.course.course import Course, CourseError
    from cvlib.grading.sandbox.policy import SandboxUnavailable

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
            "again when it can.",
            err=True,
        )
        return USAGE
