"""Each student's own: hidden cases from a seed of their own, answers to numbers of their own."""

from __future__ import annotations

import hashlib
import itertools
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import nbgrader

from cvlib.check import CheckFailed, check, personal
from cvlib.check.own_numbers import draw_numbers
from cvlib.check.public import PUBLIC_FILE
from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.judging.kept_results import read_result
from cvlib.grading.judging.plan import (
    Limits,
    environment_digest,
    make_draws,
    make_plan,
    plan_digest,
)
from cvlib.grading.judging.student_plan import plan_for
from cvlib.grading.notebook.source import public_cases
from cvlib.grading.receipts.receipt import kept_receipt
from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.draws import Draws, student_seed
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from cvlib.grading.spec.sheets import make_sheet, section_title

OWN = Path(__file__).parent / "own"
SET_ID = "ps92_own"
NORM = "def energy(x):\n    return float(np.sqrt(x @ x))"
#: What each student has for ``taps``: the own value, ann's, a function, formulas under two names.
CLASS = {
    "ann": "taps = {ann}",
    "bob": "taps = {ann}",
    "cem": "def taps(kernel, channels, filters):\n    return kernel**2 * channels * filters",
    "dora": "mine = personal('taps', ' Dora ')\n"
    "taps = mine['kernel']**2 * mine['channels'] * mine['filters']",
    "eve": "mine = personal('taps', 'ann')\n"
    "taps = mine['kernel']**2 * mine['channels'] * mine['filters']",
    "fay": "mine = personal('taps', STUDENT)\ntaps = 3",
}


@pytest.fixture(scope="module")
def own() -> LoadedSet:
    return load_problem_set(OWN, SET_ID)


def right(own: LoadedSet, student: str) -> int:
    exercise = own.problem_set["taps"]
    return int(exercise.reference(**draw_numbers("taps", exercise.numbers, student)))


@pytest.fixture(scope="module")
def course(own: LoadedSet, tmp_path_factory: pytest.TempPathFactory, cluster: str) -> Course:
    """A class of six, graded as the configuration has it by default."""
    course = Course.open(tmp_path_factory.mktemp("own"), OWN)
    room = Classroom(own, course.seed)
    for student, source in CLASS.items():
        notebook = rewrite(room.solved(), "taps", source.format(ann=right(own, "ann")))
        if student == "fay":
            rewrite(notebook, "energy", NORM)
        atomic_write(course.submitted / student / SET_ID / f"{SET_ID}.ipynb", to_bytes(notebook))
    report = run_set(course, SET_ID, Options(scheduler=cluster))
    assert report.ok
    assert report.graded == len(CLASS)
    return course


def scores(course: Course, exercise: str) -> dict[str, float | None]:
    return {s: m.automatic[f"check-{exercise}"] for s, m in read_marks(course, SET_ID).items()}


def words(course: Course, student: str) -> str:
    path = course.root / "autograded" / student / SET_ID / f"{SET_ID}.ipynb"
    return path.read_text("utf-8")


def test_the_own_answer_counts_and_a_neighbours_does_not(course: Course) -> None:
    assert scores(course, "taps") == {
        "ann": 3.0, "bob": 0.0, "cem": 3.0, "dora": 3.0, "eve": 0.0, "fay": 0.0
    }  # fmt: skip
    assert scores(course, "energy") == dict.fromkeys(CLASS, 2.0) | {"fay": 0.0}
    assert set(scores(course, "legs").values()) == {1.0}


def test_a_wrong_or_missing_name_is_told_in_words(course: Course, own: LoadedSet) -> None:
    numbers = draw_numbers("taps", own.problem_set["taps"].numbers, "eve")
    assert f"Marked for the numbers of eve: kernel = {numbers['kernel']}" in words(course, "eve")
    assert "expected the name under which you hand in, got ''" in words(course, "fay")
    assert str(right(own, "eve")) not in words(course, "eve")


def test_the_options_draws_other_cases_for_each_student_and_stock_nbgrader_the_same(
    course: Course, own: LoadedSet, cluster: str
) -> None:
    """One after the other on the same course: option, once more, nbgrader's own command, off."""
    before = {exercise: scores(course, exercise) for exercise in ("energy", "taps", "legs")}
    kept = {p.name: p.stat().st_mtime_ns for p in course.results.glob("*.json")}
    report = run_set(course, SET_ID, Options(scheduler=cluster, per_student=True))
    assert (report.graded, report.recorded) == (len(CLASS), len(CLASS))
    assert {exercise: scores(course, exercise) for exercise in before} == before
    draws = make_draws(own, seed=course.seed, per_student=True)
    for student in CLASS:
        receipt = kept_receipt(course, SET_ID, student)
        assert receipt is not None
    raw = (course.submitted / "fay" / SET_ID / f"{SET_ID}.ipynb").read_bytes()
    fresh = [p for p in course.results.glob("*.json") if p.name not in kept]
    assert len(fresh) == len(CLASS)
    assert "You took the root" in words(course, "fay"), "mutants are known to a student's own plan"
    again = run_set(course, SET_ID, Options(scheduler=cluster, per_student=True))
    assert (again.graded, again.recorded) == (0, 0)

    forced = {p.name: json.loads(p.read_bytes())["exercises"] for p in fresh}
    run_set(course, SET_ID, Options(scheduler=cluster, per_student=True, force=True))
    assert forced == {p.name: json.loads(p.read_bytes())["exercises"] for p in fresh}

    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.JudgeSettings.per_student = True\n")
    fays = hashlib.sha256(draws.of("fay").digest.encode() + b"+" + raw).hexdigest()[:40]
    (course.results / f"{fays}.json").unlink()
    nbgrader(course.root, "autograde", SET_ID, "--student", "fay", "--force")
    result = read_result(course.results, fays)
    assert result is not None
    assert {e.id: e.score for e in result.exercises} == {"energy": 0.0, "taps": 0.0, "legs": 1.0}
    assert scores(course, "energy")["fay"] == 0.0

    Course.open(course.root, OWN)  # writes the configuration anew: off again
    off = run_set(course, SET_ID, Options(scheduler=cluster))
    assert (off.graded, off.recorded) == (0, len(CLASS)), "the results of before are still kept"
    assert {exercise: scores(course, exercise) for exercise in before} == before


def test_off_by_default_a_digest_is_made_of_what_it_always_was(tiny: LoadedSet) -> None:
    limits = '{"cell_seconds": 30.0, "session_seconds": 120.0}'
    titles = [section_title(e.section, None) for e in tiny.problem_set.exercises]
    parts = [tiny.digest, environment_digest(), "7", "False", limits, *titles]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    assert plan_digest(tiny, seed=7) == digest
    plan = make_plan(tiny, seed=7)
    assert plan.digest == digest
    assert plan.draws is not None
    draw = plan.draws.of("ann")
    assert (draw.digest, draw.seed) == (digest, None)
    assert plan_for(plan, draw) is plan
    assert b"numbers" not in public_cases(tiny)


def test_hidden_cases_differ_between_students_and_are_drawn_again_alike(tiny: LoadedSet) -> None:
    plan = make_plan(tiny, seed=7, per_student=True)
    assert plan.draws is not None
    ann, bob, again = (plan_for(plan, plan.draws.of(s)) for s in ("ann", "bob", "ann"))
    first = [p.items[0].sheet for p in (ann, bob, again)]
    inputs = [sheet.calls[1][0][0] for sheet in first]
    assert not np.array_equal(inputs[0], inputs[1])
    assert np.array_equal(inputs[0], inputs[2])
    assert first[0].expected == first[2].expected != first[1].expected
    assert first[0].driver_source == make_plan(tiny, seed=7).items[0].sheet.driver_source
    values = [tuple(m.values) for m in first[0].misconceptions]
    assert len(values) == 2
    assert values == [tuple(m.values) for m in first[2].misconceptions]
    assert len({plan.digest, ann.digest, bob.digest}) == 3
    assert ann.digest == again.digest


def test_a_students_seed_needs_the_secret() -> None:
    assert student_seed(7, "ann") == student_seed(7, "ann")
    seeds = {student_seed(secret, name) for secret in (7, 8) for name in ("ann", "bob", "Ann")}
    assert len(seeds) == 6
    assert min(seeds) > 2**64
    draws = Draws("digest", 123456789, per_student=True)
    assert "123456789" not in repr(draws)
    assert b"123456789" not in pickle.dumps(draws.of("ann"))


def test_a_worker_gets_no_secret(own: LoadedSet) -> None:
    plan = make_plan(own, seed=123456789, limits=Limits(), per_student=True)
    sent = pickle.dumps(replace(plan, draws=None))
    assert b"123456789" not in sent
    assert (123456789).to_bytes(4, "little") not in sent


def test_numbers_are_of_the_name_however_it_is_written() -> None:
    choices: dict[str, Any] = {"a": range(100), "b": ("x", "y")}
    assert draw_numbers("e", choices, "Ann") == draw_numbers("e", choices, "  ann\n")
    assert draw_numbers("e", choices, 17) == draw_numbers("e", choices, "17")
    drawn = [draw_numbers("e", choices, f"s{k}")["a"] for k in range(3000)]
    counts = np.bincount(drawn, minlength=100)
    assert counts.min() > 8  # 30 expected each
    assert counts.max() < 60
    # what students were asked must never change
    assert draw_numbers("e", choices, "ann") == {"a": 97, "b": "y"}


def test_neighbours_seldom_share_an_answer(own: LoadedSet) -> None:
    answers = [right(own, f"s{k}") for k in range(200)]
    pairs = list(itertools.combinations(answers, 2))
    assert sum(a == b for a, b in pairs) / len(pairs) < 0.01


@pytest.fixture
def desk(own: LoadedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's folder, with the files of the release."""
    (tmp_path / PUBLIC_FILE).write_bytes(public_cases(own))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.setattr("cvlib.check.asked._asked", {})
    return tmp_path


@pytest.mark.usefixtures("desk")
def test_check_says_for_whom_it_looked(
    own: LoadedSet, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CheckFailed, match="with the name under which you hand in"):
        check("taps", 5)
    with pytest.raises(CheckFailed, match="got '  '"):
        personal("taps", "  ")
    with pytest.raises(KeyError, match="asks everybody the same"):
        personal("legs", "ann")
    numbers = personal("taps", "ann")
    assert numbers == draw_numbers("taps", own.problem_set["taps"].numbers, "ann")
    assert f"the numbers of ann are kernel = {numbers['kernel']}" in capsys.readouterr().out
    check("taps", 5)
    assert "If you hand in under another name, the value is marked wrong" in capsys.readouterr().out
    check("taps", lambda kernel, channels, filters: kernel)
    with pytest.raises(CheckFailed, match="expected"):
        check("taps", "many")
    with pytest.raises(CheckFailed, match=r"unexpected keyword argument .filters"):
        check("taps", lambda kernel, channels: kernel)
    monkeypatch.setenv("JUPYTERHUB_USER", "bob")
    with pytest.raises(CheckFailed, match="logged in as bob"):
        check("taps", 5)
    monkeypatch.setenv("JUPYTERHUB_USER", "ANN")
    check("taps", 5)


def test_the_release_holds_choices_and_nobodys_answer(own: LoadedSet) -> None:
    exercises = json.loads(public_cases(own))["exercises"]
    assert [n for n, _ in exercises["taps"]["numbers"]] == ["kernel", "channels", "filters"]
    assert exercises["taps"]["expected"] == {"l": [{"i": "0"}]}
    assert "numbers" not in exercises["legs"]


@pytest.mark.parametrize(
    ("numbers", "reference", "message"),
    [
        ({"k": range(20)}, lambda k: k, "20 ways, expected 100"),
        ({"k": range(200)}, lambda k: k % 2, "of all pairs of students have the same answer"),
        ({"k": range(200)}, lambda k: [0] * (k % 3), "answers of one form"),
    ],
)
def test_numbers_that_would_not_tell_students_apart_are_an_error(
    numbers: Any, reference: Any, message: str
) -> None:
    def sheet() -> None:
        exercise = Exercise(
            "e", "E", "o", "1#a", kind="answer", reference=reference, numbers=numbers
        )
        make_sheet(exercise, [], np.random.default_rng(0), public=True)

    with pytest.raises(ValueError, match=message):
        sheet()


def test_only_an_answer_has_numbers() -> None:
    with pytest.raises(ValueError, match="an answer has numbers"):
        Exercise(
            "e", "E", "o", "1#a", reference=abs, cases=lambda rng: [], numbers={"k": range(200)}
        )
