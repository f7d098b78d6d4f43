"""The doctor finds a healthy set healthy, and names what is wrong with a sick one."""

import dataclasses

import numpy as np

from cvlib.grading.doctor import doctor, examine
from cvlib.grading.spec import Case
from cvlib.grading.variants import Variant, Variants


def replace(loaded, exercise_id, variants=None, **changes):
    exercise = dataclasses.replace(loaded.problem_set[exercise_id], **changes)
    return dataclasses.replace(loaded, variants=variants or loaded.variants), exercise


def with_variants(*variants):
    collection = Variants()
    collection.all.extend(variants)
    return collection


def test_the_tiny_set_is_healthy(tiny):
    examinations = doctor(tiny)
    assert [e.exercise.id for e in examinations] == ["spread", "inner", "taps", "Twice"]
    assert [f for e in examinations for f in e.findings] == []
    assert all(e.kill_rate == 1 for e in examinations if e.mutants)
    assert all(e.named == e.mutants for e in examinations)


def test_a_mutant_that_survives_is_found(tiny):
    variants = with_variants(
        Variant("spread", "twin", lambda x: float(np.var(x)), "You are right.")
    )
    result = examine(*replace(tiny, "spread", variants))
    assert result.kill_rate == 0
    assert result.findings == ["the mutant twin gets full marks"]


def test_a_right_answer_that_loses_is_found(tiny):
    variants = with_variants(Variant("inner", "strict", lambda x, y: str(x @ y)))
    (finding,) = examine(*replace(tiny, "inner", variants)).findings
    assert finding.startswith("strict is right but loses marks")


def test_weak_cases_are_found(tiny):
    def only_zeros(rng):
        yield Case((np.zeros(3), np.zeros(3)))

    findings = examine(*replace(tiny, "inner", cases=only_zeros)).findings
    assert "garbage gets marks: zeros of the right shape" in findings
    assert "the mutant rolled gets full marks" in findings
