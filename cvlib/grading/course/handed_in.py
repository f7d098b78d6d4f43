"""What a class handed in, by student; no more than one submission is in memory at a time."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.course.intake import Submission, find_students, read_submission
from cvlib.grading.judging.kept_results import KEY_NAME, read_result
from cvlib.grading.judging.plan import result_key
from cvlib.grading.spec.draws import Draws


@dataclass(frozen=True)
class Handed:
    """What is known of a submission while its content stays on the disk."""

    key: str
    refusal: str


class Pending(Collection[Submission]):
    """Submissions to be graded, each read when its turn comes."""

    def __init__(self, course: Course, set_id: str, names: Sequence[str]) -> None:
        self.read = functools.partial(read_submission, course.submitted, set_id=set_id)
        self.names = names

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Submission]:
        found = (self.read(name) for name in self.names)
        return (submission for submission in found if submission is not None)

    def __contains__(self, item: object) -> bool:
        return isinstance(item, Submission) and item.student in self.names


def look_at_all(
    course: Course, set_id: str, draws: Draws, wanted: Sequence[str] = ()
) -> dict[str, Handed | None]:
    """The submissions of all students, or of those wanted; ``None`` where the file is missing.

    Raises CourseError for a student without a folder for the problem set.
    """
    names = find_students(course.submitted, set_id)
    unknown = sorted(set(wanted) - set(names))
    if unknown:
        raise CourseError(
            f"no submission of {set_id} by {', '.join(unknown)} in {course.submitted}"
        )
    return {n: _look_at(course, set_id, n, draws) for n in names if not wanted or n in wanted}


def seconds_before(course: Course, set_id: str, name: str) -> float:
    """How long grading a student's submission took the last time; 0 where that is not known."""
    try:
        key = (course.root / "autograded" / name / set_id / KEY_NAME).read_text()
    except OSError:
        return 0.0
    result = read_result(course.results, key)
    return result.seconds if result is not None else 0.0


def _look_at(course: Course, set_id: str, name: str, draws: Draws) -> Handed | None:
    submission = read_submission(course.submitted, name, set_id)
    if submission is None:
        return None
    return Handed(result_key(submission.raw, draws.digest_of(name)), submission.refusal)
