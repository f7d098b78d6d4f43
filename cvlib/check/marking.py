"""Mark the replies to one exercise: the same code serves the student's check and the judge."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from cvlib.check.codec import NotPlainDataError, decode, encode
from cvlib.check.compare import Tolerance, difference
from cvlib.check.measure import Measure
from cvlib.check.own_numbers import Choices, in_words

Call = tuple[tuple[Any, ...], dict[str, Any]]
Status = Literal["ok", "missing", "error", "timeout", "dead", "refused"]


@dataclass(frozen=True)
class Reply:
    """What came back from one call: a value, or the reason why there is none."""

    status: Status
    value: Any = None
    detail: str = ""


#: ``(name, driver source, calls, timeout in seconds) -> one reply a call``
Caller = Callable[[str, str, Sequence[Call], float], Sequence[Reply]]


@dataclass(frozen=True)
class Misconception:
    """A known wrong answer: what to say, and its value for each call (``None``: it raised)."""

    text: str
    values: Sequence[Any]


@dataclass(frozen=True)
class Sheet:
    """The marking sheet of one exercise: calls, expected values and what to say.

    A part with a measure is measured against the expected values, the truth that a trained model
    is to predict. ``tolerances`` holds for the parts it names. ``numbers`` holds what a student's
    own numbers are drawn from, and ``student`` for whom.
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

    def tolerance_of(self, k: int) -> Tolerance:
        """How far the answer to call ``k`` may be from the expected one."""
        return self.tolerances.get(self.parts[k], self.tolerance)


@dataclass(frozen=True)
class Outcome:
    """The marks for one exercise and what to tell the student."""

    score: float
    max_score: float
    text: str
    parts: Mapping[str, bool]
    state: Literal["correct", "partial", "incorrect", "not attempted", "not checkable"]
    misconception: str = ""


def mark(sheet: Sheet, replies: Sequence[Reply]) -> Outcome:
    """Mark the replies to the calls of a sheet; the score is points × weight passed / weight."""
    if len(replies) != len(sheet.calls):
        raise ValueError(f"expected {len(sheet.calls)} replies for {sheet.id}, got {len(replies)}")
    findings = [
        _finding(sheet, k, reply) for k, reply in enumerate(replies)
    ]  # None: this call is right
    parts: dict[str, bool] = {}
    for part, finding in zip(sheet.parts, findings, strict=True):
        parts[part] = parts.get(part, True) and finding is None
    weights = {p: float(sheet.weights.get(p, 1.0)) for p in parts}
    share = sum(weights[p] for p, passed in parts.items() if passed) / sum(weights.values())
    score = float(sheet.points) if all(parts.values()) else sheet.points * share
    if _not_attempted(replies):
        text = "Not attempted yet: the starting code is still in place."
        return Outcome(0.0, sheet.points, text, parts, "not attempted")
    if all(parts.values()):
        state: Any = "not checkable" if sheet.form_only else "correct"
        return Outcome(score, sheet.points, _praise(sheet, len(parts)), parts, state)
    misconception = _misconception(sheet, replies, findings)
    text = _criticism(sheet, parts, findings, misconception)
    state = "partial" if share > 0 else "incorrect"
    return Outcome(score, sheet.points, text, parts, state, misconception)


def _finding(sheet: Sheet, k: int, reply: Reply) -> str | None:
    match reply.status:
        case "ok":
            expected, got, tolerance = sheet.expected[k], reply.value, sheet.tolerance_of(k)
            if measure := sheet.measures.get(sheet.parts[k]):
                return measure.finding(expected, got)
            if sheet.form_only:
                return difference(skeleton(expected), skeleton(got), tolerance)
            found = difference(expected, got, tolerance)
            if found and not sheet.reveal:
                form = difference(skeleton(expected), skeleton(got), tolerance)
                return form or "the value is not right"
            return found
        case "missing":
            return f"`{sheet.name}` is not defined: did the cell that defines it run without error?"
        case "error":
            return f"your code raised {reply.detail}"
        case "timeout":
            return f"no answer within {sheet.seconds:g} s: is there a loop that never ends?"
        case "dead":
            return "the Python process of the notebook ended before it answered"
        case "refused":
            return f"the answer is not plain data: {reply.detail}"


def skeleton(value: Any) -> Any:
    """The form of a value without its content: numbers become 0, arrays zeros of their shape."""
    if isinstance(value, dict):
        return {k: skeleton(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(skeleton(v) for v in value)
    if isinstance(value, np.ndarray):
        return np.zeros_like(value)
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float | np.number):
        return 0
    return value


def _not_attempted(replies: Sequence[Reply]) -> bool:
    return all(
        (r.status == "error" and r.detail.startswith("NotImplementedError"))
        or (r.status == "ok" and r.value is None)
        for r in replies
    )


def _misconception(sheet: Sheet, replies: Sequence[Reply], findings: Sequence[str | None]) -> str:
    """The first known wrong answer that equals the student's wherever there is a value at all."""
    answered = [k for k, r in enumerate(replies) if r.status == "ok"]
    if not any(findings[k] for k in answered) or sheet.form_only:
        return ""
    for known in sheet.misconceptions:
        if all(
            known.values[k] is not None and _same(sheet, k, known.values[k], replies[k].value)
            for k in answered
        ):
            return known.text
    return ""


def _same(sheet: Sheet, k: int, known: Any, got: Any) -> bool:
    if measure := sheet.measures.get(sheet.parts[k]):
        return measure.agrees(known, got)
    return difference(known, got, sheet.tolerance_of(k)) is None


def _praise(sheet: Sheet, parts: int) -> str:
    if sheet.form_only:
        return "The form is right. The value is marked when you hand in."
    return "The answer is right." if parts == 1 else f"All {parts} parts are right."


def _criticism(
    sheet: Sheet, parts: Mapping[str, bool], findings: Sequence[str | None], misconception: str
) -> str:
    first: dict[str, str] = {}
    for part, finding in zip(sheet.parts, findings, strict=True):
        if finding and part not in first:
            first[part] = finding
    passed = [part for part, ok in parts.items() if ok]
    lines = [f"✓ {', '.join(passed)}"] if passed else []
    if misconception or len(set(first.values())) == 1:  # one cause: one finding shows it
        lines.append(f"✗ {', '.join(first)}: {next(iter(first.values()))}")
    else:
        lines += [f"✗ {part}: {finding}" for part, finding in first.items()]
    if misconception:
        lines.append(f"What happened: {misconception}")
    else:
        lines += [f"Hint ({p}): {sheet.hints[p]}" for p in first if p in sheet.hints][:2]
    if sheet.student:
        lines.append(f"Marked for the numbers of {sheet.student}: {in_words(sheet.calls[0][1])}")
    if sheet.read:
        lines.append(f"Read: {sheet.read}")
    return "\n".join(lines)


def local_call(target: Any, *, missing: bool = False) -> Caller:
    """Return a caller for an object in this very process: trusted code only."""

    def call(name: str, driver: str, calls: Sequence[Call], timeout: float) -> list[Reply]:
        if missing:
            return [Reply("missing") for _ in calls]
        namespace: dict[str, Any] = {"__name__": "driver"}
        exec(compile(driver, "<driver>", "exec"), namespace)
        run = namespace[driver.split("def ", 1)[1].split("(", 1)[0].strip()]
        return [_one_call(run, target, encode(args), encode(kwargs)) for args, kwargs in calls]

    return call


def _one_call(run: Callable[..., Any], target: Any, args: Any, kwargs: Any) -> Reply:
    try:  # each call has copies of its own, so a function that writes into its input harms no other
        value = run(target, *decode(args), **decode(kwargs))
    except Exception as error:
        return Reply("error", detail=one_line(error))
    try:
        return Reply("ok", decode(encode(value, where="the answer")))
    except NotPlainDataError as error:
        return Reply("refused", detail=str(error))


def one_line(error: BaseException, limit: int = 400) -> str:
    """An exception as one line, with the place in the student's cell when there is one."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    frames = [
        f
        for f in traceback.extract_tb(error.__traceback__)
        if "ipykernel" in f.filename or f.filename.startswith("<ipython")
    ]
    if frames and frames[-1].line and "site-packages" not in frames[-1].filename:
        text += f" (line {frames[-1].lineno} of the cell: {frames[-1].line.strip()})"
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


__all__ = ["Call", "Caller", "Misconception", "Outcome", "Reply", "Sheet", "local_call", "mark",
           "one_line", "skeleton"]  # fmt: skip
