"""Each way to say the expected without work is found where it pays, and nowhere else."""

from __future__ import annotations

import numpy as np

from cvlib.grading.rehearsal.attacks import MOST, attacks
from cvlib.grading.rehearsal.doctor import examine
from cvlib.grading.spec.exercise import Case, Exercise


def exercise(reference, draw, **options):
    def cases(rng):
        yield from (Case(tuple(draw(rng)), part=part) for part in ("one", "two") for _ in range(2))

    return Exercise("e", "E", "o", "p#a", 4, reference=reference, cases=cases, **options)


def said(found):
    return " | ".join(attack.said for attack in found)


def normal(rng):
    return [rng.normal(size=3)]


def test_an_honest_exercise_is_not_attacked():
    assert list(attacks(exercise(lambda x: np.cumsum(x), normal))) == []


def test_an_answer_that_lies_in_an_argument_is_found():
    def told(rng):
        x = rng.normal(size=3)
        return [x, {"meta": ({"verdict": float(x.sum())},)}]

    found = list(attacks(exercise(lambda x, meta: x.sum(), told)))
    assert found[0].share == 1.0
    assert "args[1]['meta'][0]['verdict']" in said(found)


def test_an_argument_that_is_the_answer_itself_is_found():
    assert "args[0]" in said(attacks(exercise(lambda x: np.abs(x), lambda rng: [rng.random(2)])))


def test_parts_that_always_say_the_same_are_found():
    def draw(rng):
        return [int(rng.integers(1, 9))]

    found = list(attacks(exercise(lambda n: n > 0, draw)))
    assert "a constant (True" in said(found)
    assert found[0].parts == ("one", "two")


def test_what_is_most_frequent_is_found():
    def draw(rng):
        return [int(rng.integers(1, 9))]

    found = list(attacks(exercise(lambda n: [7.5, 3 * (n > 0)], draw)))
    assert "what is most frequent" in said(found)


def test_positions_that_tell_are_found():
    def cases(rng):
        for k in range(4):
            yield Case((rng.normal(size=3),), {"k": k}, part="one" if k < 2 else "two")

    found = list(attacks(Exercise("e", "E", "o", "p#a", 4, reference=parity, cases=cases)))
    assert "a replay by place in the public draw" in said(found)


def parity(x, k):
    return f"call {k} is {'even' if k % 2 == 0 else 'odd'}"


def test_evidence_is_attacked_and_not_what_is_seen_in_it():
    """The look sees the same in whatever is sorted, so what was right once is right for ever."""

    def sees(evidence, x):
        return sorted(evidence) == list(evidence)

    found = list(attacks(exercise(lambda x: sorted(x.tolist()), normal, look=sees)))
    assert "a replay by place in draw 1" in said(found)


def test_a_small_part_may_be_said_and_the_doctor_tells_the_others():
    def cases(rng):
        for part in "abcd":
            x = rng.normal(size=3)
            yield Case((x if part != "a" else np.zeros(3),), part=part)

    small = Exercise("e", "E", "o", "p#a", 4, reference=lambda x: x + 1, cases=cases)
    assert list(attacks(small)) == []
    assert MOST == 0.25
    plain = exercise(lambda n: n > 0, lambda rng: [int(rng.integers(1, 9))])
    assert any("in place of the evidence gets 100%" in f for f in examine(plain).findings)
