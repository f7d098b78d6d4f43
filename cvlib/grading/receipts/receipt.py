"""A signed receipt a grade: which bytes got which marks, under which problem set and versions.

Whoever has the course's public key can tell a receipt of the course from any other file, and the
notebook that was graded from any other notebook, without the course folder. The seed of the hidden
cases is committed to, not revealed.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import importlib.metadata
import platform
import re
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import Submission, atomic_write, write_if_changed
from cvlib.grading.judging.plan import environment_digest
from cvlib.grading.judging.result import Result
from cvlib.grading.receipts.signing import (
    FOLDER,
    KEY_NAME,
    KIND,
    ReceiptError,
    fingerprint,
    open_receipt,
    private_key,
    publish,
    seal,
    signed,
)

EARLIER = "earlier"

#: What differs between two receipts of the same grade.
OF_THE_WRITING = ("graded", "previous")


def ensure_receipt(
    course: Course, set_id: str, submission: Submission, result: Result, *, spec: str, seed: int
) -> Path:
    """Write the receipt of a grade, unless the right one is there; return where it lies.

    ``spec`` is the digest of the problem set and ``seed`` the secret that the hidden cases of each
    submission are drawn from. The receipt of another grade is kept under its hash in ``earlier/``,
    and the new one names that hash: a regrade shows.
    """
    key = private_key(course)
    publish(course, key)
    path = receipt_path(course, set_id, submission.student)
    facts = facts_of(course, key, set_id, submission, result, spec=spec, seed=seed)
    old = path.read_bytes() if path.is_file() else None
    if old is not None:
        try:
            known = open_receipt(old, key.public_key())
        except ReceiptError:
            known = {}
        if {name: value for name, value in known.items() if name not in OF_THE_WRITING} == facts:
            return path
        write_if_changed(path.parent / EARLIER / f"{_sha256(old)}.json", old)
    now = datetime.datetime.now(datetime.UTC)
    facts["graded"] = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    facts["previous"] = None if old is None else _sha256(old)
    atomic_write(path, signed(facts, key))
    return path


def facts_of(
    course: Course,
    key: Ed25519PrivateKey,
    set_id: str,
    submission: Submission,
    result: Result,
    *,
    spec: str,
    seed: int,
) -> dict[str, Any]:
    """What a receipt states on a grade, but for the time and the receipt that it replaces."""
    return {
        "kind": KIND,
        "key": fingerprint(key.public_key()),
        "course": str(course.config().CourseDirectory.course_id),
        "set": set_id,
        "student": submission.student,
        "submission": None if submission.raw is None else _sha256(submission.raw),
        "spec": spec,
        "environment": environment_digest(),
        "versions": versions(),
        "seed": seal(key, "seed", seed),
        "result": seal(key, "result", result.key),
        "exercises": [
            {"id": e.id, "score": float(e.score), "maximum": float(e.max_score)}
            for e in result.exercises
        ],
        "score": float(result.score),
        "maximum": float(result.max_score),
    }


def kept_receipt(course: Course, set_id: str, student: str) -> dict[str, Any] | None:
    """The facts of a student's receipt; ``None`` without a genuine one. Nothing is written."""
    path = receipt_path(course, set_id, student)
    if not path.is_file() or not (course.root / KEY_NAME).is_file():
        return None
    try:
        facts = open_receipt(path.read_bytes(), private_key(course).public_key())
    except ReceiptError:
        return None
    return facts if (facts["set"], facts["student"]) == (set_id, student) else None


def receipt_path(course: Course, set_id: str, student: str) -> Path:
    """Where a student's receipt lies: always a file of its own, directly in the set's folder."""
    return course.root / FOLDER / _file_name(set_id) / f"{_file_name(student)}.json"


def _file_name(name: str) -> str:
    """A name as it stands where it is harmless, else escaped; no two names become one."""

    def escape(found: re.Match[str]) -> str:
        return f"%{ord(found[0]):X};"

    safe = re.sub(r"^\.|[^\w.@+=, -]", escape, name) or "%;"
    if len(safe.encode()) <= 200:
        return safe
    return f"%long;{_sha256(name.encode(errors='surrogatepass'))}"


@functools.cache
def versions() -> dict[str, str]:
    """The versions that ``environment_digest`` stands for, for people to read."""
    found = {"python": platform.python_version()}
    for name in ("cvlib", "numpy", "scipy", "torch", "ipykernel"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "-"
    return found


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
