"""Calls between two sessions: what stands for our solution in one, and what answers in the other.

Plain data alone crosses: a student's process holds no more of our solution than its name and those
of its methods. Arrays that a call changes are changed for the caller, too. A message is JSON behind
eight bytes of length; each request has one answer, with its number.
"""

from __future__ import annotations

import builtins
import itertools
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.check.codec import NotPlainDataError, decode, encode

STUB, OPEN = "cvlib_stub", "cvlib_open"
MAX_BYTES = 64 * 2**20
#: What one session may ask for: training by hand takes some ten thousand calls.
MAX_CALLS, MAX_OBJECTS = 200_000, 1_000
#: How long the rest of a message may take, and an answer to be read.
PATIENCE_SECONDS = 10.0


def receive(peer: socket.socket, patience: float | None) -> dict[str, Any]:
    """The next message; ConnectionError when the other side is gone or sends what is none."""
    head = _exactly(peer, 8)
    peer.settimeout(patience)
    try:
        size = int.from_bytes(head, "big")
        if size > MAX_BYTES:
            raise ConnectionError(f"expected a message of at most {MAX_BYTES} bytes, got {size}")
        found = json.loads(_exactly(peer, size))
    finally:
        peer.settimeout(None)
    if not isinstance(found, dict):
        raise ConnectionError("expected a message with names in it")
    return found


def send(peer: socket.socket, message: dict[str, Any]) -> None:
    """Send a message whole; ValueError when it is too large."""
    data = json.dumps(message).encode()
    if len(data) > MAX_BYTES:
        raise ValueError(f"expected at most {MAX_BYTES} bytes in one call, got {len(data)}")
    peer.sendall(len(data).to_bytes(8, "big") + data)


def _exactly(peer: socket.socket, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = peer.recv(min(size, 2**20))
        if not part:
            raise ConnectionError("our solution is not there any more")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def plain(value: Any) -> Any:
    """What is sent of a value: sparse matrices and tensors as the arrays that they hold."""
    if isinstance(value, tuple | list):
        return [plain(v) for v in value] if isinstance(value, list) else tuple(map(plain, value))
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    for convert in ("toarray", "detach"):
        if not isinstance(value, type) and callable(getattr(value, convert, None)):
            return np.asarray(getattr(value, convert)())
    return value


def received(coded: Any) -> Any:
    """What was sent; an array without axes becomes the number that it was."""

    def scalars(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return value if value.ndim else value[()]
        if isinstance(value, tuple | list):
            return type(value)(map(scalars, value))
        return {k: scalars(v) for k, v in value.items()} if isinstance(value, dict) else value

    return scalars(decode(coded))


def arrays_in(value: Any) -> Iterator[np.ndarray]:
    """All arrays in plain data, in their order."""
    if isinstance(value, np.ndarray) and value.ndim:
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from arrays_in(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from arrays_in(part)


class Asking:
    """The student's end: asks, waits for the answer, and raises what it says."""

    def __init__(self, peer: socket.socket) -> None:
        self._peer = peer
        self._turn = threading.Lock()
        self._numbers = itertools.count()

    def ask(self, name: str, what: str, given: Any, **more: Any) -> Any:
        """Have something done with ``given``, a tuple of plain data."""
        try:
            message = {"name": name, "what": what, "given": encode(plain(given)), **more}
        except NotPlainDataError as error:
            raise TypeError(f"our solution of {name} takes plain data alone: {error}") from None
        with self._turn:
            number = message["number"] = next(self._numbers)
            try:
                send(self._peer, message)
                while (reply := receive(self._peer, None)).get("number") != number:
                    pass
            except OSError as error:
                raise RuntimeError(f"our solution of {name} does not answer: {error}") from None
        if "error" in reply:
            kind, text = reply["error"]
            raise _exception(kind)(text)
        arrays = list(arrays_in(given))
        for k, array in reply["changed"]:
            arrays[k][...] = received(array)
        return received(reply["value"])


def _exception(name: str) -> Any:
    kind = getattr(builtins, str(name), None)
    usual = isinstance(kind, type) and issubclass(kind, Exception)
    return kind if usual and not issubclass(kind, UnicodeError | OSError) else RuntimeError  # type: ignore[arg-type]


def make_stub(kernel: Any, peer: socket.socket) -> Callable[..., dict[str, Any]]:
    """The handler that puts something in the place of a wrong answer."""
    asking = Asking(peer)

    def handle(line: Any, ident: Any, message: dict[str, Any]) -> dict[str, Any]:
        told, name = message["content"], message["content"]["name"]
        if "value" in told:
            found = received(told["value"])
        elif told["methods"] is None:
            found = _function(asking, name)
        else:
            found = _class(asking, name, told["methods"])
        kernel.shell.user_ns[name] = found
        return {}

    return handle


def _function(asking: Asking, name: str) -> Callable[..., Any]:
    def ours(*args: Any, **kwargs: Any) -> Any:
        return asking.ask(name, "call", (args, kwargs))

    ours.__name__ = ours.__qualname__ = name
    return ours


def _class(asking: Asking, name: str, methods: list[str]) -> type:
    def begin(self: Any, *args: Any, **kwargs: Any) -> None:
        number = asking.ask(name, "new", (args, kwargs))
        vars(self).update(_ours=number, _held=(args, kwargs))

    def read(self: Any, attribute: str) -> Any:
        if attribute.startswith("_"):
            raise AttributeError(attribute)
        return asking.ask(name, "read", (), object=self._ours, of=attribute)

    def write(self: Any, attribute: str, value: Any) -> None:
        asking.ask(name, "write", (value,), object=self._ours, of=attribute)

    def method(attribute: str) -> Callable[..., Any]:
        def ours(self: Any, *args: Any, **kwargs: Any) -> Any:
            given = (args, kwargs, *self._held)
            return asking.ask(name, "method", given, object=self._ours, of=attribute)

        ours.__name__ = attribute
        return ours

    own = {"__init__": begin, "__getattr__": read, "__setattr__": write}
    return type(name, (), own | {m: method(m) for m in methods})
