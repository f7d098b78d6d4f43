"""Answers with two mistakes: does a student who makes both hear of one of them?

Many a known wrong answer calls the right one, on changed arguments or with a changed result. With
another wrong answer in its place both mistakes are there. Where they lose marks and show, that is
give other answers than either alone, we look whether one of the two is named.
"""

from __future__ import annotations

import functools
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from cvlib.check.codec import encode
from cvlib.check.marking import Reply, Sheet, ask, local_call, mark
from cvlib.grading.rehearsal.mutants.alone import alone, more_time
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.sheets import generator, make_sheet
from cvlib.grading.spec.variants import Variant


def two_mistakes(exercise: Exercise, seconds: float) -> dict[str, int]:
    """How many answers with two mistakes lose marks (``of``), hear one, or only of a third."""
    sheet = make_sheet(exercise, exercise.variants.mutants, generator(0, exercise.id))
    heard = [*_heard(exercise, sheet, seconds)]
    return {
        "of": len(heard),
        "heard": sum(one for one, _ in heard),
        "other": sum(third and not one for one, third in heard),
    }


def _heard(exercise: Exercise, sheet: Sheet, seconds: float) -> Iterator[tuple[bool, bool]]:
    """For each pair that shows: whether one of the two is named, and whether a third is."""
    mutants = exercise.variants.mutants
    said = {m.name: _said(ask(sheet, local_call(m.target))) for m in mutants}
    for first, second in itertools.permutations(mutants, 2):
        both = composed(exercise.reference, first, second)
        if both is None:
            continue
        told = alone(functools.partial(_told, sheet, both, seconds), seconds)
        hidden = told is None or told["said"] in (said[first.name], said[second.name])
        if hidden or not told["lost"] or not told["seen"]:
            continue
        named, known = {*told["named"]}, {first.misconception, second.misconception}
        yield bool(named & known), bool(named - known)


def composed(reference: Any, first: Variant, second: Variant) -> Callable[..., Any] | None:
    """The first wrong answer with the second where it calls the right one; ``None`` if nowhere."""
    module = vars(sys.modules[first.target.__module__])
    names = [name for name, value in module.items() if value is reference]
    if not names:
        return None

    def inner(*args: Any, **options: Any) -> Any:
        with mock.patch.dict(module, dict.fromkeys(names, reference)):
            return second.target(*args, **options)

    def both(*args: Any, **options: Any) -> Any:
        with mock.patch.dict(module, dict.fromkeys(names, inner)):
            return first.target(*args, **options)

    return both


def _told(sheet: Sheet, both: Callable[..., Any], seconds: float) -> dict[str, Any]:
    more_time(seconds * len(sheet.calls))
    replies = ask(sheet, local_call(both))
    outcome = mark(sheet, replies)
    return {
        "said": _said(replies),
        "lost": outcome.score < outcome.max_score,
        "seen": any(r.status == "ok" for r in replies),  # or there is nothing to recognize
        "named": [*outcome.causes.values()],
    }


def _said(replies: Any) -> str:
    def one(reply: Reply) -> Any:
        return encode(reply.value) if reply.status == "ok" else reply.status

    return json.dumps([one(r) for r in replies])
