"""The judge's end of the line to a kernel: Jupyter's messages, read with distrust.

A client of libzmq keeps whatever a peer sends until the message is complete, and a message may have
any number of frames: a hostile kernel could fill the grader's memory. Here ``max_message`` bytes
and ``MAX_FRAMES`` frames of a message are kept, the rest passes, and nothing is ever allocated on a
peer's word. Frames are those of ZMTP 3.0 (https://rfc.zeromq.org/spec/23/), the parts of a message
those of Jupyter (https://jupyter-client.readthedocs.io, messaging).
"""

from __future__ import annotations

import json
import re
import socket
import time
import uuid
from collections import deque
from typing import Any

MORE, LONG = 1, 2
MAX_FRAMES = 16
MAX_QUEUE = 64
MAX_PARTS = 500_000
#: Bytes of JSON in a message; the data of an answer lies behind it, and has a limit of its own.
MAX_JSON = 4 * 2**20
DELIMITER = b"<IDS|MSG>"
#: ipykernel writes text as it is, so an escaped surrogate can only be there on purpose.
LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class WireError(ConnectionError):
    """The kernel hung up, or does not take what is sent."""


class Channel:
    """The line to a kernel; ``read`` takes in what has come and never waits."""

    def __init__(self, line: socket.socket, *, max_message: int) -> None:
        self.max_message = max_message
        self.messages: deque[list[bytes | None]] = deque()
        self.lost = False
        self.socket = line
        self.socket.setblocking(False)
        self._buffer = bytearray()
        self._frames: list[bytes | None] = []
        self._size = 0  # bytes in the frames so far
        self._skip = 0
        self._flags = 0

    def fileno(self) -> int:
        """The descriptor to poll."""
        return self.socket.fileno()

    def send(self, data: bytes, deadline: float) -> None:
        """Send a request, or raise WireError when the kernel does not take it in time."""
        try:
            self.socket.settimeout(max(0.01, deadline - time.monotonic()))
            self.socket.sendall(data)
        except OSError as error:
            raise WireError(f"the kernel does not read: {error}") from error
        finally:
            self.socket.setblocking(False)

    def read(self) -> None:
        """Take in at most a mebibyte of what has come; complete messages go to ``messages``.

        Afterwards ``lost`` tells whether the kernel hung up.
        """
        for _ in range(16):
            if len(self.messages) >= MAX_QUEUE:
                return
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self.lost = not data
            if self.lost:
                return
            self._take(data)

    def _take(self, data: bytes) -> None:
        passed = min(self._skip, len(data))
        self._skip -= passed
        if passed and not self._skip:
            self._finish(None)
        self._buffer += memoryview(data)[passed:]
        start = 0
        while (used := self._parse(start)) is not None:
            start = used
        del self._buffer[:start]

    def _parse(self, start: int) -> int | None:
        """Parse one frame at ``start``; return where the next one starts, None for "not yet"."""
        head = 9 if len(self._buffer) > start and self._buffer[start] & LONG else 2
        if self._skip or len(self._buffer) < start + head:
            return None
        flags = self._buffer[start]
        size = int.from_bytes(self._buffer[start + 1 : start + head], "big")
        body = start + head
        here = len(self._buffer) - body
        if size + self._size > self.max_message:
            self._flags = flags
            self._skip = size - min(size, here)
            if not self._skip:
                self._finish(None)
            return body + min(size, here)
        if here < size:
            return None
        self._flags = flags
        self._finish(bytes(self._buffer[body : body + size]))
        return body + size

    def _finish(self, frame: bytes | None) -> None:
        if len(self._frames) < MAX_FRAMES:
            self._frames.append(frame)
            self._size += len(frame or b"")
        if not self._flags & MORE:
            self.messages.append(self._frames)
            self._frames, self._size = [], 0


class Message:
    """A Jupyter message: ``kind``, ``parent`` (a message id), ``content`` and ``buffers``.

    Nothing about it is trusted: ``content`` is None when it was too large or malformed.
    """

    def __init__(self, frames: list[bytes | None]) -> None:
        try:
            start = frames.index(DELIMITER) + 2
        except ValueError:
            frames, start = [], 0
        parts = [*frames[start : start + 4], *[None] * 4][:4]
        header, parent, content = (_load(parts[k]) for k in (0, 1, 3))
        self.kind = _text(header, "msg_type")
        self.parent = _text(parent, "msg_id")
        self.content: dict[str, Any] | None = content
        self.buffers = frames[start + 4 :]


def pack(kind: str, content: dict[str, Any]) -> tuple[str, bytes]:
    """Return the id of a request, which nobody can guess, and its bytes."""
    identity = uuid.uuid4().hex
    data = json.dumps({"id": identity, "kind": kind, "content": content}).encode()
    return identity, len(data).to_bytes(8, "big") + data


def load_json(data: bytes) -> Any:
    """Parse JSON from a hostile source; ValueError when it is malformed or has too many parts."""
    many = len(data) > MAX_PARTS  # each part has a character of its own
    if many and sum(data.count(mark) for mark in (b"[", b"{", b",")) > MAX_PARTS:
        raise ValueError(f"expected at most {MAX_PARTS} parts in a JSON text")
    if LONE_SURROGATE.search(data):
        raise ValueError("expected text, got an escape that is none in UTF-8")
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("the JSON text is nested too deeply") from error


def _load(frame: bytes | None) -> dict[str, Any] | None:
    if frame is None or len(frame) > MAX_JSON:
        return None
    try:
        value = load_json(frame)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _text(value: dict[str, Any] | None, name: str) -> str:
    found = value.get(name) if value else None
    return found if isinstance(found, str) else ""
