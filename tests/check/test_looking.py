"""What a look sees is compared, whatever the evidence is; and one call after the other is asked."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvlib.check.calling import ask
from cvlib.check.codec import encode
from cvlib.check.looking import OTHER_FORM, looked
from cvlib.check.marking import Reply, local_call, mark
from cvlib.check.public import read_sheet, write_sheets
from cvlib.check.strain import reached
from cvlib.grading.spec.exercise import Case, Exercise
from cvlib.grading.spec.sheets import generator, judge_exercise, make_sheet
from cvlib.grading.spec.variants import Variant
from tests.grading.any_values import plain


def counted(target, n):
    return [target(k) for k in range(n)]


def share_of_even(evidence, n):
    if len(evidence) != n:
        raise ValueError(f"expected {n} numbers, got {len(evidence)}")
    return sum(k % 2 == 0 for k in evidence) / n


def sizes(rng):
    yield from (Case((int(n),)) for n in rng.permutation(np.arange(2, 6)))


EVEN = Exercise(
    "even", "Even", "to double", "99_none#even", 4,
    reference=lambda k: 2 * k, cases=sizes, driver=counted, look=share_of_even,
)  # fmt: skip
PLAIN = Variant("plain", lambda k: k, "You left the number as it is.")


def judged(target, exercise=EVEN, mutants=(PLAIN,)):
    return judge_exercise(exercise, mutants, local_call(target), generator(3, "even"))


def test_what_is_seen_is_compared_and_not_the_evidence():
    assert judged(lambda k: 4 * k + 2).score == 4
    assert judged(lambda k: 2 * k + 1).score == 0


def test_known_mistakes_are_looked_at_as_well():
    assert judged(lambda k: 3 * k).misconception == PLAIN.misconception


@pytest.mark.parametrize(
    ("evidence", "words"),
    [([0], "expected 2 numbers, got 1"), (7, OTHER_FORM), (["a", "b"], OTHER_FORM)],
)
def test_evidence_that_is_none_says_so(evidence, words):
    sheet = dataclasses.replace(
        make_sheet(EVEN, [], np.random.default_rng(0)),
        calls=(((2,), {}),), parts=("values",), expected=(1.0,),
    )  # fmt: skip
    outcome = mark(sheet, [Reply("ok", evidence)])
    assert outcome.score == 0
    assert words in outcome.text
    assert reached(sheet, 0, Reply("ok", evidence)).strain == float("inf")


@given(plain)
def test_no_evidence_makes_marking_fail(evidence):
    sheet = make_sheet(EVEN, [], np.random.default_rng(0))
    seen = [looked(sheet, k, Reply("ok", evidence)) for k in range(4)]
    assert {r.status for r in seen} <= {"ok", "wrong"}
    assert 0 <= mark(sheet, [Reply("ok", evidence)] * 4).score <= 4


@given(st.text(max_size=2000))
def test_what_a_look_says_is_one_short_line(text):
    sheet = dataclasses.replace(
        make_sheet(EVEN, [], np.random.default_rng(0)),
        look_source="def complains(evidence, n):\n    raise ValueError(evidence)\n",
    )
    detail = looked(sheet, 0, Reply("ok", text)).detail
    assert "\n" not in detail
    assert len(detail) <= 300


def test_a_look_cannot_change_what_was_asked():
    source = "def look(evidence, n, a):\n    a[:] = 0\n    return evidence\n"
    sheet = make_sheet(EVEN, [], np.random.default_rng(0))
    asked = np.ones(3)
    sheet = dataclasses.replace(sheet, look_source=source, calls=(((2, asked), {}),))
    looked(sheet, 0, Reply("ok", 1))
    assert asked.all()


@pytest.mark.parametrize("exercise", [EVEN, dataclasses.replace(EVEN, one_at_a_time=True)])
def test_the_public_file_holds_both_and_older_files_are_read(exercise, tmp_path):
    sheet = make_sheet(exercise, [PLAIN], np.random.default_rng(0), public=True)
    (tmp_path / "public_cases.json").write_bytes(write_sheets([sheet]))
    again = read_sheet("even", tmp_path)
    assert (again.look_source, again.one_at_a_time) == (sheet.look_source, exercise.one_at_a_time)
    assert mark(again, ask(again, local_call(lambda k: 2 * k))).score == 4
    older = json.loads((tmp_path / "public_cases.json").read_text())
    older["exercises"]["even"].pop("look")
    older["exercises"]["even"].pop("one_at_a_time", None)
    (tmp_path / "public_cases.json").write_text(json.dumps(older))
    again = read_sheet("even", tmp_path)
    assert (again.look_source, again.one_at_a_time) == ("", False)


def test_one_at_a_time_is_a_request_each_in_the_order_drawn():
    asked = []

    def call(name, driver, calls, seconds):
        asked.append([c[0][0] for c in calls])
        return local_call(lambda k: 2 * k)(name, driver, calls, seconds)

    for exercise, requests in ((EVEN, 1), (dataclasses.replace(EVEN, one_at_a_time=True), 4)):
        asked.clear()
        sheet = make_sheet(exercise, [], generator(1, "even"))
        replies = ask(sheet, call)
        assert len(asked) == requests
        numbers = [n for request in asked for n in request]
        assert numbers == [c[0][0] for c in sheet.calls]
        assert encode([r.value for r in replies]) == encode(
            [[2 * k for k in range(n)] for n in numbers]
        )


def test_one_at_a_time_shares_the_time_of_all():
    given_seconds = []

    def slow(name, driver, calls, seconds):
        given_seconds.append(seconds)
        return [Reply("ok", None) for _ in calls]

    sheet = make_sheet(dataclasses.replace(EVEN, one_at_a_time=True), [], np.random.default_rng(0))
    ask(sheet, slow, seconds=5.0)
    assert given_seconds == sorted(given_seconds, reverse=True)
    assert given_seconds[0] <= 5.0
    assert [r.status for r in ask(sheet, slow, seconds=1e-9)] == ["timeout"] * 4
