"""Say of a receipt whether it is genuine, and what it states, from the public key alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cvlib.grading.judging.result import points
from cvlib.grading.pages.text import shown
from cvlib.grading.receipts.signing import ReceiptError, open_receipt


@dataclass(frozen=True)
class Verdict:
    """What was found on one file: whether all of it fits, and the words for it."""

    fits: bool
    text: str


def verify(
    files: Mapping[Path, bytes], public: Ed25519PublicKey, notebook: bytes | None = None
) -> list[Verdict]:
    """Check receipts against a key, and against the notebook that they are claimed to be for."""
    names = {sha256(data).hexdigest(): file.name for file, data in files.items()}
    verdicts = []
    for file, data in files.items():
        try:
            facts = open_receipt(data, public)
        except ReceiptError as error:
            verdicts.append(Verdict(False, f"{shown(str(file))}: not genuine: {error}"))
            continue
        other = None if notebook is None else _other_work(facts, notebook)
        state = f"genuine, but {other}" if other else "genuine"
        text = f"{shown(str(file))}: {state}\n{_statement(facts)}"
        if facts["previous"]:
            known = names.get(facts["previous"], "the one with the SHA-256 " + facts["previous"])
            text += f"\n  a regrade: it replaces {shown(known)}"
        verdicts.append(Verdict(not other, text))
    return verdicts


def _other_work(facts: dict[str, Any], notebook: bytes) -> str:
    found = sha256(notebook).hexdigest()
    if facts["submission"] is None:
        return "for a submission that could not be read, not for this notebook"
    if found == facts["submission"]:
        return ""
    return f"for another notebook: expected the SHA-256 {facts['submission']}, got {found}"


def _statement(facts: dict[str, Any]) -> str:
    marks = ", ".join(
        f"{e['id']} {points(e['score'])}/{points(e['maximum'])}" for e in facts["exercises"]
    )
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return (
        f"  {shown(facts['student'])}, {facts['set']} of {shown(facts['course'])}: "
        f"{points(facts['score'])} of {points(facts['maximum'])}, graded {facts['graded']}\n"
        f"  {marks}\n  with {versions}"
    )
