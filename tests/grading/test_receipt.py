"""Receipts: genuine ones pass, every other file fails with a sentence, and a regrade shows."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvlib.grading.commands.grade import cli
from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.course.intake import Submission
from cvlib.grading.judging.result import ExerciseResult, Result
from cvlib.grading.receipts.receipt import EARLIER, ensure_receipt, kept_receipt, receipt_path
from cvlib.grading.receipts.signing import (
    FACTS,
    KEY_NAME,
    fingerprint,
    open_receipt,
    private_key,
    public_path,
    signed,
)

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"
WORK = Submission("ann", b'{"cells": []}')
SEED = 123456789123456789


@pytest.fixture
def course(tmp_path: Path) -> Course:
    return Course.open(tmp_path / "c", TINY)


def result(score: float) -> Result:
    marks = (
        ExerciseResult("spread", "Spread", score, 4.0, "partial", "…", "", {"vectors": True}),
        ExerciseResult("taps", "Taps", 1.0, 1.0, "correct", "…", "", {"values": True}),
    )
    return Result(f"key-{score}", marks, (), (), 0.5)


def ensure(course: Course, work: Submission = WORK, score: float = 3.0, **changes: Any) -> Path:
    facts: dict[str, Any] = {"spec": "a digest of the set", "seed": SEED} | changes
    return ensure_receipt(course, SET_ID, work, result(score), **facts)


def verify(course: Course, *arguments: str | Path, expect: int) -> str:
    """Run the command as somebody who has the public key and no course folder."""
    key = course.root.parent / "key.pem"
    shutil.copyfile(public_path(course), key)
    command = ["receipt", "--key", str(key), *map(str, arguments)]
    outcome = CliRunner().invoke(cli, command)
    assert outcome.exit_code == expect, outcome.output
    assert "Traceback" not in outcome.output
    return outcome.output


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


def changed(value: Any) -> Any:
    if isinstance(value, bool | None):
        return "0" * 64
    if isinstance(value, str):
        return value[:-1] + ("a" if value[-1] != "a" else "b")
    if isinstance(value, int | float):
        return value + 1
    return value[:-1] if isinstance(value, list) else value | {"numpy": "0.1"}


@pytest.mark.parametrize("name", list(FACTS))
def test_a_change_to_any_field_is_found(course: Course, name: str) -> None:
    path = ensure(course)
    whole = json.loads(path.read_text())
    whole["receipt"][name] = changed(whole["receipt"][name])
    path.write_text(json.dumps(whole))
    assert "not genuine" in verify(course, path, expect=1)


def edits() -> dict[str, Callable[[dict[str, Any]], Any]]:
    """Other ways to write a better receipt than one has got."""

    def exercise(whole: dict[str, Any]) -> Any:
        whole["receipt"]["exercises"][0]["score"] = 4.0

    def integer(whole: dict[str, Any]) -> Any:
        whole["receipt"]["score"] = 4  # == 4.0, and not what was signed

    def more(whole: dict[str, Any]) -> Any:
        whole["receipt"]["bonus"] = 100.0

    def less(whole: dict[str, Any]) -> Any:
        del whole["receipt"]["previous"]

    def beside(whole: dict[str, Any]) -> Any:
        whole["note"] = "10 of 10"

    def signature(whole: dict[str, Any]) -> Any:
        whole["signature"] = ("B" if whole["signature"][0] == "A" else "A") + whole["signature"][1:]

    def no_signature(whole: dict[str, Any]) -> Any:
        whole["signature"] = ""

    def number(whole: dict[str, Any]) -> Any:
        whole["signature"] = 5

    def own_key(whole: dict[str, Any]) -> Any:
        key = Ed25519PrivateKey.generate()
        facts = whole["receipt"] | {"score": 5.0, "key": fingerprint(key.public_key())}
        whole |= json.loads(signed(facts, key))

    def stolen_name(whole: dict[str, Any]) -> Any:
        whole |= json.loads(signed(whole["receipt"] | {"score": 5.0}, Ed25519PrivateKey.generate()))

    made = (exercise, integer, more, less, beside, signature, no_signature, number, own_key,
            stolen_name)  # fmt: skip
    return {edit.__name__: edit for edit in made}


@pytest.mark.parametrize("name", edits())
def test_an_edited_receipt_is_not_genuine(course: Course, name: str) -> None:
    path = ensure(course)
    whole = json.loads(path.read_text())
    edits()[name](whole)
    path.write_text(json.dumps(whole))
    assert "not genuine" in verify(course, path, expect=1)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"null", b"[]", b'"receipt"', b'["receipt", "signature"]', b"[" * 100_000,
     b'{"receipt": [], "signature": ""}', b'{"receipt": {}, "signature": ""}', b" " * 2**21],
)  # fmt: skip
def test_any_other_file_is_no_receipt(course: Course, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    ensure(course)
    path.write_bytes(content)
    assert "not genuine: it is no receipt" in verify(course, path, expect=1)


@pytest.mark.parametrize(
    ("old", "new"),
    [('"score": 4.0', '"score": 5.0, "score": 4.0'), ('"score": 4.0', '"score": 1e999'),
     ('"score": 4.0', '"score": NaN'), ('"score": 4.0', f'"score": {"9" * 5000}')],
)  # fmt: skip
def test_what_reads_one_way_and_parses_another_is_no_receipt(
    course: Course, old: str, new: str
) -> None:
    path = ensure(course)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert "not genuine: it is no receipt" in verify(course, path, expect=1)


def test_the_key_of_another_course_does_not_fit_and_both_are_named(
    course: Course, tmp_path: Path
) -> None:
    elsewhere = Course.open(tmp_path / "elsewhere" / "c", TINY)
    path = ensure(course)
    ensure(elsewhere)
    text = verify(elsewhere, path, expect=1)
    for place in (course, elsewhere):
        assert fingerprint(private_key(place).public_key()) in text


def test_wrong_use_is_told_from_a_false_receipt(course: Course, tmp_path: Path) -> None:
    path = ensure(course)
    for key in (course.root / KEY_NAME, path, tmp_path / "nowhere.pem"):
        done = CliRunner().invoke(cli, ["receipt", "--key", str(key), str(path)])
        assert done.exit_code == 2, done.output
    done = CliRunner().invoke(cli, ["--course", str(course.root), "receipt", str(path)])
    assert done.exit_code == 0, "in the course folder the key is found"


HOSTILE = (
    "..", ".", "../../secret", "/etc/passwd", "a/b", "a\\b", ".hidden", "", "ann.json", "earlier",
    "x" * 255, "ü" * 120, "a\nb", "a\x1b[2Jb", "\udcff\udcfe", "%2E;", "con:stream", "-rf", "ann ",
    "Ann", "=cmd()", "<script>", "Müller", "名前", "a\u202eb", "x" * 254 + "y",
)  # fmt: skip


def test_hostile_names_stay_in_the_folder_and_apart(course: Course) -> None:
    before = {p for p in course.root.parent.rglob("*") if SET_ID not in str(p)}
    paths = {
        name: ensure(course, Submission(name, name.encode(errors="replace"))) for name in HOSTILE
    }
    folder = course.root / "receipts" / SET_ID
    assert len(set(paths.values())) == len(HOSTILE)
    assert {p.parent for p in paths.values()} == {folder}
    assert {p.name for p in folder.iterdir()} == {p.name for p in paths.values()}
    expected = {course.root / KEY_NAME, course.root / "receipts", public_path(course)}
    assert {p for p in course.root.parent.rglob("*") if SET_ID not in str(p)} == before | expected
    for name, path in paths.items():
        facts = kept_receipt(course, SET_ID, name)
        assert facts is not None
        assert facts["student"] == name
        assert receipt_path(course, SET_ID, name) == path
    text = verify(course, *paths.values(), expect=0)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "Müller" in text


def test_a_receipt_in_anothers_place_counts_for_nobody(course: Course) -> None:
    path = ensure(course)
    shutil.copyfile(path, receipt_path(course, SET_ID, "bob"))
    assert kept_receipt(course, SET_ID, "bob") is None
    ensure(course, Submission("bob", b"{}"))
    facts = kept_receipt(course, SET_ID, "bob")
    assert facts is not None
    assert facts["previous"], "that something else lay there shows"


def test_the_private_key_is_private_and_never_handed_out(course: Course) -> None:
    path = ensure(course)
    key = course.root / KEY_NAME
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = private_key(course).private_bytes_raw()
    for file in course.root.rglob("*"):
        if file.is_file() and file != key:
            assert secret not in file.read_bytes()
            assert b"PRIVATE" not in file.read_bytes(), file
    assert path.is_file()


def test_a_damaged_key_is_an_error_and_is_kept(course: Course) -> None:
    (course.root / KEY_NAME).write_text("lost\n")
    with pytest.raises(CourseError, match="damaged"):
        ensure(course)
    assert (course.root / KEY_NAME).read_text() == "lost\n"


def test_many_at_once_make_one_key(course: Course) -> None:
    fork = multiprocessing.get_context("fork")
    with fork.Pool(8) as pool:
        found = pool.map(_key_of, [course] * 32, chunksize=1)
    assert len(set(found)) == 1
    assert [p.name for p in course.root.glob(f"{KEY_NAME}*")] == [KEY_NAME]


def _key_of(course: Course) -> str:
    return fingerprint(private_key(course).public_key())


def test_killed_at_any_moment_it_leaves_whole_receipts(course: Course) -> None:
    """A child writes a receipt and its regrade, and is killed at its k-th touch of a file."""
    fork = multiprocessing.get_context("fork")
    finished = False
    kills = 0
    while not finished:
        shutil.rmtree(course.root / "receipts", ignore_errors=True)
        (course.root / KEY_NAME).unlink(missing_ok=True)
        kills += 1
        child = fork.Process(target=_write_until_killed, args=(course, kills))
        child.start()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        finished = child.exitcode == 0
        scores = [facts["score"] for facts in chain_of(course, "ann")]
        assert scores in ([], [4.0], [3.0, 4.0]), f"killed at {kills}"
        for score in (3.0, 2.0):
            ensure(course, score=score)
        later = [facts["score"] for facts in chain_of(course, "ann")]
        assert later[0] == 3.0
        assert later[len(later) - len(scores) :] == scores, "a grade was lost from the chain"
        drafts = list(course.root.glob(f"{KEY_NAME}.*"))
        assert all(stat.S_IMODE(p.stat().st_mode) == 0o600 for p in drafts)
    assert kills > 12, "the child touched hardly any file"


def _write_until_killed(course: Course, touches: int) -> None:
    left = touches

    def hook(event: str, arguments: Any) -> None:
        nonlocal left
        if event in ("open", "os.rename", "os.link", "os.remove", "os.chmod", "os.mkdir"):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    for score in (3.0, 2.0):
        ensure(course, score=score)
    os._exit(0)


def chain_of(course: Course, student: str) -> Iterator[dict[str, Any]]:
    """The facts of a student's receipts, the last one first; every link is there and genuine."""
    path = receipt_path(course, SET_ID, student)
    if not path.exists():
        return
    public = private_key(course).public_key()
    while True:
        facts = open_receipt(path.read_bytes(), public)
        yield facts
        if facts["previous"] is None:
            return
        path = receipt_path(course, SET_ID, student).parent / EARLIER / f"{facts['previous']}.json"
