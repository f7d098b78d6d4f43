"""The student's side of the problem sets: ``check`` an exercise on its public examples.

The cases you are graded on are drawn afresh from the same distribution, so a green check is a good
sign and hard-coding the public cases is not a way.
"""

from __future__ import annotations

from typing import Any

from cvlib.check.asked import for_whom, other_login, personal
from cvlib.check.failed import CheckFailed
from cvlib.check.marking import Outcome, ask, local_call, mark
from cvlib.check.own_numbers import Choices, draw_numbers, in_words
from cvlib.check.public import read_sheet

__all__ = ["CheckFailed", "check", "personal"]


def check(exercise: str, target: Any) -> None:
    """Check your solution of one exercise on its public examples, and say what you can mend.

    Prints a line when all is well; otherwise raises ``CheckFailed``, so that *Validate* notices.
    """
    sheet = read_sheet(exercise)
    calls, note = sheet.calls, ""
    if sheet.numbers:
        numbers, note = _own_numbers(exercise, sheet.numbers)
        calls = tuple((args, numbers) for args, _ in calls)
    outcome: Outcome = mark(sheet, ask(sheet, local_call(target), calls=calls))
    text = f"{exercise}: {outcome.state}\n{outcome.text}"
    if outcome.state in ("correct", "not checkable"):
        print(text + note)
        return
    raise CheckFailed(text)


def _own_numbers(exercise: str, choices: Choices) -> tuple[dict[str, Any], str]:
    """The numbers that the student asked for, and for whom: it is all that can be checked here."""
    student = for_whom(exercise)
    if not student:
        raise CheckFailed(
            f"{exercise}: not checkable\nIts numbers are your own. Run the cell with "
            f'personal("{exercise}", …) first, with the name under which you hand in.'
        )
    if login := other_login(student):
        raise CheckFailed(
            f"{exercise}: not checkable\nYou asked for the numbers of {student}, and are logged in "
            f"as {login}: the numbers of another name are marked wrong."
        )
    numbers = draw_numbers(exercise, choices, student)
    return numbers, (
        f"\nThese are the numbers of {student}: {in_words(numbers)}. If you hand in under another "
        "name, the value is marked wrong."
    )
