"""Due dates, extensions and time stamps: what is a time and what is none."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from late_term import stamp
from tiny_set import SET_ID

from cvlib.grading.course.course import CourseError
from cvlib.grading.course.due import parse_moment, read_extensions
from cvlib.grading.gradebook.late import duration, read_timestamp


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student,due\n", "expected the columns student,set,due, got student,due"),
        ("", "got nothing"),
        ("student,set,due\nada,ps01\n", "line 2: expected a student"),
        ("student,set,due\n\nada,ps01,soon\n", "line 3: expected a time"),
        ("student,set,due\nada,ps01,2026-03-04 12:00\n", "the time zone is missing"),
    ],
)
def test_a_table_of_extensions_that_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "extensions.csv"
    path.write_text(text)
    with pytest.raises(CourseError, match=words):
        read_extensions(path)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-01 23:59 Europe/Berlin", "2026-12-01T22:59:00"),
        ("2026-07-01 23:59 Europe/Berlin", "2026-07-01T21:59:00"),
        ("2026-12-01 23:59 America/New_York", "2026-12-02T04:59:00"),
        ("2026-12-01 23:59 +0100", "2026-12-01T22:59:00"),
        ("2026-12-01T23:59:30.25-05:30", "2026-12-02T05:29:30.250000"),
        ("2026-12-01 23:59 UTC", "2026-12-01T23:59:00"),
        ("2026-10-25 02:30 Europe/Berlin", "2026-10-25T01:30:00"),
    ],
)
def test_times_in_many_zones(text: str, utc: str) -> None:
    assert parse_moment(text) == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-12-01 23:59", "the time zone is missing"),
        ("2026-12-01 23:59 Europe/Berln", "'Europe/Berln' is not known"),
        ("2026-12-01 23:59 ../../etc/passwd", "is not known"),
        ("2026-03-29 02:30 Europe/Berlin", "never was"),
        ("2026-13-01 23:59 UTC", "month must be in"),
        ("0001-01-01 00:00 +23:00", "out of the calendar"),
        ("tomorrow", "expected a time such as"),
    ],
)
def test_times_that_nobody_can_read(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_moment(text)


def test_time_stamps_are_read_as_nbgrader_writes_them(tmp_path: Path) -> None:
    for text, expected in (
        ("2026-02-02 15:58:23.948203 UTC", datetime(2026, 2, 2, 15, 58, 23, 948203)),
        (
            "2026-02-02 15:58:23.948203 America/Los_Angeles\n",
            datetime(2026, 2, 2, 23, 58, 23, 948203),
        ),
        ("2026-02-02 15:58:23", datetime(2026, 2, 2, 15, 58, 23)),
        ("2026-02-02T15:58:23Z", datetime(2026, 2, 2, 15, 58, 23)),
        ("2025-10-26 02:30 Europe/Berlin", datetime(2025, 10, 26, 0, 30)),
    ):
        stamp(tmp_path, text.encode())
        found = read_timestamp(tmp_path, "ada", SET_ID)
        assert (found.time, found.remark) == (expected, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected a time"),
        (b"yesterday evening", "expected a time"),
        (b"2026-02-02 15:58 CEST", "'CEST' is not known"),
        (b"\xff\xfe2026", "codec can't decode"),
        (b"2026-02-02 15:58\0 UTC", "expected a time"),
        (b"9" * 1000, "longer than any time stamp"),
    ],
)
def test_a_malformed_time_stamp_is_no_time_but_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    stamp(tmp_path, content)
    found = read_timestamp(tmp_path, "ada", SET_ID)
    assert found.time is None
    assert words in found.remark


def test_a_time_stamp_never_blocks_and_is_never_followed(tmp_path: Path) -> None:
    path = stamp(tmp_path, b"")

    def remark() -> str:
        found = read_timestamp(tmp_path, "ada", SET_ID)
        assert found.time is None
        return found.remark

    path.unlink()
    assert remark() == ""
    os.mkfifo(path)
    assert remark() == "timestamp.txt is not a plain file"
    path.unlink()
    secret = tmp_path / "secret"
    secret.write_text("2026-02-02 15:58:23 UTC")
    path.symlink_to(secret)
    assert "a link" in remark()
    path.unlink()
    path.mkdir()
    assert "plain file" in remark()
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(2**40)  # a tebibyte of nothing
    assert "longer than any time stamp" in remark()
    shutil.move(path.parent, tmp_path / "elsewhere")
    path.parent.symlink_to(tmp_path / "elsewhere")
    assert "a link" in remark()


def test_durations_are_said_as_a_person_says_them() -> None:
    said = [duration(s) for s in (0.5, 1, 61, 3600, 90061, 864000)]
    assert said == ["less than 1 s", "1 s", "1 min 1 s", "1 h", "1 d 1 h", "10 d"]
