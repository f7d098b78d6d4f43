"""Put results where they belong, one student at a time: gradebook, graded notebook, receipt."""

from __future__ import annotations

from typing import Self

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import Submission, read_submission
from cvlib.grading.gradebook.marks import is_recorded, read_marks, take_back
from cvlib.grading.gradebook.recorder import Recorder
from cvlib.grading.judging.kept_results import read_result
from cvlib.grading.judging.plan import result_key
from cvlib.grading.judging.result import Result
from cvlib.grading.receipts.receipt import ensure_receipt
from cvlib.grading.spec.draws import Draws
from cvlib.grading.spec.loading import LoadedSet


class Settling:
    """The one writer of a run; what the gradebook and the receipts hold already stays as it is.

    It works while others are still being graded, so that a run that is killed has little to do
    again. ``recorded`` counts what was written, ``failures`` says why something was not.
    """

    def __init__(self, course: Course, loaded: LoadedSet, draws: Draws, *, force: bool) -> None:
        self.course, self.loaded, self.draws, self.force = course, loaded, draws, force
        self.set_id = loaded.problem_set.id
        self.recorded = 0
        self.failures: dict[str, str] = {}
        self._marks = read_marks(course, self.set_id)
        self._recorder: Recorder | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._recorder is not None:
            self._recorder.close()

    def settle(self, student: str, key: str) -> None:
        """Record the result with this key, if it is still the student's, and see to the receipt."""
        result = read_result(self.course.results, key)
        submission = read_submission(self.course.submitted, student, self.set_id)
        if result is None:
            self.failures[student] = "its result was removed from results/ meanwhile: run again"
            return
        if submission is None:
            return
        if result_key(submission.raw, self.draws.digest_of(student)) != key:
            return  # handed in anew since: the next run grades that
        marks = self._marks.get(student)
        known = is_recorded(self.course, self.set_id, student, result, marks)
        if self.force or not known:
            self._record(submission, result)
        if student not in self.failures:
            seed, spec = self.draws.secret, self.loaded.digest
            ensure_receipt(self.course, self.set_id, submission, result, spec=spec, seed=seed)

    def _record(self, submission: Submission, result: Result) -> None:
        """Where recording fails, the older score is taken back, and the others go on."""
        self.recorded += 1
        try:
            self._recorder = self._recorder or Recorder(self.course, self.loaded)
            self._recorder.record(submission, result)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            self.failures[submission.student] = f"the gradebook could not record it: {reason}"
            take_back(self.course, self.set_id, submission.student)
