"""One problem set on its way through a run: what is handed in, what is known, what was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cvlib.grading.course.course import Course
from cvlib.grading.course.handed_in import Pending, look_at_all, seconds_before
from cvlib.grading.course.intake import remove_drafts
from cvlib.grading.course.release import release
from cvlib.grading.gradebook.marks import take_back
from cvlib.grading.gradebook.nbgrader_plugins import JudgeSettings
from cvlib.grading.gradebook.settling import Settling
from cvlib.grading.judging.kept_results import read_result
from cvlib.grading.judging.plan import make_draws, make_plan
from cvlib.grading.running.batch import Batch, Graded
from cvlib.grading.spec.loading import load_problem_set


@dataclass(frozen=True)
class Options:
    """How to grade: ``None`` leaves a setting to the course's configuration."""

    students: Sequence[str] = ()
    seed: int | None = None
    unsafe: bool = False
    workers: int | None = None
    scheduler: str | None = None
    force: bool = False


def run_settings(course: Course, options: Options) -> dict[str, Any]:
    """What a plan is made with: the course's configuration, and what this run has instead."""
    judge = JudgeSettings(config=course.config())
    if options.seed is not None:
        judge.seed = options.seed
    settings = judge.settings(course.root)
    settings["unsafe"] |= options.unsafe
    return settings


class OneSet:
    """The submissions of one problem set in a run: which wait, and what became of the others.

    What took longest the last time is graded first, so that nobody waits for it at the end;
    ``longest`` says how many seconds that were.
    """

    def __init__(self, course: Course, set_id: str, options: Options) -> None:
        self.course, self.set_id = course, set_id
        self._files = release(course, set_id).files
        self._loaded = load_problem_set(course.assignments, set_id)
        self._settings = run_settings(course, options)
        draws = make_draws(self._loaded, **self._settings)
        self.found = look_at_all(course, set_id, draws, options.students)
        for folder in (course.root, course.results, course.root / "receipts" / set_id):
            remove_drafts(folder)
        self._keys = {name: handed.key for name, handed in self.found.items() if handed is not None}
        waiting = {
            name: seconds_before(course, set_id, name)
            for name, key in self._keys.items()
            if options.force or read_result(course.results, key) is None
        }
        self.pending = sorted(waiting, key=lambda name: (-waiting[name], name))
        self.longest = max(waiting.values(), default=0.0)
        self.left = dict.fromkeys(self.pending)
        self.settling = Settling(course, self._loaded, draws, force=options.force)
        self._failures: dict[str, str] = {}

    def settle_known(self) -> None:
        """Record what needs no grading."""
        for name in sorted(set(self._keys) - set(self.pending)):
            self.settling.settle(name, self._keys[name])

    def batch(self) -> Batch:
        """What is to be graded."""
        plan = make_plan(self._loaded, files=self._files, **self._settings)
        return Batch(plan, Pending(self.course, self.set_id, self.pending))

    def take(self, graded: Graded) -> None:
        """Record one result, or note why there is none."""
        self.left.pop(graded.student)
        if graded.result is not None:
            self.settling.settle(graded.student, graded.result.key)
        else:
            self._failures[graded.student] = f"grading failed: {graded.failure}"

    def take_back(self) -> None:
        """Leave no old score standing where there is no new one."""
        missing = (name for name, handed in self.found.items() if handed is None)
        for name in (*self.failures, *missing):
            take_back(self.course, self.set_id, name)

    @property
    def failures(self) -> dict[str, str]:
        """Why submissions have no result, or it could not be recorded."""
        return self._failures | self.settling.failures

    @property
    def graded(self) -> int:
        """How many submissions were graded in this run."""
        return len(self.pending) - len(self.left)
