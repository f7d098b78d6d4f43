"""Signs that somebody tried more than the exercises ask for: a list for a person, never a mark.

Marks need no such list, because the judge believes nothing that a submission says of itself. It
shows where to ask, and beside every line stands how it may have come about innocently.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import find_students, read_submission
from cvlib.grading.gradebook.late import STAMP_NAME, read_timestamp
from cvlib.grading.judging.kept_results import KEY_NAME, read_result
from cvlib.grading.judging.result import Result
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.notebook.source import released_files
from cvlib.grading.sandbox.outputs import NOTE
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from cvlib.grading.tamper.evidence import Evidence, first_places, sorted_evidence
from cvlib.grading.tamper.notebook import look_at_notebook

MAX_LINES = 60
MAX_ENTRIES = 2000
SHADOWS = ("sitecustomize.py", "usercustomize.py", "conftest.py", "nbgrader_config.py", "numpy.py",
           "torch.py", "cvlib.py", "cvlib", "numpy", "torch", "IPython", "gradebook.db",
           "jupyter_config.py", "ipython_config.py", "startup", ".ipython")  # fmt: skip
#: What the judge says of a call, and the word for it here.
SAID = (
    ("process of the notebook ended", "its process ended", "it ran out of memory"),
    ("is not plain data", "an answer was refused as no plain data", "a tensor or a generator"),
    ("is there a loop that never ends", "a call ran out of time", "a slow solution"),
)


@dataclass
class Finding:
    """The evidence of one student, the most serious first."""

    student: str
    evidence: list[Evidence] = field(default_factory=list)

    @property
    def worst(self) -> str:
        """The severity of the first line."""
        return self.evidence[0].severity


def find_tampering(course: Course, set_id: str, students: Sequence[str] = ()) -> list[Finding]:
    """The students of whom there is any evidence, by how serious it is; a clean class has none."""
    loaded = load_problem_set(course.assignments, set_id)
    template = release_template(loaded)
    released = {*released_files(loaded), f"{set_id}.ipynb", STAMP_NAME}
    found = []
    for student in find_students(course.submitted, set_id):
        if students and student not in students:
            continue
        evidence = [
            *_folder(course.submitted / student / set_id, released),
            *_stamp(course, student, set_id),
            *_work(course, loaded, student, template),
            *_grading(course, student, set_id),
        ]
        lines = first_places(evidence)[:MAX_LINES]
        if lines:
            found.append(Finding(student, sorted_evidence(lines)))
    return sorted(found, key=_rank)


def _rank(finding: Finding) -> tuple[int, int, str]:
    serious = sum(e.severity == "serious" for e in finding.evidence)
    odd = sum(e.severity == "odd" for e in finding.evidence)
    return (-serious, -odd, finding.student)


def _work(
    course: Course, loaded: LoadedSet, student: str, template: NotebookNode
) -> Iterator[Evidence]:
    set_id = loaded.problem_set.id
    submission = read_submission(course.submitted, student, set_id)
    if submission is None:
        return
    if submission.raw is None:
        level = "serious" if "link" in submission.refusal else "odd"
        yield Evidence(level, "the file", submission.refusal, "a program that keeps folders alike")
        return
    yield from look_at_notebook(submission.raw, template, loaded)


def _folder(folder: Path, released: set[str]) -> Iterator[Evidence]:
    """Links, pipes and files that stand in the way of libraries; nothing is opened or followed."""
    for path in (folder.parent, folder):
        if path.is_symlink():
            yield Evidence("serious", str(path.name), "the folder is a link", "it was set up so")
            return
    try:
        with os.scandir(folder) as entries:
            names = [entry for entry, _ in zip(entries, range(MAX_ENTRIES), strict=False)]
    except OSError:
        yield Evidence("note", "the folder", "cannot be read", "its rights were lost in a copy")
        return
    if len(names) == MAX_ENTRIES:
        yield Evidence("odd", "the folder", f"holds {MAX_ENTRIES} files or more", "a data set")
    for entry in names:
        mode = entry.stat(follow_symlinks=False).st_mode
        if entry.name == f"{folder.name}.ipynb":
            continue  # whoever reads it says what is wrong with it
        if stat.S_ISLNK(mode):
            yield Evidence("serious", entry.name, "is a link", "a program that keeps folders alike")
        elif not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            yield Evidence(
                "serious",
                entry.name,
                "is no file: a pipe, a socket or a device",
                "another program left it",
            )
        elif entry.name in SHADOWS:
            yield Evidence(
                "odd",
                entry.name,
                "has a name that Python or nbgrader would load",
                "a helper that was named without knowing",
            )
        elif entry.name not in released and not entry.name.startswith(".ipynb_checkpoints"):
            yield Evidence("note", entry.name, "was handed in, too", "data, or an older version")


def _stamp(course: Course, student: str, set_id: str) -> Iterator[Evidence]:
    stamp = read_timestamp(course.submitted, student, set_id)
    if stamp.remark and "link" not in stamp.remark:  # a link is told by the folder
        yield Evidence("note", STAMP_NAME, stamp.remark, "a clock or a program of theirs is wrong")


def _grading(course: Course, student: str, set_id: str) -> Iterator[Evidence]:
    """What happened when the submission was last graded."""
    result = _last_result(course, student, set_id)
    if result is None:
        return
    for exercise in result.exercises:
        for said, what, innocent in SAID:
            if said in exercise.text:
                yield Evidence("note", exercise.id, what, innocent)
    for number, outputs in enumerate(result.outputs, 1):
        texts = [str(output.get("text", "")) for output in outputs]
        if any(NOTE.strip() in text for text in texts):
            yield Evidence("note", f"cell {number} as graded", "a flood of output", "a long loop")
        if any(output.get("ename") == "Timeout" for output in outputs):
            yield Evidence("note", f"cell {number} as graded", "ran out of time", "a slow cell")


def _last_result(course: Course, student: str, set_id: str) -> Result | None:
    try:
        key = (course.root / "autograded" / student / set_id / KEY_NAME).read_text()
    except (OSError, ValueError):
        return None
    return read_result(course.results, key) if key.isalnum() else None
