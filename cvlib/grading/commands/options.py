"""What commands have in common: options that mean the same wherever they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Option = Callable[[Any], Any]

#: Where a command remembers that a scheduler without TLS is wanted.
NO_TLS = "cvlib.no_tls"
FOLDER = click.Path(file_okay=False, path_type=Path)
FILE = click.Path(dir_okay=False, path_type=Path)


def together(*options: Option) -> Option:
    """One decorator for several options; the first stands first in the help."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def _encrypted(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Refuse a scheduler without TLS, unless we are told otherwise."""
    if value is not None and not context.meta.get(NO_TLS):
        from cvlib.grading.running.cluster import ClusterError, check_encrypted

        try:
            check_encrypted(value)
        except ClusterError as error:
            raise click.BadParameter(str(error), context, option) from error
    return value


def _told(context: click.Context, option: click.Parameter, value: bool) -> None:
    context.meta[NO_TLS] = value


def cluster_options(purpose: str = "") -> Option:
    """Where to grade: on how many processes here, or on which cluster."""
    return together(
        click.option(
            "--workers",
            type=click.IntRange(min=1),
            help=f"Processes{purpose}; default: one a core.",
        ),
        click.option(
            "--scheduler",
            metavar="ADDRESS",
            callback=_encrypted,
            help=f"Use this Dask cluster{purpose}: tls://host:8786 or a scheduler file.",
        ),
        click.option(
            "--no-tls",
            is_flag=True,
            is_eager=True,  # the scheduler is judged by it
            expose_value=False,
            callback=_told,
            help="Use a scheduler without TLS (tcp://host:8786) all the same: whoever reaches its "
            "port can run code under your account.",
        ),
    )


student_option = click.option(
    "--student", "students", multiple=True, help="Only this student; may be repeated."
)

#: Whose work to grade, where, and on which hidden cases: what ``running.Options`` holds.
grading_options = together(
    student_option,
    cluster_options(),
    click.option(
        "--seed",
        type=click.IntRange(min=0),
        help="Draw the hidden cases from this seed instead of the course's secret.",
    ),
    click.option(
        "--unsafe",
        is_flag=True,
        help="Run students' code WITHOUT a sandbox: they could read and write whatever you can.",
    ),
)


def output_option(help: str, kind: click.Path = FILE) -> Option:
    """Where to write."""
    return click.option("-o", "--output", type=kind, help=help)


def list_options(page: str) -> Option:
    """Which files a list is written into: an HTML page, which ``page`` describes, and a table."""
    return together(
        click.option("--html", type=FILE, help=page),
        click.option("--csv", "table", type=FILE, help="Write the list as a table."),
    )
