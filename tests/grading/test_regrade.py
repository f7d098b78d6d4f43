"""A regrade asks before it writes, leaves no trace where it does not, and calls flaky what is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from coins import GUESSING, coins_course
from nbgrader.api import Gradebook
from regrades import edit_gradebook, hand_in, run, state
from tiny_set import INDENT, SET_ID, TINY

from cvlib.grading.course.course import Course
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.receipts.receipt import kept_receipt

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


@pytest.fixture
def one(graded: Course, tmp_path: Path) -> Course:
    """A copy of the class of which ``right`` alone is looked at."""
    shutil.copytree(graded.root, tmp_path / "c", symlinks=True)
    return Course.open(tmp_path / "c", TINY)


@pytest.fixture
def regrade_right(cluster: str) -> tuple[str, ...]:
    """The command on one student."""
    return ("regrade", "--student", "right", "--scheduler", cluster)


def test_without_a_dry_run_it_asks_and_then_writes(
    one: Course, regrade_right: tuple[str, ...]
) -> None:
    hand_in(one, "right", same_as="partial")
    edit_gradebook(one, "right", "inner", manual_score=2.5)
    with Gradebook(f"sqlite:///{one.root}/gradebook.db", "cvlib") as gradebook:
        notebook = gradebook.find_submission_notebook(SET_ID, SET_ID, "right")
        notebook.late_submission_penalty = 1.0
        gradebook.db.commit()
    old = kept_receipt(one, SET_ID, "right")
    before = state(one.root)
    text = run(one, *regrade_right, expect=1, answer="n\n")
    (line,) = [row for row in text.splitlines() if row.startswith("right")]
    assert line.split()[1:5] == ["9.5", "6.5", "−3", "−1"], "with the late penalty as it stands"
    assert "Write 1 changes" in text
    assert state(one.root) == before, "no is no"
    assert "1 graded now, 1 recorded" in run(one, *regrade_right, "--yes", expect=1)
    marks = read_marks(one, SET_ID)["right"]
    assert marks.score == 6.5, "as the dry run said"
    new = kept_receipt(one, SET_ID, "right")
    assert old is not None
    assert new is not None
    assert new["score"] == old["score"] - 3
    assert new["previous"]
    assert "none changes" in run(one, *regrade_right, "--dry-run", expect=0)


def test_an_easier_problem_set_and_another_seed_are_told(
    one: Course, tmp_path: Path, regrade_right: tuple[str, ...]
) -> None:
    shutil.copytree(TINY, tmp_path / "assignments")
    exercises = tmp_path / "assignments" / SET_ID / "__init__.py"
    text = exercises.read_text()
    assert f'#spread",{INDENT}4.0' in text
    exercises.write_text(text.replace(f'#spread",{INDENT}4.0', '#spread", 6.0'))
    course = Course.open(one.root, tmp_path / "assignments")
    before = state(course.root)
    text = run(course, *regrade_right, "--dry-run", "--seed", "5", expect=1)
    assert "spread 4 of 4 → 6 of 6" in text
    assert "the problem set changed; the seed of the hidden cases changed" in text
    assert state(course.root) == before


def test_an_unknown_student_is_wrong_use(one: Course) -> None:
    text = run(one, "regrade", "--dry-run", "--student", "zoe", expect=2)
    assert "no submission of ps90_tiny by zoe" in text


def test_a_class_that_was_never_graded_leaves_no_trace(
    tmp_path: Path, graded: Course, regrade_right: tuple[str, ...]
) -> None:
    course = Course.open(tmp_path / "c", TINY)
    source = graded.submitted / "right" / SET_ID
    shutil.copytree(source, course.submitted / "right" / SET_ID)
    before = state(course.root)
    assert "not graded yet" in run(course, *regrade_right, "--dry-run", expect=1)
    assert state(course.root) == before
    assert not os.path.lexists(course.root / "gradebook.db")


def test_a_flaky_exercise_is_called_flaky(tmp_path: Path, cluster: str) -> None:
    coins = coins_course(tmp_path, gambler=GUESSING)
    run(coins, "run", "--scheduler", cluster, expect=0)
    text = run(coins, "regrade", "--dry-run", "--scheduler", cluster, expect=1)
    (line,) = [row for row in text.splitlines() if row.startswith("gambler")]
    assert "flaky: nothing that a mark depends on has changed" in line
