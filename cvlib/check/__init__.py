"""The student's side of the problem sets: ``check`` an exercise on its public examples.

The cases you are graded on are drawn afresh from the same distribution, so a green check is a good
sign and hard-coding the public cases is not a way.
"""

from __future__ import annotations

from typing import Any

from cvlib.check.marking import Outcome, local_call, mark
from cvlib.check.public import read_sheet

__all__ = ["CheckFailed", "check"]


class CheckFailed(AssertionError):  # noqa: N818  (a student reads this name)
    """The check found something to mend; the notebook shows the message, not a stack trace."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


def check(exercise: str, target: Any) -> None:
    """Check your solution of one exercise on its public examples, and say what you can mend.

    Prints a line when all is well; otherwise raises ``CheckFailed``, so that *Validate* notices.
    """
    sheet = read_sheet(exercise)
    outcome: Outcome = mark(
        sheet, local_call(target)(sheet.name, sheet.driver_source, sheet.calls, sheet.seconds)
    )
    text = f"{exercise}: {outcome.state}\n{outcome.text}"
    if outcome.state in ("correct", "not checkable"):
        print(text)
        return
    raise CheckFailed(text)
