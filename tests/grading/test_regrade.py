"""A regrade shows who changes, by how much and why, and writes nothing until it is told to."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from coins import GUESSING, coins_course
from command import here
from nbgrader.api import Gradebook

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.judging.kept_results import KEY_NAME
from cvlib.grading.receipts.receipt import kept_receipt, receipt_path
from cvlib.grading.receipts.signing import private_key, seal, signed

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"
Grade = Callable[..., subprocess.CompletedProcess[str]]
FORMULA = "=HYPERLINK(1)"


def state(root: Path) -> dict[str, tuple[Any, ...]]:
    """Everything below a folder: names, kinds, contents, modes and times of writing."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path)] = (status.st_mode, status.st_ino, status.st_mtime_ns, content)
    return found


def run(course: Course, *arguments: str, expect: int, answer: str = "") -> str:
    done = here(course.root, course.assignments, *arguments, answer=answer)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def hand_in(course: Course, student: str, same_as: str) -> None:
    notebook = Path(SET_ID) / f"{SET_ID}.ipynb"
    atomic_write(
        course.submitted / student / notebook, (course.submitted / same_as / notebook).read_bytes()
    )


def edit_gradebook(course: Course, student: str, exercise: str, **marks: float) -> None:
    """Set ``auto_score`` or ``manual_score`` as the formgrader, or anyone else, might."""
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        grade = gradebook.find_grade(f"check-{exercise}", SET_ID, SET_ID, student)
        for name, value in marks.items():
            setattr(grade, name, value)
        gradebook.db.commit()


def graded_otherwise(course: Course, student: str, **changes: Any) -> None:
    """Make the records those of an earlier grading: one point less for ``inner``, other facts."""
    facts = kept_receipt(course, SET_ID, student)
    assert facts is not None
    mark = next(e for e in facts["exercises"] if e["id"] == "inner")
    mark["score"] -= 1.0
    facts["score"] -= 1.0
    facts |= changes
    key = private_key(course)
    atomic_write(receipt_path(course, SET_ID, student), signed(facts, key))
    edit_gradebook(course, student, "inner", auto_score=mark["score"])


@dataclass(frozen=True)
class Shown:
    """What a dry run said of a class where everybody was graded under other circumstances."""

    course: Course
    lines: dict[str, str]
    order: list[str]
    rows: list[dict[str, str]]
    before: dict[str, tuple[Any, ...]]
    after: dict[str, tuple[Any, ...]]
    text: str


@pytest.fixture(scope="session")
def shown(
    graded: Course, tmp_path_factory: pytest.TempPathFactory, cvlib_grade: Grade, cluster: str
) -> Shown:
    root = tmp_path_factory.mktemp("regrade")
    shutil.copytree(graded.root, root / "c", symlinks=True)
    course = Course.open(root / "c", TINY)
    hand_in(course, FORMULA, same_as="right")
    key = private_key(course)
    hand_in(course, "right", same_as="blank")
    hand_in(course, "mutant-taps", same_as="blank")
    hand_in(course, "blank", same_as="partial")
    edit_gradebook(course, "mutant-taps", "inner", manual_score=2.5)
    graded_otherwise(course, "noisy", environment="0" * 64, versions={"numpy": "1.0"})
    graded_otherwise(course, "duplicated-check", environment="0" * 64)
    graded_otherwise(course, "alternative", seed=seal(key, "seed", 5))
    graded_otherwise(course, "old-schema", spec="0" * 64)
    graded_otherwise(course, "mutant-spread")
    edit_gradebook(course, "deleted-check", "spread", auto_score=4.5)
    graded_otherwise(course, "syntax-error", result=seal(key, "result", "0" * 40))
    (course.root / "autograded" / "syntax-error" / SET_ID / KEY_NAME).write_text("0" * 40)
    graded_otherwise(course, "exit")
    receipt_path(course, SET_ID, "exit").unlink()
    (course.root / "autograded" / "exit" / SET_ID / KEY_NAME).write_text("0" * 40)
    (course.submitted / "mutant-inner" / SET_ID / f"{SET_ID}.ipynb").unlink()
    before = state(course.root)
    done = cvlib_grade(
        course.root,
        "regrade",
        "--dry-run",
        "--csv",
        str(root / "x.csv"),
        "--scheduler",
        cluster,
        expect=1,
    )
    after = state(course.root)
    table = done.stdout.splitlines()
    lines = {line.split()[0]: line for line in table[1:] if line}
    with (root / "x.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Shown(course, lines, list(lines), rows, before, after, done.stdout)


def test_a_dry_run_writes_nothing(shown: Shown) -> None:
    assert shown.after == shown.before
    assert len(shown.before) > 100


@pytest.mark.parametrize(
    ("student", "marks", "why"),
    [
        ("right", ["10", "0", "−10"], "the submission changed since"),
        ("noisy", ["9", "10", "+1"], "python - → 3"),
        ("duplicated-check", ["9", "10", "+1"], "the code of cvlib changed"),
        ("alternative", ["9", "10", "+1"], "the seed of the hidden cases changed"),
        ("old-schema", ["9", "10", "+1"], "the problem set changed"),
        ("mutant-spread", ["5", "6", "+1"], "flaky: nothing that a mark depends on has changed"),
        ("deleted-check", ["10.5", "10", "−0.5"], "the gradebook was changed after grading"),
        ("syntax-error", ["6", "7", "+1"], "a time limit, the sandbox or a heading"),
        ("exit", ["6", "7", "+1"], "no receipt of the old grade"),
        ("mutant-inner", ["7", "–", "−7"], "expected ps90_tiny.ipynb, found no notebook"),
        (FORMULA, ["–", "10", "+10"], "not graded yet"),
    ],
)
def test_each_reason_is_told_alone(shown: Shown, student: str, marks: list[str], why: str) -> None:
    line = shown.lines[student]
    assert line.split()[1:4] == marks
    assert why in line
    assert ";" not in line, "one cause, one reason"


def test_versions_are_named(shown: Shown) -> None:
    assert "numpy 1.0 → " in shown.lines["noisy"]


def test_what_the_gradebook_should_hold_is_named(shown: Shown) -> None:
    assert "spread 4.5, and it was given 4" in shown.lines["deleted-check"]
    assert "spread 4.5 → 4" in shown.lines["deleted-check"]


def test_a_mark_by_hand_stays(shown: Shown) -> None:
    line = shown.lines["mutant-taps"]
    assert line.split()[1:4] == ["8.5", "2.5", "−6"]  # 4 + 2.5 by hand + 2, and then 2.5 alone
    assert "inner 3 → 0 (by hand 2.5: stays)" in line


def test_whoever_would_lose_comes_first_and_who_keeps_is_not_listed(shown: Shown) -> None:
    losing = [name for name in shown.order if "−" in "".join(shown.lines[name].split()[3:4])]
    assert losing == ["right", "mutant-inner", "mutant-taps", "deleted-check"]
    assert shown.order[: len(losing)] == losing
    assert "13 would change, 4 of them would lose marks" in shown.text
    assert not {"loop", "link", "forged", "partial"} & {*shown.order}


def test_the_csv_has_a_line_an_exercise_and_no_formula(shown: Shown) -> None:
    right = [r for r in shown.rows if r["student"] == "right"]
    assert [(r["exercise"], r["change"]) for r in right] == [
        ("total", "-10.0"), ("spread", "-4.0"), ("inner", "-3.0"), ("taps", "-1.0"),
        ("Twice", "-2.0"),
    ]  # fmt: skip
    assert {r["reason"] for r in right} == {"the submission changed since"}
    assert {r["student"] for r in shown.rows} >= {f"'{FORMULA}"}
    assert FORMULA not in {r["student"] for r in shown.rows}


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
    assert '#spread", 4.0' in text
    exercises.write_text(text.replace('#spread", 4.0', '#spread", 6.0'))
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
