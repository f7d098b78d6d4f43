"""The judge: draws the inputs, has the student's object called elsewhere, marks what comes back.

It never runs a student's code. ``call`` does that behind a wall (``session.Session.call``); only
plain data returns, so a submission can lie in one way alone: by returning other values.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cvlib.check.codec import encode
from cvlib.check.marking import Caller, Misconception, Outcome, Sheet, ask, mark, skeleton
from cvlib.grading.spec.exercise import Case, Exercise
from cvlib.grading.spec.variants import Variant

#: The share of pairs of students whose answers to numbers of their own may agree.
MOST_SHARED = 0.1


def judge_exercise(
    exercise: Exercise,
    mutants: Sequence[Variant],
    call: Caller,
    rng: np.random.Generator,
    *,
    chapters: Path | None = None,
) -> Outcome:
    """Mark one exercise on inputs drawn from ``rng``."""
    sheet = make_sheet(exercise, mutants, rng, chapters=chapters, lazy=True)
    return mark(sheet, ask(sheet, call))


def make_sheet(
    exercise: Exercise,
    mutants: Sequence[Variant],
    rng: np.random.Generator,
    *,
    public: bool = False,
    chapters: Path | None = None,
    student: str = "",
    lazy: bool = False,
) -> Sheet:
    """Draw the cases and work out what the reference and each mutant answer to them.

    The public sheet of an ``answer`` holds its form only, and no private sheet's text reveals it.
    With ``lazy``, a mutant is called when a wrong answer is compared with it, and not before.
    """
    cases = exercise.draw(rng, student, public=public)
    if unknown := set(exercise.tolerances) - {c.part for c in cases}:
        raise ValueError(f"exercise {exercise.id!r}: tolerances for parts not drawn: {unknown}")
    expected = tuple(exercise.expected(c) for c in cases)
    is_answer = exercise.kind == "answer"
    if public and is_answer:
        if exercise.numbers:
            _check_numbers(exercise)
        expected = tuple(skeleton(e) for e in expected)
        mutants = ()
    return Sheet(
        id=exercise.id,
        name=exercise.name,
        points=exercise.points,
        read=section_title(exercise.section, chapters),
        driver_source=exercise.driver_source,
        seconds=exercise.seconds,
        tolerance=exercise.tolerance,
        tolerances=dict(exercise.tolerances),
        parts=tuple(c.part for c in cases),
        calls=tuple((c.args, dict(c.kwargs)) for c in cases),
        expected=expected,
        form_only=public and is_answer,
        reveal=not is_answer,
        weights=dict(exercise.weights),
        hints=dict(exercise.hints),
        measures=exercise.measures(dict.fromkeys(c.part for c in cases)),
        misconceptions=(later if lazy else _now)(exercise, mutants, cases),
        numbers=dict(exercise.numbers),
        student=student if exercise.numbers else "",
        look_source=exercise.look_source,
        one_at_a_time=exercise.one_at_a_time,
    )


def generator(seed: int, exercise_id: str) -> np.random.Generator:
    """A generator of its own for each exercise, so that the order of marking changes nothing."""
    digest = hashlib.sha256(f"{seed}:{exercise_id}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def section_title(section: str, chapters: Path | None) -> str:
    """Turn ``02_convolution#conv-matrix`` into the words of the heading that carries the anchor."""
    page, _, anchor = section.partition("#")
    number, _, topic = page.partition("_")
    chapter = f"chapter {int(number)}" if number.isdecimal() else page
    if topic:
        chapter += f" ({topic.replace('_', ' ')})"
    path = chapters / f"{page}.md" if chapters else None
    if path is not None and path.is_file():
        found = re.search(
            rf"^\({re.escape(anchor)}\)=\s*\n+#+ +(.+)$", path.read_text("utf-8"), re.MULTILINE
        )
        if found:
            return f"{chapter}, “{found[1].strip()}”"
    return f"{chapter}, section {anchor}"


def later(
    exercise: Exercise, mutants: Sequence[Variant], cases: Sequence[Case]
) -> tuple[Misconception, ...]:
    """The misconceptions of mutants that are called when their values are looked at."""
    return tuple(Misconception(m.misconception, _Later(exercise, m, cases)) for m in mutants)


def _now(
    exercise: Exercise, mutants: Sequence[Variant], cases: Sequence[Case]
) -> tuple[Misconception, ...]:
    return tuple(
        Misconception(m.misconception, tuple(_mutant_value(exercise, m, c) for c in cases))
        for m in mutants
    )


class _Later(Sequence[Any]):
    """What a mutant answers to each case, worked out when it is looked at."""

    def __init__(self, exercise: Exercise, mutant: Variant, cases: Sequence[Case]) -> None:
        self._drawn = exercise, mutant, cases
        self._known: dict[int, Any] = {}

    def __len__(self) -> int:
        return len(self._drawn[2])

    def __getitem__(self, k: Any) -> Any:
        if k not in self._known:
            exercise, mutant, cases = self._drawn
            self._known[k] = _mutant_value(exercise, mutant, cases[k])
        return self._known[k]


def _mutant_value(exercise: Exercise, mutant: Variant, case: Case) -> Any:
    try:
        return exercise.seen(exercise.evidence(mutant.target, case), case)
    except Exception:  # a mutant may crash on some inputs: that is part of being wrong
        return None


def _check_numbers(exercise: Exercise, students: int = 40) -> None:
    """Raise ValueError where neighbours would often share an answer, or its form tells of it."""
    rng = np.random.default_rng(0)
    names = [f"student {k}" for k in range(students)]
    answers = [[exercise.expected(c) for c in exercise.draw(rng, name)] for name in names]
    forms = {json.dumps(encode(skeleton(answer))) for answer in answers}
    if len(forms) > 1:
        raise ValueError(
            f"exercise {exercise.id!r}: expected answers of one form for all numbers, got {forms}"
        )
    counts = Counter(json.dumps(encode(answer)) for answer in answers)
    pairs = sum(n * (n - 1) for n in counts.values()) / (students * (students - 1))
    if pairs > MOST_SHARED:
        raise ValueError(
            f"exercise {exercise.id!r}: {pairs:.0%} of all pairs of students have the same answer, "
            f"expected at most {MOST_SHARED:.0%}: draw from more numbers"
        )
