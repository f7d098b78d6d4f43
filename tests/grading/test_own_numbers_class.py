"""A class in which each student has an answer of their own, and each submission its cases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from command import nbgrader
from own_set import OWN, SET_ID, right

from cvlib.check.own_numbers import draw_numbers
from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.judging.kept_results import read_result
from cvlib.grading.judging.plan import make_draws, result_key
from cvlib.grading.receipts.receipt import kept_receipt
from cvlib.grading.regrading.regrade import preview
from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.loading import LoadedSet

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


def marks_in(course: Course) -> dict[str, Any]:
    """The exercises of each kept result."""
    files = course.results.glob("*.json")
    return {path.name: json.loads(path.read_bytes())["exercises"] for path in files}


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


def test_all_ways_to_grade_agree_on_one_draw(course: Course, own: LoadedSet, cluster: str) -> None:
    """A run once more, one that grades anew, a dry run, and nbgrader's own command."""
    before = {exercise: scores(course, exercise) for exercise in ("energy", "taps", "legs")}
    assert "You took the root" in words(course, "fay"), "mutants are known to its own plan"
    kept = marks_in(course)
    assert len(kept) == len(CLASS)
    again = run_set(course, SET_ID, Options(scheduler=cluster))
    assert (again.graded, again.recorded) == (0, 0)
    receipts = {student: kept_receipt(course, SET_ID, student) for student in CLASS}
    assert None not in receipts.values()

    assert preview(course, SET_ID, Options(scheduler=cluster)).changes == ()
    run_set(course, SET_ID, Options(scheduler=cluster, force=True))
    assert kept == marks_in(course)
    assert receipts == {student: kept_receipt(course, SET_ID, student) for student in CLASS}

    raw = (course.submitted / "fay" / SET_ID / f"{SET_ID}.ipynb").read_bytes()
    draws = make_draws(own, seed=course.seed)
    fays = result_key(raw, draws.of("fay", raw).digest)
    known = read_result(course.results, fays)
    (course.results / f"{fays}.json").unlink()
    nbgrader(course.root, "autograde", SET_ID, "--student", "fay", "--force")
    result = read_result(course.results, fays)
    assert result is not None
    assert known is not None
    assert result.exercises == known.exercises
    assert {e.id: e.score for e in result.exercises} == {"energy": 0.0, "taps": 0.0, "legs": 1.0}
    assert {exercise: scores(course, exercise) for exercise in before} == before
