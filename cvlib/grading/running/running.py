"""Grade a class: phase A into the cache of results, phase B into the gradebook, then the table."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import misnamed, notebooks_beside
from cvlib.grading.course.release import sample_expectations
from cvlib.grading.gradebook.marks import Marks, read_marks
from cvlib.grading.notebook.source import CHECK_PREFIX
from cvlib.grading.pages.progress import Progress, no_progress
from cvlib.grading.running.batch import default_workers, grade_all
from cvlib.grading.running.cluster import ClusterError
from cvlib.grading.running.one_set import OneSet
from cvlib.grading.running.one_set import Options as Options
from cvlib.grading.running.one_set import run_settings as run_settings


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    student: str
    marks: Marks | None
    note: str = ""
    failed: bool = False
    expected: float | None = None

    @property
    def automatic(self) -> float:
        """The judge's marks."""
        if self.marks is None:
            return 0.0
        found = self.marks.automatic.items()
        return sum(mark or 0.0 for name, mark in found if name.startswith(CHECK_PREFIX))

    @property
    def as_expected(self) -> bool:
        """Whether a member of the sample class got what it must."""
        if self.expected is None:
            return True
        return self.marks is not None and abs(self.automatic - self.expected) < 1e-9


@dataclass
class Report:
    """What grading a class found; ``interrupted`` says why not all of it was graded."""

    set_id: str
    rows: list[Row] = field(default_factory=list)
    graded: int = 0
    recorded: int = 0
    interrupted: str = ""

    @property
    def ok(self) -> bool:
        """Whether every submission was graded, and the sample class as it must be."""
        return all(row.as_expected and not row.failed for row in self.rows)


def run_sets(
    course: Course,
    set_ids: Sequence[str],
    options: Options,
    progress: Progress = no_progress,
) -> list[Report]:
    """Grade all submissions of problem sets that are new or changed, in one stream.

    Raises SandboxUnavailable, with no score touched, when submissions cannot be run safely, and
    ClusterError when the cluster cannot be used. One that is lost in the middle leaves reports of
    what was finished.
    """
    with contextlib.ExitStack() as stack:
        sets = [OneSet(course, set_id, options) for set_id in set_ids]
        for one in sets:
            stack.enter_context(one.settling)
            one.settle_known()
        sets.sort(key=lambda one: -one.longest)  # stable: in their order where nothing is known
        pending = {one.set_id: one for one in sets if one.pending}
        count = sum(len(one.pending) for one in pending.values())
        label = f"grading {next(iter(pending), '')}"
        label = label if len(pending) < 2 else f"grading {len(pending)} problem sets"
        stream = grade_all(
            (one.batch() for one in pending.values()),
            course.results,
            workers=min(options.workers or default_workers(), max(1, count)),
            scheduler=options.scheduler,
            reuse=not options.force,
        )
        lost = None
        try:
            for graded in progress(stream, count, label):
                pending[graded.set_id].take(graded)
        except ClusterError as error:
            lost = error
    for one in sets:
        one.take_back()
    if lost is not None and not any(one.graded for one in sets):
        raise lost
    by_id = {one.set_id: one for one in sets}
    return [_report(by_id[set_id], lost) for set_id in set_ids]


def run_set(
    course: Course, set_id: str, options: Options, progress: Progress = no_progress
) -> Report:
    """Grade all submissions of one problem set that are new or changed, as ``run_sets`` does."""
    return run_sets(course, [set_id], options, progress)[0]


def _report(one: OneSet, lost: ClusterError | None) -> Report:
    failures = one.failures | dict.fromkeys(one.left, "not graded yet")
    report = Report(one.set_id, _rows(one, failures), one.graded, one.settling.recorded)
    if lost is not None and one.left:
        report.interrupted = (
            f"{lost}. {len(one.left)} submissions of {one.set_id} are still to be graded, "
            "everything else is recorded: run the same command again"
        )
    return report


def _rows(one: OneSet, failures: dict[str, str]) -> list[Row]:
    course, set_id = one.course, one.set_id
    marks = read_marks(course, set_id)
    sample = sample_expectations(course, set_id)
    rows = []
    for name, submission in one.found.items():
        note = failures.get(name, "")
        if submission is None:
            others = ", ".join(notebooks_beside(course.submitted, name, set_id)) or "no notebook"
            note = f"expected {set_id}.ipynb, found {others}: not graded"
        elif submission.refusal:
            note = note or f"{submission.refusal}: graded as empty"
        rows.append(
            Row(
                student=name,
                marks=marks.get(name),
                note=note,
                failed=name in failures or submission is None,
                expected=sample[name]["score"] if name in sample else None,
            )
        )
    refused = (
        "the folder's name cannot be a student's id (no < > \" & * ? [ ], no spaces around it)"
    )
    names = misnamed(course.submitted, set_id)
    return rows + [Row(repr(name), None, f"{refused}: rename it", failed=True) for name in names]
