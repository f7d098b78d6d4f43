"""Answers with two mistakes are made of two known ones, and counted where both show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.marking import ask, local_call, mark
from cvlib.grading.rehearsal.mutants.two import composed, two_mistakes
from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.grading.spec.sheets import generator, make_sheet

variants = Variants()


def standardized(x: np.ndarray) -> np.ndarray:
    """What is right: no mean, unit variance."""
    return (x - x.mean()) / x.std()


def draw(rng: np.random.Generator) -> Iterator[Case]:
    for _ in range(3):
        yield Case((rng.normal(2.0, 3.0, 7),))


@variants.mutant("You turned the order round.")
def backwards(x: np.ndarray) -> np.ndarray:
    return standardized(x)[::-1]


@variants.mutant("You added a half.")
def adds_a_half(x: np.ndarray) -> np.ndarray:
    return standardized(x) + 0.5


@variants.mutant("You forgot the mean.")
def keeps_the_mean(x: np.ndarray) -> np.ndarray:
    return x / x.std()


EXERCISE = Exercise(
    id="standardized", title="t", objective="o", section="p#a", points=1,
    reference=standardized, cases=draw, variants=variants,
)  # fmt: skip


def test_the_second_mistake_is_made_where_the_first_calls_the_right_answer() -> None:
    first, _, second = variants.mutants
    both: Any = composed(standardized, first, second)
    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_array_equal(both(x), keeps_the_mean(x)[::-1])
    np.testing.assert_array_equal(backwards(x), standardized(x)[::-1])  # nothing stays changed


def test_pairs_that_show_are_counted_and_who_hears_one() -> None:
    found = two_mistakes(EXERCISE, 1.0)
    # four pairs begin with one that calls the right answer, and in each both mistakes show
    assert found["of"] == 4
    sheet = make_sheet(EXERCISE, variants.mutants, generator(0, "standardized"))
    heard = 0
    for first in variants.mutants[:2]:
        for second in variants.mutants:
            if second is not first:
                outcome = mark(sheet, ask(sheet, local_call(composed(standardized, first, second))))
                known = {first.misconception, second.misconception}
                heard += bool({*outcome.causes.values()} & known)
    assert found["heard"] == heard


def test_an_answer_that_calls_nothing_of_ours_cannot_be_composed() -> None:
    assert composed(np.sort, *variants.mutants[:2]) is None
