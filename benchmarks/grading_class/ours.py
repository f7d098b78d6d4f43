"""This project's course: released, graded by ``cvlib-grade run`` or by ``nbgrader autograde``."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from cvlib.grading.course.course import Course
from cvlib.grading.course.release import release
from cvlib.grading.judging.plan import Plan, make_plan
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.spec.loading import LoadedSet
from grading_class.honest import Work
from grading_class.places import Place


@dataclass(frozen=True)
class OurCourse(Place):
    """A course folder as ``cvlib-grade`` makes it."""

    assignments: Path

    def make(self) -> None:
        """Release the problem set."""
        release(Course.open(self.root, self.assignments), self.set_id)

    def plan(self, loaded: LoadedSet) -> Plan:
        """The hidden cases of this course."""
        return make_plan(loaded, seed=self.seed)

    @property
    def seed(self) -> int:
        """The secret of this course."""
        return Course.open(self.root, self.assignments).seed

    def hand_in(self, loaded: LoadedSet, works: list[Work]) -> None:
        """Put the work of students into ``submitted/``."""
        released = release_template(loaded)
        self.submit({work.student: work.handed_in(released) for work in works})

    def command(self, name: str) -> list[str]:
        """A command of ``cvlib-grade`` on this course."""
        places = ["--course", str(self.root), "--assignments", str(self.assignments)]
        return [sys.executable, "-m", "cvlib.grading", *places, name, self.set_id]

    @property
    def autograde(self) -> list[str]:
        """nbgrader's own command, which finds our plugins in this folder's configuration."""
        return [str(Path(sys.executable).with_name("nbgrader")), "autograde", self.set_id]
