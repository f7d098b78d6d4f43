"""The private key stays private and is made once; what is killed leaves whole receipts."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import stat
import sys
from typing import Any

import pytest
from receipts import chain_of, ensure

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.receipts.signing import KEY_NAME, fingerprint, private_key


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
