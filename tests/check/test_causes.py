"""A failed part hears its own cause, and nothing is named by coincidence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.check.compare import Tolerance
from cvlib.check.forms import form_difference, skeleton
from cvlib.check.marking import Reply, local_call, mark
from cvlib.check.traits import shown
from cvlib.grading.spec.exercise import Case, Exercise
from cvlib.grading.spec.sheets import generator, judge_exercise, make_sheet
from cvlib.grading.spec.variants import Variant
from tests.grading.any_values import plain


def draws(rng):
    for part in ("sum", "mean", "both"):
        yield Case((part, rng.normal(size=(3, 4))), part=part)


def statistics(what, x):
    found = {"sum": x.sum(axis=0), "mean": x.mean(axis=0)}
    return found if what == "both" else found[what]


def wrong_axis(what, x):
    found = {"sum": x.sum(axis=1), "mean": x.mean(axis=0)}
    return found if what == "both" else found[what]


def wrong_mean(what, x):
    found = {"sum": x.sum(axis=0), "mean": x.mean(axis=0) * 3 / 4}
    return found if what == "both" else found[what]


def zeros(what, x):
    return {"sum": np.zeros(4), "mean": np.zeros(4)} if what == "both" else np.zeros(4)


HINTS = {"sum": "Which axis?", "mean": "By what?", "both": "Both."}
EXERCISE = Exercise(
    "s", "S", "o", "p#a", 3, reference=statistics, cases=draws, hints=HINTS
)  # fmt: skip
AXIS = Variant("wrong_axis", wrong_axis, "You added along the other axis.")
MEAN = Variant("wrong_mean", wrong_mean, "You divided by the number of columns.")
TALL = Variant(
    "tall",
    lambda what, x: {"sum": np.r_[x.sum(axis=1), 0.3][:4]}.get(what, 0),
    "You added along the other axis.",
)
ZERO = Variant("zeros", zeros, "You forgot to add at all.")


def marked(target, *mutants):
    return judge_exercise(EXERCISE, mutants, local_call(target), generator(0, "s"))


def both_wrong(what, x):
    return wrong_axis(what, x) if what == "sum" else wrong_mean(what, x)


def test_two_mistakes_are_named_where_each_shows():
    outcome = marked(both_wrong, AXIS, MEAN, ZERO)
    assert outcome.causes == {
        "sum": AXIS.misconception, "mean": MEAN.misconception, "both": MEAN.misconception
    }  # fmt: skip
    assert outcome.misconception == MEAN.misconception  # it explains most
    assert f"What happened (sum): {AXIS.misconception}" in outcome.text
    assert f"What happened (mean, both): {MEAN.misconception}" in outcome.text
    assert "Hint" not in outcome.text


def test_one_of_two_is_named_and_the_other_part_keeps_its_hint():
    def half_known(what, x):
        return x.sum(axis=0) + 1 if what == "sum" else wrong_mean(what, x)

    outcome = marked(half_known, AXIS, MEAN)
    assert outcome.causes == dict.fromkeys(("mean", "both"), MEAN.misconception)
    assert "Hint (sum): Which axis?" in outcome.text


@pytest.mark.parametrize("instead", [np.nan, np.inf, -np.inf])
def test_a_mistake_that_gives_no_number_is_known_by_that(instead):
    """Whoever divides 0 by 0 does so in the same places as all who do."""

    def overflows(what, x):
        return np.where(x.mean(axis=0) > 0, instead, x.mean(axis=0)) if what == "mean" else 0.0

    known = Variant("overflows", overflows, "You divided by 0.")
    assert set(marked(overflows, AXIS, known).causes.values()) == {"You divided by 0."}
    other = Variant("other", lambda what, x: np.where(overflows(what, x) == instead, 1, 0), "No.")
    assert not marked(overflows, other).causes


def test_a_mistake_that_is_denied_by_a_right_part_is_not_named():
    """Whoever has the mean right where the mistake makes it wrong does not make that mistake."""

    def only_both(what, x):
        return wrong_mean(what, x) if what == "both" else statistics(what, x)

    assert not marked(only_both, MEAN).causes


def test_two_mistakes_that_look_alike_are_not_told_apart():
    twin = Variant("twin", wrong_mean, "You took another mean.")

    def noisy_sum(what, x):
        return x.sum(axis=0) + 1 if what == "sum" else wrong_mean(what, x)

    assert not marked(noisy_sum, MEAN, twin).causes


def test_an_answer_that_fails_elsewhere_is_no_evidence():
    def crashes(what, x):
        if what != "mean":
            raise RuntimeError("not done")
        return wrong_mean(what, x)

    outcome = marked(crashes, AXIS, MEAN)
    assert set(outcome.causes.values()) == {MEAN.misconception}


def few(rng):
    for part, n in (("large", 9), ("even", 2), ("odd", 3)):
        yield Case((part, n), part=part)


def test_truths_and_small_numbers_agree_by_coincidence():
    exercise = Exercise("f", "F", "o", "p#a", 3, reference=lambda p, n: n % 2 == 0, cases=few)
    always = Variant("always", lambda p, n: True, "You always say yes.")

    def shaky(p, n):
        if p == "even":
            raise RuntimeError("not done")
        return p == "large"  # right in one part: it does not always say yes

    assert not judge_exercise(exercise, [always], local_call(shaky), generator(0, "f")).causes
    counting = Exercise("f", "F", "o", "p#a", 3, reference=lambda p, n: n + 1, cases=few)
    plain = Variant("plain", lambda p, n: n if p != "odd" else None, "You did not add one.")
    numbers = {"large": 9, "even": 2, "odd": 70}
    judged = judge_exercise(
        counting, [plain], local_call(lambda p, n: numbers[p]), generator(0, "f")
    )
    assert not judged.causes


def test_zeros_are_no_evidence_in_a_part():
    def empty_sums(what, x):
        return np.zeros(4) if what == "sum" else wrong_mean(what, x)

    assert ZERO.misconception not in marked(empty_sums, ZERO, MEAN).causes.values()


@given(st.lists(plain, min_size=3, max_size=3))
def test_no_answer_makes_naming_fail(values):
    sheet = make_sheet(EXERCISE, [AXIS, MEAN, ZERO], generator(0, "s"))
    outcome = mark(sheet, [Reply("ok", v) for v in values])
    assert 0 <= outcome.score <= 3
    twice = [(right, v) for right, v in zip(sheet.expected, values, strict=True)]
    mark(sheet, [Reply("ok", v) for v in twice])


def test_a_mistake_shows_through_a_factor_and_in_half_of_the_entries():
    def scaled(what, x):
        return -3.7 * np.r_[x.sum(axis=1), 0.3] if what == "sum" else wrong_mean(what, x) * 0

    assert marked(scaled, TALL).causes.get("sum") == TALL.misconception
    right = -3.7 * np.arange(4.0)
    assert shown(np.arange(4.0), 2 * np.arange(4.0), right, Tolerance()) == 0


def test_what_is_right_elsewhere_is_no_trait():
    numbers = np.random.default_rng(0).normal(size=9)
    wrong = np.where(np.arange(9) < 5, numbers, 0.123)
    assert shown(numbers, wrong, np.where(np.arange(9) < 5, numbers, 7.0), Tolerance()) == 0
    assert shown(numbers, numbers + 0.3, numbers + 0.4, Tolerance()) == 0
    assert shown(numbers, numbers[::-1], np.r_[numbers[::-1][:6], 0, 0, 0], Tolerance()) > 50


# --- forms ---------------------------------------------------------------------------------------

ANSWER = {"rate": 0.25, "sizes": [31, 17], "better": True, "why": "noise", "map": np.ones((2, 3))}


def test_what_is_not_filled_in_is_named():
    half = ANSWER | {"rate": None, "sizes": [31, None]}
    assert form_difference(ANSWER, half) == "not filled in: ['rate'], ['sizes'][1]"
    assert form_difference(7, None) == "the answer is not filled in"
    assert str(form_difference(ANSWER, dict.fromkeys(ANSWER))).endswith("and 1 more")


def test_a_wrong_form_says_what_is_wanted_and_no_number():
    for key, got, words in (
        ("rate", "a", "expected a number at ['rate'], got 'a'"),
        ("sizes", [3], "expected 2 values at ['sizes'], got a list of 1"),
        ("better", 1, "expected True or False at ['better']"),
        ("why", 3, "expected a text at ['why'], got 3"),
        ("map", np.ones(6), "expected the shape (2, 3) at ['map'], got (6,)"),
    ):
        told = form_difference(ANSWER, ANSWER | {key: got})
        assert told is not None
        assert words in told
        assert not any(secret in told for secret in ("0.25", "31", "17", "noise"))
    assert form_difference(ANSWER, {"rate": 1}) is not None
    other = {"rate": 1, "sizes": (2, 3), "better": False, "why": "", "map": np.zeros((2, 3))}
    assert form_difference(ANSWER, other) is None


def test_a_public_sheet_holds_no_text_of_an_answer():
    assert skeleton(ANSWER)["why"] == ""


def judged_answer(value):
    exercise = Exercise(
        "n", "N", "o", "p#a", 1, kind="answer", reference=ANSWER, hints={"values": "It is 31."}
    )
    sheet = make_sheet(exercise, [], np.random.default_rng(0))
    return mark(sheet, [Reply("ok", value)])


def test_a_half_filled_answer_hears_no_number_and_an_empty_one_was_not_attempted():
    outcome = judged_answer(ANSWER | {"rate": None})
    assert "not filled in: ['rate']" in outcome.text
    assert "Hint" not in outcome.text
    assert "Hint" in judged_answer(ANSWER | {"rate": 0.5}).text
    assert judged_answer(dict.fromkeys(ANSWER)).state == "not attempted"
