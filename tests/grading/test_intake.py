"""Reading what students handed in: no link is followed, nothing special or huge is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cvlib.grading.course import intake
from cvlib.grading.course.intake import (
    atomic_write,
    find_students,
    notebooks_beside,
    read_submission,
    write_if_changed,
)

SET_ID = "ps90_tiny"


def hand_in(root: Path, student: str, content: bytes = b"{}") -> Path:
    path = root / student / SET_ID / f"{SET_ID}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def refusal(root: Path, student: str) -> str:
    """Why a student's file was not read."""
    found = read_submission(root, student, SET_ID)
    assert found is not None
    assert found.raw is None
    return found.refusal


def test_a_plain_file_is_read(tmp_path: Path) -> None:
    hand_in(tmp_path, "ann", b"hello")
    found = read_submission(tmp_path, "ann", SET_ID)
    assert found is not None
    assert (found.raw, found.refusal) == (b"hello", "")


def test_a_missing_file_is_none_and_what_is_there_instead_is_named(tmp_path: Path) -> None:
    path = hand_in(tmp_path, "ann")
    path.rename(path.with_name("my copy.ipynb"))
    assert read_submission(tmp_path, "ann", SET_ID) is None
    assert notebooks_beside(tmp_path, "ann", SET_ID) == ["my copy.ipynb"]
    assert read_submission(tmp_path, "nobody", SET_ID) is None


def test_a_linked_file_is_refused(tmp_path: Path) -> None:
    target = hand_in(tmp_path, "ann", b"the work of another")
    path = hand_in(tmp_path, "bob")
    path.unlink()
    path.symlink_to(target)
    assert "symbolic link" in refusal(tmp_path, "bob")


@pytest.mark.parametrize("level", ["student", "set"])
def test_a_linked_folder_is_refused(tmp_path: Path, level: str) -> None:
    hand_in(tmp_path, "ann")
    if level == "student":
        (tmp_path / "bob").symlink_to(tmp_path / "ann")
    else:
        (tmp_path / "bob").mkdir()
        (tmp_path / "bob" / SET_ID).symlink_to(tmp_path / "ann" / SET_ID)
    assert "symbolic link" in refusal(tmp_path, "bob")


def test_a_pipe_does_not_stop_the_reading(tmp_path: Path) -> None:
    path = hand_in(tmp_path, "ann")
    path.unlink()
    os.mkfifo(path)
    assert "not a plain file" in refusal(tmp_path, "ann")


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    path = hand_in(tmp_path, "ann")
    with path.open("wb") as file:
        file.truncate(intake.MAX_BYTES + 1)
    assert "larger than 32 MiB" in refusal(tmp_path, "ann")


def test_students_are_listed_in_order_without_hidden_folders(tmp_path: Path) -> None:
    for name in ("bob", "ann", ".git"):
        hand_in(tmp_path, name)
    (tmp_path / "empty").mkdir()
    assert find_students(tmp_path, SET_ID) == ["ann", "bob"]
    assert find_students(tmp_path / "nowhere", SET_ID) == []


def test_writing_is_atomic_and_only_when_changed(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    assert write_if_changed(path, b"1")
    assert not write_if_changed(path, b"1")
    assert write_if_changed(path, b"2")
    assert path.read_bytes() == b"2"
    path.unlink()
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        atomic_write(path, b"3")
    assert [p.name for p in path.parent.iterdir()] == ["b"], "the draft was not removed"
