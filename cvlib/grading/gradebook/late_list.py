"""Who handed in late, and what it costs: the gradebook's penalties beside those of the policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from nbgrader.api import MissingEntry

from cvlib.grading.course.course import Course
from cvlib.grading.gradebook.late import duration, penalty_now, read_timestamp
from cvlib.grading.judging.result import points
from cvlib.grading.pages.text import columns

UNKNOWN = "no time stamp: counted as in time"


@dataclass(frozen=True)
class Lateness:
    """One submission in the gradebook: its times in UTC, the recorded penalty and the due one."""

    student: str
    handed_in: datetime | None
    due: datetime | None
    recorded: float
    now: float
    words: str

    @property
    def settled(self) -> bool:
        """Whether the gradebook holds the penalty that the policy gives."""
        return abs(self.recorded - self.now) < 1e-9


def list_late(course: Course, set_id: str, *, write: bool = False) -> list[Lateness]:
    """Every submission that is late, or whose time is not known; ``write`` settles penalties.

    Only the penalty of a submission is ever written, by the rule that nbgrader applies when it
    grades: it has to be taken again after marks by hand, new extensions or a moved due date.
    """
    config = course.config()
    found = []
    with course.open_gradebook("cvlib-grade release") as gradebook:
        try:
            submissions = gradebook.assignment_submissions(set_id)
        except MissingEntry:
            return []
        for submission in sorted(submissions, key=lambda s: s.student.id):
            student = submission.student.id
            recorded = submission.late_submission_penalty or 0.0
            now, reasons = 0.0, []
            for notebook in submission.notebooks:
                penalty, words = penalty_now(config, gradebook, notebook)
                now += penalty or 0.0
                reasons.append(words)
                if write and notebook.late_submission_penalty != penalty:
                    notebook.late_submission_penalty = penalty
            seconds = submission.total_seconds_late
            text = next(filter(None, reasons), f"{duration(seconds)} late" if seconds else "")
            if not text and submission.timestamp is None and submission.assignment.duedate:
                stamp = read_timestamp(course.submitted, student, set_id)
                text = f"{stamp.remark}: counted as in time" if stamp.remark else UNKNOWN
            if text or recorded or now:
                found.append(
                    Lateness(
                        student,
                        submission.timestamp,
                        submission.duedate,
                        now if write else recorded,
                        now,
                        text or "in time",
                    )
                )
        if write:
            gradebook.db.commit()
    return found


def show_late(set_id: str, found: list[Lateness]) -> str:
    """The table of late work, and what to do where the gradebook has not followed."""
    unknown = sum(f.words == UNKNOWN for f in found)
    found = [f for f in found if f.words != UNKNOWN]
    rows = [["student", "handed in (UTC)", "due (UTC)", "recorded", "penalty", "why"]]
    rows += [
        [f.student, moment(f.handed_in), moment(f.due), points(f.recorded), points(f.now), f.words]
        for f in found
    ]
    end = f"{set_id}: {len(found)} to look at" if found else f"{set_id}: nothing is late"
    if unknown:
        end += f"; {unknown} have {UNKNOWN}"
    if changed := sum(not f.settled for f in found):
        end += f"; {changed} penalties have changed since grading: --write takes them over"
    return "\n".join([*(columns(rows, left=(0, 1, 2, 5)) if found else []), end])


def moment(time: datetime | None) -> str:
    """A time to the second, or a dash."""
    return "–" if time is None else f"{time:%Y-%m-%d %H:%M:%S}"


def show_due(dates: dict[str, datetime | None], sets: list[str]) -> Iterator[str]:
    """One line a problem set."""
    for set_id in sets:
        known = dates.get(set_id)
        yield f"{set_id}: " + (f"due {moment(known)} UTC" if known else "no due date")
