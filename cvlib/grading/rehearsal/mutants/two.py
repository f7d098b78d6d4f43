"""Answers with two mistakes: does a student who makes one more hear of the first all the same?

Each known wrong answer gets one derived change on top. Where the two together lose marks and give
other answers than the first alone, we look whether the first is named.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator
from typing import Any

from cvlib.check.codec import encode
from cvlib.check.marking import Reply, Sheet, ask, local_call, mark
from cvlib.grading.rehearsal.mutants.alone import alone, more_time
from cvlib.grading.rehearsal.mutants.answers import Answer, defined
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import generator, make_sheet
from cvlib.grading.spec.variants import Variant

#: So many second mistakes are tried on each first one, taken evenly from all.
SECOND = 12


def two_mistakes(loaded: LoadedSet, exercise: Exercise, seconds: float) -> dict[str, int]:
    """How many answers with two mistakes lose marks (``of``), hear the first, or only another."""
    sheet = make_sheet(exercise, exercise.variants.mutants, generator(0, exercise.id))
    heard = [h for known in exercise.variants.mutants for h in _of(loaded, sheet, known, seconds)]
    named = sum(first for first, _ in heard)
    return {"of": len(heard), "heard": named, "other": sum(told for _, told in heard) - named}


def _of(
    loaded: LoadedSet, sheet: Sheet, known: Variant, seconds: float
) -> Iterator[tuple[bool, bool]]:
    answer = defined(loaded, known.name, known.target, set())
    if answer is None:
        return
    alone_said = _said(ask(sheet, local_call(known.target)))
    found = list(answer.mutants())
    for mutant in itertools.islice(found, 0, None, max(1, len(found) // SECOND)):
        told = alone(functools.partial(_told, sheet, answer, mutant.code, seconds), seconds)
        if told is None or told["said"] == alone_said or not told["lost"] or not told["seen"]:
            continue
        yield known.misconception in told["named"], bool(told["named"])


def _told(sheet: Sheet, answer: Answer, code: str, seconds: float) -> dict[str, Any]:
    more_time(seconds * len(sheet.calls))
    replies = ask(sheet, local_call(answer.make(code)))
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
