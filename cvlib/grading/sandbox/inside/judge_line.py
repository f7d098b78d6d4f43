"""The kernel's end of the one line to the judge, and the streams that print to it.

Everything leaves in the order in which it was made, and at once: no thread has to be woken, and
what a cell shows is with the judge before the word that the cell is done.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from ipykernel.iostream import IOPubThread, OutStream

#: Characters of printed text a cell may send; the session keeps still less.
MAX_PRINTED = 300_000
#: How long what a cell prints may wait for the end of the cell.
PATIENCE_SECONDS = 0.1
#: Signals for which a cell may have a handler that raises, which would cut a message in two.
HELD_BACK = (
    signal.SIGINT,
    signal.SIGALRM,
    signal.SIGVTALRM,
    signal.SIGPROF,
    signal.SIGCHLD,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


class Line(IOPubThread):
    """Stands where ipykernel has its sockets and the thread that serves them.

    A message is a run of frames of ZMTP: a flag, a length, the bytes. Requests are JSON behind
    eight bytes of length.
    """

    thread = None  # type: ignore[assignment]  # nobody to wait for
    io_loop = None  # type: ignore[assignment]

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=descriptor)
        self._socket.setblocking(True)
        self._lock = threading.Lock()
        self._turn = os.memfd_create("turn")  # a forked child prints on the same line

    def fileno(self) -> int:
        """The descriptor to wait at for requests."""
        return self._socket.fileno()

    def receive(self) -> dict[str, Any] | None:
        """The next request; None when the judge has hung up."""
        size = self._exactly(8)
        data = self._exactly(int.from_bytes(size, "big")) if size else b""
        request: dict[str, Any] | None = json.loads(data) if data else None
        return request

    def _exactly(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size:
            part = self._socket.recv(min(size, 2**20))
            if not part:
                return b""
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def schedule(self, f: Callable[[], Any]) -> None:
        """Do it now."""
        f()

    def send_multipart(self, frames: Sequence[Any], *args: Any, **kwargs: Any) -> None:
        """Send a message whole, whatever signal or other thread comes in between."""
        last = len(frames) - 1
        data = b"".join(frame(bytes(f), more=k < last) for k, f in enumerate(frames))
        before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
        try:
            with self._lock:
                fcntl.lockf(self._turn, fcntl.LOCK_EX)
                try:
                    self._socket.sendall(data)
                finally:
                    fcntl.lockf(self._turn, fcntl.LOCK_UN)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def answer(self, kind: str, request: str, content: dict[str, Any], *buffers: bytes) -> None:
        """Send a message that belongs to a request."""
        self.send_multipart([*opening(kind, request), as_json(content), *buffers])


@functools.lru_cache(maxsize=1)
def opening(kind: str, request: str) -> tuple[bytes, ...]:
    """The parts of a message before its content, the same for all answers to a request."""
    header, parent = as_json({"msg_type": kind}), as_json({"msg_id": request})
    return b"<IDS|MSG>", b"", header, parent, b"{}"


def as_json(content: dict[str, Any]) -> bytes:
    """JSON in which text stands as it is."""
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def frame(data: bytes, *, more: bool) -> bytes:
    """A long frame of ZMTP."""
    return bytes((3 if more else 2,)) + len(data).to_bytes(8, "big") + data


class CappedStream(OutStream):
    """Stops sending what a cell prints beyond a length nobody reads."""

    _counted: tuple[Any, int] = (None, 0)
    _waiting = False

    def write(self, string: str) -> int:
        cell = self.parent_header.get("msg_id")
        before = self._counted[1] if self._counted[0] == cell else 0
        self._counted = (cell, before + len(string))
        if before < MAX_PRINTED:
            self._waiting = True
            super().write(string[: MAX_PRINTED - before])
        return len(string)

    def flush(self) -> None:
        if self._waiting:  # each flush wakes another thread and waits for it
            self._waiting = False
            super().flush()


class DirectStream(CappedStream):
    """Needs no thread: text waits for the end of its cell, or for more text a moment later.

    What programs write to the descriptor itself waits in a file until the end of the cell.
    """

    _since = 0.0
    _fid: int

    def set_parent(self, parent: dict[str, Any]) -> None:
        super().set_parent(parent)
        self._since = time.monotonic()

    def flush(self) -> None:
        with contextlib.suppress(OSError):  # the cell may have closed it
            if os.fstat(self._fid).st_size:
                written = os.pread(self._fid, MAX_PRINTED, 0)
                os.ftruncate(self._fid, 0)
                self.write(written.decode(errors="replace"))
        super().flush()

    def _schedule_flush(self) -> None:
        if time.monotonic() > self._since + PATIENCE_SECONDS:
            self._flush()
            self._since = time.monotonic()

    def _setup_stream_redirects(self, name: str) -> None:
        self._should_watch = False
        descriptor = {"stdout": 1, "stderr": 2}[name]
        self._original_stdstream_copy = os.dup(descriptor)
        self._fid = os.memfd_create(name)
        fcntl.fcntl(self._fid, fcntl.F_SETFL, os.O_APPEND)
        os.dup2(self._fid, descriptor)
