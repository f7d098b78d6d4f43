"""The marking sheet of an exercise, what comes back from its calls, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from cvlib.check.compare import Tolerance
from cvlib.check.measure import Measure
from cvlib.check.own_numbers import Choices

Call = tuple[tuple[Any, ...], dict[str, Any]]
Status = Literal["ok", "missing", "error", "timeout", "dead", "refused", "wrong"]


@dataclass(frozen=True)
class Reply:
    """What came back from one call: a value, or the reason why there is none.

    ``wrong`` is said on the judge's side alone, of a value whose ``detail`` tells what is wrong.
    """

    status: Status
    value: Any = None
    detail: str = ""


#: ``(name, driver source, calls, timeout in seconds) -> one reply a call``
Caller = Callable[[str, str, Sequence[Call], float], Sequence[Reply]]


@dataclass(frozen=True)
class Misconception:
    """A known wrong answer: what to say, and its value for each call (``None``: it raised).

    Where the sheet has a look, the values are what was seen in it.
    """

    text: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Sheet:
    """The marking sheet of one exercise: calls, expected values and what to say.

    A part with a measure is measured against the expected values, the truth that a trained model
    is to predict. ``tolerances`` holds for the parts it names. ``numbers`` holds what a student's
    own numbers are drawn from, and ``student`` for whom. What ``look_source`` sees in a value is
    compared with what is expected, and not the value itself. ``one_at_a_time`` makes each call a
    request of its own.
    """

    id: str
    name: str
    points: float
    read: str
    driver_source: str
    seconds: float
    tolerance: Tolerance
    parts: tuple[str, ...]
    calls: tuple[Call, ...]
    expected: tuple[Any, ...]
    form_only: bool = False
    reveal: bool = True
    weights: Mapping[str, float] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    misconceptions: Sequence[Misconception] = ()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    tolerances: Mapping[str, Tolerance] = field(default_factory=dict)
    numbers: Choices = field(default_factory=dict)
    student: str = ""
    look_source: str = ""
    one_at_a_time: bool = False

    def tolerance_of(self, k: int) -> Tolerance:
        """How far the answer to call ``k`` may be from the expected one."""
        return self.tolerances.get(self.parts[k], self.tolerance)


@dataclass(frozen=True)
class Outcome:
    """The marks for one exercise and what to tell the student.

    ``causes`` names the misconception behind each part that one explains, and ``misconception`` is
    the one that explains most.
    """

    score: float
    max_score: float
    text: str
    parts: Mapping[str, bool]
    state: Literal["correct", "partial", "incorrect", "not attempted", "not checkable"]
    misconception: str = ""
    causes: Mapping[str, str] = field(default_factory=dict)
