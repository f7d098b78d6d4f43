"""What handing in late costs: a plugin of nbgrader, set in ``assignments/nbgrader_config.py``.

    c.LatePolicy.kind = "per_day"     # or none, zero, per_hour, steps
    c.LatePolicy.rate = 10.0          # percent of the maximum for each started day
    c.LatePolicy.late_days = 3        # free late days a student, over the whole course

Without a setting it does what nbgrader's own plugin does. The penalty is nbgrader's
``late_submission_penalty``: marks stay as they are, and it is taken off when scores are shown.
"""

from __future__ import annotations

import math
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Enum, Float, Integer, List, TraitError, Tuple, Unicode, default, validate

from cvlib.grading.course.due import EXTENSIONS_NAME, due_for, parse_moment, read_extensions
from cvlib.grading.judging.result import points

STAMP_NAME = "timestamp.txt"
STAMP_BYTES = 200
DAY, HOUR, MINUTE = 86_400.0, 3_600.0, 60.0
#: Clocks differ; a stamp further ahead than this is no time of a submission.
AHEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class Stamp:
    """When a submission was handed in, in UTC; ``None`` when nobody can tell, with the reason."""

    time: datetime | None
    remark: str = ""


def read_timestamp(submitted: Path, student: str, set_id: str) -> Stamp:
    """Read ``<student>/<set_id>/timestamp.txt`` below ``submitted``; never waits or follows a link.

    A missing file gives no time and no remark. A time without a zone is UTC, as for nbgrader.
    """
    directory = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    plain = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    handles: list[int] = []
    try:
        handles.append(os.open(submitted, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        for part in (student, set_id):
            handles.append(os.open(part, directory, dir_fd=handles[-1]))
        handles.append(os.open(STAMP_NAME, plain, dir_fd=handles[-1]))
        if not stat.S_ISREG(os.fstat(handles[-1]).st_mode):
            return Stamp(None, f"{STAMP_NAME} is not a plain file")
        raw = os.read(handles[-1], STAMP_BYTES + 1)
    except FileNotFoundError:
        return Stamp(None)
    except OSError as error:
        return Stamp(None, f"{STAMP_NAME} cannot be read, or is a link: {error.strerror}")
    finally:
        for handle in handles:
            os.close(handle)
    if len(raw) > STAMP_BYTES:
        return Stamp(None, f"{STAMP_NAME} is longer than any time stamp")
    try:
        time = parse_moment(raw.decode(), default=UTC, fold=0)
    except ValueError as error:
        return Stamp(None, f"{STAMP_NAME}: {error}")
    return Stamp(time, "the time stamp lies in the future" if is_ahead(time) else "")


def is_ahead(time: datetime) -> bool:
    """Whether a time in UTC is still to come, whatever small errors clocks have."""
    return time > datetime.now(UTC).replace(tzinfo=None) + AHEAD


@dataclass(frozen=True)
class Verdict:
    """What lateness costs: seconds after the student's own due date, free days spent, points."""

    seconds: float
    free_days: int = 0
    penalty: float | None = None
    words: str = ""


class LatePolicy(LateSubmissionPlugin):
    """Takes off points by a rule; nbgrader calls it for whatever is late by its own count."""

    kind = Enum(
        ("none", "zero", "per_day", "per_hour", "steps"),
        help="what late work loses: nothing, everything, a rate for each started day or hour, or "
        "what the steps say; default: LateSubmissionPlugin.penalty_method",
    ).tag(config=True)
    rate = Float(10.0, min=0.0, max=100.0, help="percent a started day or hour").tag(config=True)
    of = Enum(
        ("maximum", "score"), "maximum", help="what percentages and fractions are taken of"
    ).tag(config=True)
    steps = List(
        Tuple(Float(), Float()),
        help="(hours, fraction): what is lost by work handed in later than so many hours",
    ).tag(config=True)
    at_most = Float(100.0, min=0.0, max=100.0, help="the most that lateness costs, in percent").tag(
        config=True
    )
    cutoff = Float(
        None,
        allow_none=True,
        min=0.0,
        help="hours after which nothing counts any more, whatever the kind; free days do not move "
        "it",
    ).tag(config=True)
    grace = Float(0.0, min=0.0, help="minutes that do not count as late").tag(config=True)
    late_days = Integer(
        0, min=0, help="free late days a student over the course, spent by the order of due dates"
    ).tag(config=True)
    extensions = Unicode(
        EXTENSIONS_NAME, help="table student,set,due of extensions, in the course folder"
    ).tag(config=True)

    @default("kind")
    def _kind(self) -> str:
        return str(self.penalty_method)

    @validate("steps")
    def _valid_steps(self, proposal: Any) -> list[tuple[float, float]]:
        steps = sorted(proposal["value"])
        if any(hours < 0 or not 0 <= fraction <= 1 for hours, fraction in steps):
            raise TraitError(
                f"LatePolicy.steps: expected (hours, fraction from 0 to 1), got {steps}"
            )
        return steps

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """The penalty in points, ``None`` for none; called by nbgrader's AssignLatePenalties."""
        verdict = self.verdict(student_id, score)
        self.log.info("%s: %s", student_id, verdict.words)
        return verdict.penalty

    def verdict(self, student: str, score: float) -> Verdict:
        """What this student's work on the problem set at hand loses, and why."""
        caller: Any = self.parent  # nbgrader's preprocessor knows which notebook is meant
        gradebook, set_id = caller.gradebook, caller.assignment_id
        submission = gradebook.find_submission(set_id, student)
        maximum = gradebook.find_notebook(caller.notebook_id, set_id).max_score
        if submission.timestamp is not None and is_ahead(submission.timestamp):
            return Verdict(0.0, words="the time stamp lies in the future: no penalty, look at it")
        late = self.seconds_late(submission)
        if not late:
            return Verdict(0.0, words="in time, with the extension or the grace")
        if self.cutoff is not None and late > self.cutoff * HOUR:
            text = f"{duration(late)} late: nothing counts after {self.cutoff:g} hours"
            return Verdict(late, penalty=score, words=text)
        if self.kind == "none":
            return Verdict(late, words=f"{duration(late)} late, which costs nothing")
        free = min(days(late), self.days_left(gradebook, submission))
        counted = max(0.0, late - free * DAY)
        fraction = min(self.fraction(counted), self.at_most / 100)
        penalty = fraction * (maximum if self.of == "maximum" else score)
        text = f"{duration(late)} late: {points(fraction * 100)} % of the {self.of}"
        text += f", with {free} free late days" if free else ""
        return Verdict(late, free, min(score, penalty) or None, text)

    def fraction(self, seconds: float) -> float:
        """The part that is lost by work which counts as so many seconds late."""
        if seconds <= 0:
            return 0.0
        match self.kind:
            case "per_day":
                lost = math.ceil(seconds / DAY) * self.rate / 100
            case "per_hour":
                lost = math.ceil(seconds / HOUR) * self.rate / 100
            case "steps":
                lost = max([f for hours, f in self.steps if seconds > hours * HOUR], default=0.0)
            case _:
                lost = float(self.kind == "zero")
        return min(1.0, lost)

    def seconds_late(self, submission: SubmittedAssignment) -> float:
        """Seconds after the student's due date, the grace taken off; 0 where a time is missing."""
        assignment = submission.assignment
        if submission.timestamp is None or assignment.duedate is None:
            return 0.0
        root = self.config.CourseDirectory.get("root", ".")
        extensions = read_extensions(Path(root) / self.extensions)
        due = due_for(
            extensions,
            submission.student.id,
            assignment.name,
            assignment.duedate,
            submission.duedate,
        )
        late: float = (submission.timestamp - due).total_seconds() - self.grace * MINUTE
        return max(0.0, late)

    def days_left(self, gradebook: Gradebook, submission: SubmittedAssignment) -> int:
        """The free days that work due before this one has left over."""
        left = self.late_days
        here = (submission.assignment.duedate, submission.assignment.name)
        for assignment in gradebook.assignments if left else []:
            if assignment.duedate is None or (assignment.duedate, assignment.name) >= here:
                continue
            try:
                earlier = gradebook.find_submission(assignment.name, submission.student.id)
            except MissingEntry:
                continue
            late = self.seconds_late(earlier)
            if self.cutoff is None or late <= self.cutoff * HOUR:
                left -= min(left, days(late))
        return left


def penalty_now(
    config: Any, gradebook: Gradebook, notebook: SubmittedNotebook
) -> tuple[float | None, str]:
    """The penalty that the configured plugin gives now, as nbgrader would set it, and its words."""
    submission = notebook.assignment
    student = submission.student.id
    assign = AssignLatePenalties(config=config)
    assign.gradebook = gradebook
    assign.notebook_id, assign.student_id = notebook.name, student
    assign.assignment_id = submission.assignment.name
    assign.init_plugin()
    if submission.total_seconds_late <= 0:
        return None, ""
    plugin = assign.plugin_inst
    words = plugin.verdict(student, notebook.score).words if isinstance(plugin, LatePolicy) else ""
    penalty = plugin.late_submission_penalty(student, notebook.score, submission.total_seconds_late)
    return (None if penalty is None else assign._check_late_penalty(notebook, penalty)), words


def days(seconds: float) -> int:
    """Started days."""
    return math.ceil(seconds / DAY)


def duration(seconds: float) -> str:
    """A time span as a person says it: ``2 d 3 h``, ``5 min``, ``1 s``."""
    left, parts = int(seconds), []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "less than 1 s"
