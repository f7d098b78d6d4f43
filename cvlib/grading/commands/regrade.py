"""The commands that look at grades again: what would change, and is a receipt genuine?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvlib.grading.commands.options import FILE, grading_options
from cvlib.grading.commands.registering import FINDINGS, OK, USAGE, cli, command

if TYPE_CHECKING:
    from cvlib.grading.course.course import Course


@command("regrade")
@click.option("--dry-run", is_flag=True, help="Only show what would change; nothing is written.")
@grading_options
@click.option("--csv", "csv_file", type=FILE, help="Write the changes into this file too.")
@click.option("--yes", is_flag=True, help="Write the changes without asking.")
def regrade_command(
    course: Course,
    problem_sets: list[str],
    dry_run: bool,
    csv_file: Path | None,
    yes: bool,
    **options: Any,
) -> int:
    """Grade again what is handed in, and show who changes, by how much and why, before it counts.

    Those who would lose marks come first. Marks that a person gave stay, and so do late penalties.
    With --dry-run the exit code is 1 when something would change.
    """
    from cvlib.grading.commands.words import show, show_preview
    from cvlib.grading.pages.progress import progress
    from cvlib.grading.regrading.regrade import preview, write_csv
    from cvlib.grading.running.running import Options, run_sets

    previews = []
    for set_id in problem_sets:
        previews.append(preview(course, set_id, Options(**options), progress))
        click.echo(show_preview(previews[-1]))
    if csv_file:
        write_csv(csv_file, previews)
    count = sum(len(p.changes) for p in previews)
    if dry_run or not count:
        return FINDINGS if count else OK
    if not yes and not click.confirm(f"Write {count} changes into the gradebook?"):
        return FINDINGS
    changed = [p.set_id for p in previews if p.changes]
    reports = run_sets(course, changed, Options(**options, force=True), progress)
    for report in reports:
        click.echo(show(report))
    return OK if all(report.ok for report in reports) else FINDINGS


@cli.command("receipt")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option(
    "--key",
    "key_file",
    type=FILE,
    help="The course's public key; default: receipts/receipt-key.pem in the course folder.",
)
@click.option("--notebook", type=FILE, help="Also check that this notebook is the graded one.")
@click.pass_context
def receipt_command(
    context: click.Context, files: Sequence[Path], key_file: Path | None, notebook: Path | None
) -> None:
    """Say whether receipts are genuine, and what they state. No course folder is needed.

    Exit codes: 0 genuine, 1 not, 2 wrong use.
    """
    from cvlib.grading.receipts.signing import FOLDER, PUBLIC_NAME, read_public_key
    from cvlib.grading.receipts.verify import verify

    root: Path = context.obj[0]
    try:
        public = read_public_key(key_file or root / FOLDER / PUBLIC_NAME)
        work = notebook.read_bytes() if notebook else None
        contents = {file: file.read_bytes() for file in files}
    except (ValueError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        context.exit(USAGE)
    verdicts = verify(contents, public, work)
    for verdict in verdicts:
        click.echo(verdict.text)
    context.exit(OK if all(verdict.fits for verdict in verdicts) else FINDINGS)
