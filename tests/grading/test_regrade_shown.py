"""A dry run shows who would change, by how much and why, and writes nothing."""

from __future__ import annotations

import csv
import shutil
from dataclasses import dataclass
from typing import Any

import pytest
from regrades import FORMULA, edit_gradebook, graded_otherwise, hand_in, state
from tiny_set import SET_ID, TINY, Grade

from cvlib.grading.course.course import Course
from cvlib.grading.judging.kept_results import KEY_NAME
from cvlib.grading.receipts.receipt import receipt_path
from cvlib.grading.receipts.signing import private_key, seal

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


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
