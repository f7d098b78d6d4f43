"""Mark the replies to one exercise: the same code serves the student's check and the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cvlib.check.calling import ask, local_call, one_line
from cvlib.check.causes import causes
from cvlib.check.compare import difference
from cvlib.check.forms import form_difference, is_blank, skeleton
from cvlib.check.looking import looked
from cvlib.check.own_numbers import in_words
from cvlib.check.sheet import Call, Caller, Misconception, Outcome, Reply, Sheet

NOT_RIGHT = "the value is not right"


def mark(sheet: Sheet, replies: Sequence[Reply]) -> Outcome:
    """Mark the replies to the calls of a sheet; the score is points × weight passed / weight."""
    if len(replies) != len(sheet.calls):
        raise ValueError(f"expected {len(sheet.calls)} replies for {sheet.id}, got {len(replies)}")
    seen = [looked(sheet, k, reply) for k, reply in enumerate(replies)]
    findings = [_finding(sheet, k, reply) for k, reply in enumerate(seen)]  # None: it is right
    parts: dict[str, bool] = {}
    for part, finding in zip(sheet.parts, findings, strict=True):
        parts[part] = parts.get(part, True) and finding is None
    weights = {p: float(sheet.weights.get(p, 1.0)) for p in parts}
    share = sum(weights[p] for p, passed in parts.items() if passed) / sum(weights.values())
    score = float(sheet.points) if all(parts.values()) else sheet.points * share
    if _untouched(sheet, replies):
        return not_attempted(sheet.points, parts)
    if all(parts.values()):
        state: Any = "not checkable" if sheet.form_only else "correct"
        return Outcome(score, sheet.points, _praise(sheet, len(parts)), parts, state)
    named = causes(sheet, seen, parts, [finding is None for finding in findings])
    most = Counter(named[p] for p in sheet.parts if p in named).most_common(1)
    text = _criticism(sheet, parts, findings, named)
    state = "partial" if share > 0 else "incorrect"
    misconception = most[0][0] if most else ""
    return Outcome(score, sheet.points, text, parts, state, misconception, named)


def not_attempted(points: float, parts: Mapping[str, bool] = MappingProxyType({})) -> Outcome:
    """The outcome of an exercise in which nothing was written."""
    text = "Not attempted yet: the starting code is still in place."
    return Outcome(0.0, points, text, dict(parts), "not attempted")


def _finding(sheet: Sheet, k: int, reply: Reply) -> str | None:
    match reply.status:
        case "ok":
            expected, got, tolerance = sheet.expected[k], reply.value, sheet.tolerance_of(k)
            if measure := sheet.measures.get(sheet.parts[k]):
                return measure.finding(expected, got)
            if sheet.form_only:
                return form_difference(expected, got)
            found = difference(expected, got, tolerance)
            if found and not sheet.reveal:
                return form_difference(expected, got) or NOT_RIGHT
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
        case "wrong":
            return reply.detail


def _untouched(sheet: Sheet, replies: Sequence[Reply]) -> bool:
    return all(
        (r.status == "error" and r.detail.startswith("NotImplementedError"))
        or (r.status == "ok" and (r.value is None if sheet.reveal else is_blank(r.value)))
        for r in replies
    )


def _praise(sheet: Sheet, parts: int) -> str:
    if sheet.form_only:
        return "The form is right. The value is marked when you hand in."
    return "The answer is right." if parts == 1 else f"All {parts} parts are right."


def _criticism(
    sheet: Sheet, parts: Mapping[str, bool], findings: Sequence[str | None], named: dict[str, str]
) -> str:
    first: dict[str, str] = {}
    for part, finding in zip(sheet.parts, findings, strict=True):
        if finding and part not in first:
            first[part] = finding
    passed = [part for part, ok in parts.items() if ok]
    lines = [f"✓ {', '.join(passed)}"] if passed else []
    one_cause = len(set(named.values())) == 1 and set(named) == set(first)
    if one_cause or len(set(first.values())) == 1:  # one finding shows it
        lines.append(f"✗ {', '.join(first)}: {next(iter(first.values()))}")
    else:
        lines += [f"✗ {part}: {finding}" for part, finding in first.items()]
    for text in dict.fromkeys(named.values()):
        where = "" if one_cause else f" ({', '.join(p for p in named if named[p] == text)})"
        lines.append(f"What happened{where}: {text}")
    hinted = [p for p in first if p in sheet.hints and p not in named]
    if not sheet.reveal:  # another form than asked for, or nothing filled in, needs no hint
        hinted = [p for p in hinted if first[p] == NOT_RIGHT]
    lines += [f"Hint ({p}): {sheet.hints[p]}" for p in hinted][:2]
    if sheet.student:
        lines.append(f"Marked for the numbers of {sheet.student}: {in_words(sheet.calls[0][1])}")
    if sheet.read:
        lines.append(f"Read: {sheet.read}")
    return "\n".join(lines)


__all__ = ["Call", "Caller", "Misconception", "Outcome", "Reply", "Sheet", "ask", "local_call",
           "mark", "one_line", "skeleton"]  # fmt: skip
