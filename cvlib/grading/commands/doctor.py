"""The command that examines a problem set before it is released."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cvlib.grading.commands.options import FILE, cluster_options
from cvlib.grading.commands.registering import FINDINGS, OK, command

if TYPE_CHECKING:
    from cvlib.grading.course.course import Course


@command("doctor")
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="How many draws of the hidden cases to try.",
)
@click.option(
    "--audit",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Also grade what is handed in under N new seeds, and list whose marks depend on them; and "
    "train anew under N seeds and two arithmetics, and say how far right answers are from failing.",
)
@click.option(
    "--mutate",
    is_flag=True,
    help="Also derive wrong answers from the right ones, by small changes, and list those that get "
    "full marks.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="Under how many draws the derived answers must lose marks.",
)
@click.option(
    "--changed-since",
    metavar="COMMIT",
    help="Derive answers only to exercises of which a file or a cell is not as it was in that "
    "commit; problem sets without one are passed over.",
)
@click.option(
    "--minutes",
    type=click.IntRange(min=0),
    metavar="N",
    help="Begin no exercise after so many minutes of deriving; those left out are named.",
)
@click.option(
    "--record",
    type=FILE,
    help="Write there, exercise by exercise, how many derived answers are caught.",
)
@cluster_options(" for the audit, or for the derived answers")
def doctor_command(
    course: Course,
    problem_sets: list[str],
    seeds: int,
    audit: int,
    mutate: bool,
    draws: int,
    changed_since: str | None,
    minutes: int | None,
    record: Path | None,
    **options: Any,
) -> int:
    """Examine problem sets: can right answers lose, or wrong ones win?

    The audit writes no mark; where nothing is handed in, it marks the answers that are known.
    """
    if record and (changed_since or minutes is not None):
        raise click.UsageError("the record is of whole problem sets")
    from cvlib.grading.commands.words import (
        show_audit,
        show_examinations,
        show_margins,
        show_mutated,
    )
    from cvlib.grading.pages.progress import progress
    from cvlib.grading.regrading.audit import audit_set, new_seeds
    from cvlib.grading.rehearsal.doctor import doctor
    from cvlib.grading.rehearsal.margins import measure_margins
    from cvlib.grading.rehearsal.mutants.changed import changed_since as edited
    from cvlib.grading.rehearsal.mutants.mutate import mutate as derive_and_try
    from cvlib.grading.rehearsal.mutants.record import write_record
    from cvlib.grading.running.batch import default_workers
    from cvlib.grading.running.running import Options
    from cvlib.grading.spec.loading import load_problem_set

    healthy = True
    jobs = options["workers"] or default_workers()
    until = math.inf if minutes is None else time.monotonic() + 60 * minutes
    for set_id in problem_sets:
        loaded = load_problem_set(course.assignments, set_id)
        only = edited(loaded, changed_since) if changed_since else None
        if only is not None and not only:
            click.echo(f"{set_id}: no exercise has changed since {changed_since}")
            continue
        examinations = doctor(loaded, seeds=seeds, progress=lambda t: click.echo(t, err=True))
        click.echo(show_examinations(set_id, examinations))
        healthy &= not any(e.findings for e in examinations)
        if audit:
            found = audit_set(course, loaded, new_seeds(audit), Options(**options), progress)
            click.echo(show_audit(found))
            margins = measure_margins(course, loaded, audit, jobs=jobs, progress=progress)
            click.echo(show_margins(margins))
            healthy &= not (found.findings or margins.findings)
        if mutate:
            tried = derive_and_try(
                course, loaded, draws=draws, jobs=jobs, progress=progress, only=only, until=until
            )
            click.echo(show_mutated(set_id, tried))
            healthy &= not any(m.findings for m in tried)
            if record:
                write_record(record, set_id, draws, tried)
    return OK if healthy else FINDINGS
