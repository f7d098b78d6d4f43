"""Receipts for the tiny set: given, checked by somebody with the public key, and followed back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from tiny_set import SET_ID

from cvlib.grading.commands.grade import cli
from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import Submission
from cvlib.grading.judging.result import ExerciseResult, Result
from cvlib.grading.receipts.receipt import EARLIER, ensure_receipt, receipt_path
from cvlib.grading.receipts.signing import open_receipt, private_key, public_path

WORK = Submission("ann", b'{"cells": []}')
SEED = 123456789123456789


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
