"""A receipt says what was graded, and a regrade shows in a chain that can be followed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from receipts import SEED, WORK, chain_of, ensure, verify
from tiny_set import SET_ID, TINY

from cvlib.grading.commands.grade import cli
from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import Submission
from cvlib.grading.receipts.receipt import EARLIER
from cvlib.grading.receipts.signing import KEY_NAME


def test_a_receipt_is_genuine_and_says_what_was_graded(course: Course, tmp_path: Path) -> None:
    path = ensure(course)
    assert path == course.root / "receipts" / SET_ID / "ann.json"
    notebook = tmp_path / "handed-in.ipynb"
    notebook.write_bytes(WORK.raw or b"")
    text = verify(course, path, "--notebook", notebook, expect=0)
    assert "genuine" in text
    assert "ann, ps90_tiny of cvlib: 4 of 5" in text
    assert "spread 3/4, taps 1/1" in text
    assert "numpy" in text


def test_another_notebook_is_told_from_the_graded_one(course: Course, tmp_path: Path) -> None:
    other = tmp_path / "other.ipynb"
    other.write_bytes((WORK.raw or b"") + b"\n")
    assert "for another notebook" in verify(course, ensure(course), "--notebook", other, expect=1)
    refused = ensure(course, Submission("bob", None, "it is a link"))
    assert "could not be read" in verify(course, refused, "--notebook", other, expect=1)
    assert "genuine" in verify(course, refused, expect=0)


def test_the_same_grade_leaves_the_file_as_it_is(course: Course) -> None:
    path = ensure(course)
    before = path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino
    assert ensure(course) == path
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert not (path.parent / EARLIER).exists()


def test_a_regrade_shows_in_a_chain_that_can_be_followed(course: Course, tmp_path: Path) -> None:
    for score in (3.0, 2.0, 3.0):
        path = ensure(course, score=score)
    chain = list(chain_of(course, "ann"))
    assert [facts["score"] for facts in chain] == [4.0, 3.0, 4.0]
    assert chain[-1]["previous"] is None
    assert len(list((path.parent / EARLIER).iterdir())) == 2
    first = path.parent / EARLIER / f"{chain[0]['previous']}.json"
    text = verify(course, path, first, expect=0)
    assert f"a regrade: it replaces {first.name}" in text
    assert "a regrade: it replaces the one with the SHA-256" in text
    first.unlink()
    assert "a regrade" in verify(course, path, expect=0), "it shows without the earlier one too"


@pytest.mark.parametrize("change", [{"spec": "another set"}, {"seed": SEED + 1}])
def test_another_problem_set_or_seed_is_another_grade(course: Course, change: Any) -> None:
    before = json.loads(ensure(course).read_text())["receipt"]
    after = json.loads(ensure(course, **change).read_text())["receipt"]
    assert before[next(iter(change))] != after[next(iter(change))]
    assert after["previous"]


def test_the_seed_is_not_given_away(course: Course, tmp_path: Path) -> None:
    text = ensure(course).read_text()
    assert str(SEED) not in text
    assert f"{SEED:x}" not in text
    elsewhere = Course.open(tmp_path / "elsewhere", TINY)
    one, other = (json.loads(ensure(c).read_text())["receipt"] for c in (course, elsewhere))
    assert one["seed"] != other["seed"], "a table of guesses would fit every course"
    assert one["result"] != other["result"]
    assert one["seed"] == json.loads(ensure(course, score=1.0).read_text())["receipt"]["seed"]


def test_wrong_use_is_told_from_a_false_receipt(course: Course, tmp_path: Path) -> None:
    path = ensure(course)
    for key in (course.root / KEY_NAME, path, tmp_path / "nowhere.pem"):
        done = CliRunner().invoke(cli, ["receipt", "--key", str(key), str(path)])
        assert done.exit_code == 2, done.output
    done = CliRunner().invoke(cli, ["--course", str(course.root), "receipt", str(path)])
    assert done.exit_code == 0, "in the course folder the key is found"
