"""Examine a problem set before it is released: can right answers lose, or wrong answers win?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cvlib.check.codec import decode, encode
from cvlib.check.marking import Outcome, ask, local_call, mark
from cvlib.grading.rehearsal.attacks import attacks
from cvlib.grading.rehearsal.hidden_data import won_untrained
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import generator, make_sheet


@dataclass
class Examination:
    """What the doctor found on one exercise."""

    exercise: Exercise
    right: int = 0
    mutants: int = 0
    killed: int = 0
    named: int = 0
    garbage: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def kill_rate(self) -> float:
        """The share of wrong answers that lost marks."""
        return self.killed / self.mutants if self.mutants else 0.0


def doctor(
    loaded: LoadedSet, *, seeds: int = 3, progress: Callable[[str], None] = lambda text: None
) -> list[Examination]:
    """Run reference, alternatives, mutants and garbage through the judge under several seeds."""
    examinations = []
    for exercise in loaded.problem_set.exercises:
        if exercise.graded_by_judge:
            progress(exercise.id)
            examinations.append(examine(exercise, seeds=seeds))
            if exercise.kind == "model":
                examinations[-1].findings += won_untrained(exercise, loaded, seeds)
    return examinations


def examine(exercise: Exercise, *, seeds: int = 3) -> Examination:
    """Examine one exercise; every finding is a sentence that says what would go wrong."""
    result = Examination(exercise)
    mutants = exercise.variants.mutants
    alternatives = exercise.variants.alternatives

    sheets = [
        make_sheet(exercise, mutants, generator(seed, exercise.id), lazy=True)
        for seed in range(seeds)
    ]

    def outcomes(target: Any, *, missing: bool = False) -> list[Outcome]:
        call = local_call(target, missing=missing)
        return [mark(s, ask(s, call)) for s in sheets]

    right = [("the reference", exercise.reference)] + [(a.name, a.target) for a in alternatives]
    for name, target in right:
        bad = [o for o in outcomes(target) if o.score < o.max_score]
        result.right += not bad
        if bad:
            result.findings.append(f"{name} is right but loses marks: {bad[0].text}")
    for mutant in mutants:
        marks = outcomes(mutant.target)
        result.mutants += 1
        killed = all(o.score < o.max_score for o in marks)
        result.killed += killed
        result.named += all(o.misconception == mutant.misconception for o in marks)
        if not killed:
            result.findings.append(f"the mutant {mutant.name} gets full marks")
    for name, target in garbage(exercise):
        result.garbage += 1
        if any(o.score > 0 for o in outcomes(target)):
            result.findings.append(f"garbage gets marks: {name}")
    for attack in attacks(exercise):
        result.findings.append(
            f"{attack.said} in place of the evidence gets {attack.share:.0%} of the marks "
            f"({', '.join(attack.parts)})"
        )
    if any(o.score > 0 for o in outcomes(None, missing=True)):
        result.findings.append("an undefined name gets marks")
    return result


def garbage(exercise: Exercise) -> Iterator[tuple[str, Any]]:
    """Answers that show no understanding at all, each in the form that the exercise asks for."""
    if exercise.kind == "answer":
        yield from [("None", None), ("a string", "42"), ("NaN", float("nan"))]
        return
    if exercise.kind in ("class", "model"):
        yield from [("an empty class", type("Empty", (), {})), ("a number", 0)]
        return

    def shaped(fill: Callable[[np.ndarray], np.ndarray]) -> Callable[..., Any]:
        def answer(*args: Any, **kwargs: Any) -> Any:
            return _refill(exercise.reference(*args, **kwargs), fill)

        return answer

    noise = np.random.default_rng(1)
    yield "None", lambda *args, **kwargs: None
    yield "the first argument", lambda *args, **kwargs: args[0] if args else None
    yield "zeros of the right shape", shaped(np.zeros_like)
    yield "ones of the right shape", shaped(np.ones_like)
    yield "NaN of the right shape", shaped(lambda a: np.full(a.shape, np.nan))
    yield "noise of the right shape", shaped(lambda a: noise.normal(size=a.shape))


def _refill(value: Any, fill: Callable[[np.ndarray], np.ndarray]) -> Any:
    if hasattr(value, "toarray"):
        value = value.toarray()
    if isinstance(value, tuple | list):
        return type(value)(_refill(v, fill) for v in value)
    if isinstance(value, bool | int | float | np.ndarray | np.number):
        filled = fill(np.asarray(value, dtype=float))
        return decode(encode(filled if filled.ndim else filled.item()))
    return None
