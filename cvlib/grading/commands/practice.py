"""The command that tries the whole chain at once, on a class that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cvlib.grading.commands.options import cluster_options
from cvlib.grading.commands.registering import OK, command, steps

if TYPE_CHECKING:
    from cvlib.grading.course.course import Course


@command("practice")
@cluster_options()
def practice_command(course: Course, problem_sets: list[str], **options: Any) -> int:
    """Release, write a sample class, grade it, make its feedback and the exports.

    The same as release, sample, run, feedback and export one after the other, in one process:
    what one of them has imported and trained is there for the next.
    """
    rounds: list[tuple[str, dict[str, Any]]] = [
        ("release", {"force": False}), ("sample", {"everyone": False}), ("run", options),
        ("feedback", {"force": False}), ("export", {"form": None, "output": None}),
    ]  # fmt: skip
    worst = OK
    for name, given in rounds:
        worst = max(worst, steps[name](course, problem_sets, **given))
    return worst
