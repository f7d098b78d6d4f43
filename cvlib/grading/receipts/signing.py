"""What makes a receipt genuine: the course's key pair, the signature, and seals on secrets."""

from __future__ import annotations

import base64
import hmac
import json
import os
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.course.intake import write_if_changed

KIND = "cvlib-grade receipt 1"
FOLDER = "receipts"
PUBLIC_NAME = "receipt-key.pem"
KEY_NAME = ".receipt-key"
MAX_BYTES = 2**20

#: What each receipt states, with the types that JSON has for it.
FACTS: dict[str, type | tuple[type, ...]] = {
    "kind": str, "key": str, "course": str, "set": str, "student": str,
    "submission": (str, type(None)), "spec": str, "environment": str, "versions": dict,
    "seed": str, "result": str, "exercises": list, "score": (int, float),
    "maximum": (int, float), "graded": str, "previous": (str, type(None)),
}  # fmt: skip


class ReceiptError(ValueError):
    """A file is no genuine receipt; the message is a sentence that says what does not fit."""


def signed(facts: dict[str, Any], key: Ed25519PrivateKey) -> bytes:
    """The file of a receipt."""
    signature = base64.b64encode(key.sign(_message(facts))).decode()
    return json.dumps({"receipt": facts, "signature": signature}, indent=1).encode() + b"\n"


def open_receipt(data: bytes, public: Ed25519PublicKey) -> dict[str, Any]:
    """The facts of a receipt that is genuine; raises ReceiptError when it is not."""
    facts, message, signature = _parse(data)
    if facts["key"] != fingerprint(public):
        raise ReceiptError(
            f"it was signed with the key {facts['key']}, and the given one is {fingerprint(public)}"
        )
    try:
        public.verify(signature, message)
    except InvalidSignature:
        raise ReceiptError("its content was changed after it was signed") from None
    return facts


def _parse(data: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    if len(data) > MAX_BYTES:
        raise ReceiptError(f"it is no receipt: larger than {MAX_BYTES // 2**20} MiB")
    try:
        whole = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_constant)
        if set(whole) != {"receipt", "signature"}:
            raise ValueError("expected the fields receipt and signature")
        facts = whole["receipt"]
        if set(facts) != set(FACTS):
            raise ValueError(f"expected the fields {', '.join(FACTS)}")
        for name, kinds in FACTS.items():
            if not isinstance(facts[name], kinds):
                raise ValueError(f"{name} is {facts[name]!r:.60}")
        if facts["kind"] != KIND:
            raise ValueError(f"expected the kind {KIND!r}, got {facts['kind']!r:.60}")
        return facts, _message(facts), base64.b64decode(whole["signature"], validate=True)
    except (ValueError, TypeError, RecursionError) as error:
        raise ReceiptError(f"it is no receipt: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object with a repeated name would read one way to a person and another way to us."""
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name is repeated")
    return dict(pairs)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _message(facts: dict[str, Any]) -> bytes:
    """What is signed: one encoding for each content, and of no use as another kind of message."""
    body = json.dumps(facts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return f"{KIND}\n{body}".encode()


def public_path(course: Course) -> Path:
    """Where the public key lies that is handed out."""
    return course.root / FOLDER / PUBLIC_NAME


def private_key(course: Course) -> Ed25519PrivateKey:
    """The key that signs the course's receipts; made once, readable by its owner only."""
    path = course.root / KEY_NAME
    if not path.exists():
        _make_key(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise CourseError(
            f"{path} is damaged: expected an Ed25519 key in PEM. Restore it from a backup, or "
            "delete it: then new receipts need the new public key, and old ones the old."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise CourseError(f"{path}: expected an Ed25519 key, got {type(key).__name__}")
    return key


def publish(course: Course, key: Ed25519PrivateKey) -> None:
    """Write the public key where it can be handed out."""
    text = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_if_changed(public_path(course), text)


def _make_key(path: Path) -> None:
    text = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")  # mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    try:
        os.link(draft, path)  # unlike a rename, this never replaces a key made meanwhile
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key; raises ReceiptError when the file holds none of ours."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except ValueError:
        raise ReceiptError(f"{path} holds no public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ReceiptError(f"{path}: expected an Ed25519 key, got {type(key).__name__}")
    return key


def fingerprint(public: Ed25519PublicKey) -> str:
    """A short name of a public key, to tell keys apart by eye."""
    return sha256(public.public_bytes_raw()).hexdigest()[:16]


def seal(key: Ed25519PrivateKey, kind: str, secret: object) -> str:
    """A commitment to a seed or a result key: equal ones have equal seals, and no guess is tested.

    A hash alone would give a short seed such as 7 away to anyone who tries a few numbers, and so
    would the result key, which is a hash of the seed and of things that are known.
    """
    blinding = hmac.digest(key.private_bytes_raw(), f"{KIND} {kind}".encode(), "sha256")
    return hmac.new(blinding, str(secret).encode(), "sha256").hexdigest()
