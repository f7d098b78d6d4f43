"""An edited, moved or foreign receipt is not genuine, and counts for nobody."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from receipts import ensure, verify
from tiny_set import SET_ID, TINY

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import Submission
from cvlib.grading.receipts.receipt import kept_receipt, receipt_path
from cvlib.grading.receipts.signing import (
    FACTS,
    KEY_NAME,
    fingerprint,
    private_key,
    public_path,
    signed,
)


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
