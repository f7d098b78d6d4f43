"""Right answers get all marks however they are written, wrong ones lose some and hear why."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from cvlib.check.marking import Reply, Sheet, local_call
from cvlib.grading.spec.sheets import generator, judge_exercise


def test_reference_gets_full_marks(graded):
    for seed in graded.seeds[:2]:
        outcome = graded.mark(graded.exercise.reference, seed)
        assert outcome.state == "correct", outcome.text
        assert outcome.score == outcome.max_score == graded.exercise.points


def test_the_judge_draws_and_marks_the_same(judged):
    exercise = judged[0].exercise
    mutants = exercise.variants.mutants
    for target in (exercise.reference, mutants[0].target):
        outcome = judge_exercise(exercise, mutants, local_call(target), generator(0, exercise.id))
        assert outcome == judged[0].mark(target, 0)


def test_alternative_gets_full_marks(graded, variant):
    for seed in graded.seeds:
        outcome = graded.mark(variant.target, seed)
        assert outcome.score == graded.exercise.points, f"seed {seed}: {outcome.text}"


def test_mutant_loses_marks_and_hears_its_own_misconception(graded, variant):
    for seed in graded.seeds:
        outcome = graded.mark(variant.target, seed)
        assert outcome.score < graded.exercise.points, f"seed {seed}: it got full marks"
        assert outcome.misconception == variant.misconception, f"seed {seed}: {outcome.text}"
        assert variant.misconception in outcome.text


def test_there_are_enough_wrong_and_right_answers(graded):
    mutants = graded.exercise.variants.mutants
    assert len(mutants) >= 4
    assert len(graded.exercise.variants.alternatives) >= 2
    assert len({m.misconception for m in mutants}) == len(mutants)


# --- answers that show no understanding ---------------------------------------------------------


def fill(value: Any, number: Any, *, whole_too: bool) -> Any:
    """Replace the numbers in an answer by ``number(shape)``, and keep its form."""
    if isinstance(value, dict):
        return {k: fill(v, number, whole_too=whole_too) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(fill(v, number, whole_too=whole_too) for v in value)
    if isinstance(value, np.ndarray):
        return number(value.shape)
    if isinstance(value, int | float) and whole_too:
        return number(())[()]
    return value


def holds_arrays(value: Any) -> bool:
    if isinstance(value, dict | tuple | list):
        return any(map(holds_arrays, value.values() if isinstance(value, dict) else value))
    return isinstance(value, np.ndarray)


def grow(value: Any) -> Any:
    """The right numbers in a shape that is not asked for."""
    if isinstance(value, dict):
        return {k: grow(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [*map(grow, value), 0]
    return np.asarray(value)[None] if isinstance(value, int | float | np.ndarray) else value


NUMBERS = {
    "zeros": lambda rng, shape: np.zeros(shape),
    "ones": lambda rng, shape: np.ones(shape),
    "NaN": lambda rng, shape: np.full(shape, np.nan),
    "infinity": lambda rng, shape: np.full(shape, np.inf),
    "noise": lambda rng, shape: rng.normal(size=shape),
    "random whole numbers": lambda rng, shape: rng.integers(0, 60, size=shape),
}


def test_numbers_of_the_right_shape_score_nothing(graded):
    def answer(sheet: Sheet, k: int) -> Reply:
        expected = graded.evidence(at)[k]
        # the honest parts of an answer that also holds arrays (a dtype, a list of shapes) stay
        whole_too = not holds_arrays(expected)
        return Reply("ok", fill(expected, number, whole_too=whole_too))

    for kind, draw in NUMBERS.items():
        number = functools.partial(draw, np.random.default_rng(5))
        for at in graded.seeds:
            assert graded.mark_replies(answer, at).score == 0, f"{kind}, seed {at}"


def test_an_argument_handed_back_scores_nothing(graded):
    for place in range(max(len(args) for args, _ in graded.sheet(0).calls)):
        for seed in graded.seeds:
            outcome = graded.mark_replies(
                lambda sheet, k, place=place: Reply("ok", sheet.calls[k][0][place]), seed
            )
            assert outcome.score == 0, f"argument {place}: {outcome.text}"


def test_the_right_numbers_in_another_shape_score_nothing(graded):
    def answer(sheet: Sheet, k: int) -> Reply:
        return Reply("ok", grow(graded.evidence(0)[k]))

    assert graded.mark_replies(answer, 0).score == 0


def test_the_first_answer_to_every_call_scores_at_most_one_part(graded):
    sheet = graded.sheet(0)
    outcome = graded.mark_replies(lambda sheet, k: Reply("ok", graded.evidence(0)[0]), 0)
    assert sum(outcome.parts.values()) <= 1
    assert outcome.score < graded.exercise.points or len(sheet.calls) == 1


def test_one_value_for_everything_scores_nothing(graded):
    value: Any
    for value in (None, "42", {}, [], (), True, float("nan"), {"score": 1e9}):
        outcome = graded.mark_replies(lambda sheet, k, value=value: Reply("ok", value), 0)
        assert outcome.score == 0, value
        assert outcome.state in ("incorrect", "not attempted"), value


def test_no_answer_scores_nothing(graded):
    for status in ("missing", "error", "timeout", "dead", "refused"):
        reply = Reply(status, detail="it broke")
        outcome = graded.mark_replies(lambda sheet, k, reply=reply: reply, 0)
        assert outcome.score == 0, status
        assert outcome.text, status


def test_an_object_of_the_wrong_kind_scores_nothing(graded):
    def raises(*args, **kwargs):
        raise RuntimeError("no idea")

    for target in (None, 7, raises, object, lambda *args, **kwargs: None):
        assert graded.mark(target, 0).score == 0
