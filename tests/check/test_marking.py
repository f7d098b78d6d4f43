"""Marks follow the parts; the words name the state, the first finding and the misconception."""

import numpy as np
import pytest

from cvlib.check.marking import Reply, local_call, mark
from cvlib.grading.spec.exercise import Case, Exercise
from cvlib.grading.spec.sheets import generator, judge_exercise, make_sheet, section_title
from cvlib.grading.spec.variants import Variant


def cases(rng):
    for part in ("one", "many"):
        yield Case((rng.normal(size=1 if part == "one" else 4),), {}, part)


def double(x):
    return 2 * x


def add_two(x):
    return x + 2


EXERCISE = Exercise(
    "double",
    "Double it",
    "to double",
    "99_none#double",
    4,
    reference=double,
    cases=cases,
    weights={"one": 1, "many": 3},
    hints={"many": "every entry counts"},
)
MUTANT = Variant("add_two", add_two, "You added two instead of multiplying by two.")


def marked(target):
    return judge_exercise(EXERCISE, [MUTANT], local_call(target), generator(7, "double"))


def test_a_right_answer_has_full_marks():
    outcome = marked(lambda x: [float(v) * 2 for v in x])
    assert (outcome.score, outcome.state) == (4.0, "correct")
    assert type(outcome.score) is float


def test_the_score_is_the_weight_of_the_parts_passed():
    outcome = marked(lambda x: 2 * x if len(x) == 1 else x)
    assert (outcome.score, outcome.state) == (1.0, "partial")
    assert "✓ one" in outcome.text
    assert "✗ many: shapes agree, values don't" in outcome.text
    assert "every entry counts" in outcome.text


def test_a_known_mistake_is_named():
    outcome = marked(lambda x: x + 2.0)
    assert outcome.score == 0
    assert outcome.misconception == MUTANT.misconception
    assert f"What happened: {MUTANT.misconception}" in outcome.text
    assert not marked(lambda x: x + 3).misconception


def test_a_function_that_writes_into_its_input_harms_no_other_call():
    def in_place(x):
        x *= 2
        return x

    assert marked(in_place).score == 4


def test_the_starting_code_counts_as_not_attempted():
    def released(x):
        raise NotImplementedError

    assert marked(released).state == "not attempted"
    assert marked(released).score == 0
    assert marked(lambda x: None).state == "not attempted"


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("missing"), "`double` is not defined"),
        (Reply("error", detail="KeyError: 'x'"), "your code raised KeyError: 'x'"),
        (Reply("timeout"), "no answer within 20 s"),
        (Reply("dead"), "ended before it answered"),
        (Reply("refused", detail="a set"), "not plain data: a set"),
    ],
)
def test_every_status_has_its_words(reply, words):
    sheet = make_sheet(EXERCISE, [], np.random.default_rng(0))
    outcome = mark(sheet, [reply, reply])
    assert outcome.score == 0
    assert words in outcome.text


def test_a_missing_reply_is_our_mistake_and_not_the_students():
    sheet = make_sheet(EXERCISE, [], np.random.default_rng(0))
    with pytest.raises(ValueError, match="expected 2 replies for double, got 1"):
        mark(sheet, [Reply("ok", 1)])


def test_a_number_is_never_told_in_the_feedback_on_an_answer():
    answer = Exercise(
        "n", "N", "to count", "99_none#n", 1, kind="answer", reference={"direct": 123456, "via": 9}
    )

    def judged(value):
        return judge_exercise(answer, [], local_call(value), generator(0, "n"))

    assert judged({"direct": 123456.0, "via": 9}).score == 1
    wrong = judged({"direct": 5, "via": 9})
    assert (wrong.score, "123456" in wrong.text) == (0, False)
    assert "keys" in judged(5).text
    public = make_sheet(answer, [], np.random.default_rng(0), public=True)
    assert "123456" not in repr(public)
    outcome = mark(
        public, local_call({"direct": 1, "via": 2})("n", public.driver_source, public.calls, 1)
    )
    assert outcome.state == "not checkable"


def test_an_exercise_that_cannot_be_failed_is_refused():
    empty = Exercise("e", "E", "o", "p#a", reference=double, cases=lambda rng: [])
    with pytest.raises(ValueError, match="drew no case"):
        make_sheet(empty, [], np.random.default_rng(0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reference": None}, "needs a reference"),
        ({"section": "conv"}, "expected section 'page#anchor'"),
    ],
)
def test_a_wrong_specification_says_what_is_wrong(changes, words):
    fields = {"section": "p#a", "reference": double, "cases": cases, **changes}
    with pytest.raises(ValueError, match=words):
        Exercise("x", "X", objective="o", **fields)


def test_the_place_to_read_is_named_by_its_heading(tmp_path):
    (tmp_path / "02_convolution.md").write_text("(conv-size)=\n## How big is it?\n")
    assert section_title("02_convolution#conv-size", tmp_path) == (
        "chapter 2 (convolution), “How big is it?”"
    )
    assert section_title("02_convolution#conv-size", None) == (
        "chapter 2 (convolution), section conv-size"
    )
