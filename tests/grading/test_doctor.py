"""The doctor finds a healthy set healthy, and names what is wrong with a sick one."""

import dataclasses

import numpy as np
import pytest
from click.testing import CliRunner
from coins import HEADS, RIGHT, SET_ID, coins_course

from cvlib.grading.commands.grade import cli
from cvlib.grading.course.release import SAMPLE_NAME
from cvlib.grading.regrading.audit import audit_answers, new_seeds
from cvlib.grading.rehearsal.doctor import doctor, examine
from cvlib.grading.spec.exercise import Case
from cvlib.grading.spec.variants import Variant, Variants


def replace(loaded, exercise_id, **changes):
    return dataclasses.replace(loaded.problem_set[exercise_id], **changes)


def test_the_tiny_set_is_healthy(tiny):
    examinations = doctor(tiny)
    assert [e.exercise.id for e in examinations] == ["spread", "inner", "taps", "Twice"]
    assert [f for e in examinations for f in e.findings] == []
    assert all(e.kill_rate == 1 for e in examinations if e.mutants)
    assert all(e.named == e.mutants for e in examinations)


def test_a_mutant_that_survives_is_found(tiny):
    variants = Variants(Variant("twin", lambda x: float(np.var(x)), "You are right."))
    result = examine(replace(tiny, "spread", variants=variants))
    assert result.kill_rate == 0
    assert result.findings == ["the mutant twin gets full marks"]


def test_a_right_answer_that_loses_is_found(tiny):
    variants = Variants(Variant("strict", lambda x, y: str(x @ y)))
    (finding,) = examine(replace(tiny, "inner", variants=variants)).findings
    assert finding.startswith("strict is right but loses marks")


def test_weak_cases_are_found(tiny):
    def only_zeros(rng):
        yield Case((np.zeros(3), np.zeros(3)))

    findings = examine(replace(tiny, "inner", cases=only_zeros)).findings
    assert "garbage gets marks: zeros of the right shape" in findings
    assert "the mutant rolled gets full marks" in findings


def test_marks_of_the_tiny_set_do_not_depend_on_the_seed(tiny):
    found = audit_answers(tiny, 0, [1, 2, 3])
    assert found.findings == ()
    assert found.remarks == ()
    assert found.audited == "9 answers"


def test_a_wrong_answer_whose_marks_depend_on_the_seed_is_found(tiny):
    def rarely_empty(rng):
        yield Case((np.ones(2), np.ones(2)), part="ones")
        yield Case((rng.normal(size=3), np.full(3, float(rng.integers(2)))), part="halves")

    mutant = Variant("zero", lambda x, y: 2.0 if len(x) == 2 else 0.0, "You gave up.")
    exercise = replace(tiny, "inner", variants=Variants(mutant), cases=rarely_empty)
    changed = dataclasses.replace(tiny.problem_set, exercises=(exercise,))
    loaded = dataclasses.replace(tiny, problem_set=changed)
    found = audit_answers(loaded, 0, range(1, 8))
    (wavering,) = found.findings
    assert (wavering.who, wavering.exercise) == ("the mutant zero", "inner")
    assert wavering.parts == ("halves",)
    assert set(wavering.scores) == {1.5, 3.0}
    (remark,) = found.remarks
    assert "inner: the mutant zero is told what happened under" in remark


def test_new_seeds_are_new_each_time():
    first, second = new_seeds(20), new_seeds(20)
    assert len(set(first)) == 20
    assert first != second


def run_doctor(course, *arguments, expect):
    places = ["--course", str(course.root), "--assignments", str(course.assignments)]
    done = CliRunner().invoke(cli, [*places, "doctor", "--seeds", "1", *arguments])
    assert done.exit_code == expect, done.output
    return done.output


def test_the_audit_lists_whose_marks_depend_on_the_seed_and_writes_no_mark(tmp_path, cluster):
    course = coins_course(tmp_path, heads=HEADS, right=RIGHT)
    (course.root / SAMPLE_NAME).write_text(f'{{"{SET_ID}": {{"right": {{"score": 9.0}}}}}}')
    files = {p: p.lstat().st_mtime_ns for p in course.root.rglob("*")}
    text = run_doctor(course, "--audit", "2", "--scheduler", cluster, expect=1)
    tried = course.root / "margins"  # of the known answers, which are nobody's
    assert {
        p: p.lstat().st_mtime_ns
        for p in course.root.rglob("*")
        if tried not in (p, p.parent) and p != course.root
    } == files
    assert "kill rate" in text
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line}
    assert lines["heads"][1] == "guess"
    assert len({*lines["heads"][2:5]}) > 1, "a mark a seed, and not the same"
    assert "coin" in lines["heads"]
    assert lines["right"][1:] == ["10", "10", "10", "must", "score", "9"]
    assert "audited 2 submissions under 2 new seeds; findings: 2" in text


def test_without_submissions_the_known_answers_are_audited(tmp_path):
    text = run_doctor(coins_course(tmp_path), "--audit", "3", expect=1)
    assert "the mutant heads" in text
    assert "audited 2 answers under 3 new seeds; findings: 1" in text
    assert "the reference" not in text


@pytest.mark.parametrize("audit", ["0", "1"])
def test_a_sound_class_passes(graded, audit, cluster):
    text = run_doctor(graded, "ps90_tiny", "--audit", audit, "--scheduler", cluster, expect=0)
    assert "nothing to mend" in text
    assert ("no mark depends on the seed" in text) == (audit == "1")
