"""Plain data on the line between two sessions: JSON for its outline, the arrays as they lie.

The codec of the judge writes arrays as text, which training by hand would wait for.
"""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Iterator
from typing import Any

import numpy as np

from cvlib.check.codec import DTYPES, decode, encode

MAX_BYTES = 64 * 2**20


def send(peer: socket.socket, message: dict[str, Any]) -> None:
    """Send a message whole; ValueError when it is too large, TypeError when it is no plain data."""
    arrays: list[np.ndarray] = []
    outline = json.dumps(_outline(message, arrays)).encode()
    size = len(outline) + sum(a.nbytes for a in arrays)
    if size > MAX_BYTES:
        raise ValueError(f"expected at most {MAX_BYTES} bytes in one call, got {size}")
    head = size.to_bytes(8, "big") + len(outline).to_bytes(8, "big")
    peer.sendall(b"".join([head, outline, *(a.tobytes() for a in arrays)]))


def receive(peer: socket.socket, patience: float | None) -> dict[str, Any]:
    """The next message; ConnectionError when the other side is gone or sends what is none."""
    head = _exactly(peer, 16)
    size, length = int.from_bytes(head[:8], "big"), int.from_bytes(head[8:], "big")
    if size > MAX_BYTES or length > size:
        raise ConnectionError(f"expected a message of at most {MAX_BYTES} bytes, got {size}")
    peer.settimeout(patience)
    try:
        data = _exactly(peer, size)
    finally:
        peer.settimeout(None)
    found = _Reader(data, length).read()
    if not isinstance(found, dict):
        raise ConnectionError("expected a message with names in it")
    return found


def _exactly(peer: socket.socket, size: int) -> bytes:
    parts: list[bytes] = []
    while size:
        part = peer.recv(min(size, 2**20))
        if not part:
            raise ConnectionError("our solution is not there any more")
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _outline(value: Any, arrays: list[np.ndarray]) -> Any:
    """The form of a value in JSON; its arrays are added to the list."""
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.str in DTYPES:
        arrays.append(value)
        return {"n": [value.dtype.str, list(value.shape)]}
    if isinstance(value, tuple | list):
        parts = [_outline(v, arrays) for v in value]
        return {"t" if isinstance(value, tuple) else "l": parts}
    if isinstance(value, dict) and all(isinstance(name, str) for name in value):
        return {"d": [[str(name), _outline(v, arrays)] for name, v in value.items()]}
    for convert in ("toarray", "detach"):  # a sparse matrix, a tensor: the array that it holds
        if not isinstance(value, type) and callable(getattr(value, convert, None)):
            return _outline(np.asarray(getattr(value, convert)()), arrays)
    return encode(value)


class _Reader:
    """Reads an outline, and takes the arrays from behind it as they come."""

    def __init__(self, data: bytes, length: int) -> None:
        self._data, self._at = data, length
        self._outline = json.loads(data[:length])

    def read(self) -> Any:
        return self._value(self._outline)

    def _value(self, found: Any) -> Any:
        match found:
            case {"n": [dtype, shape]}:
                return self._array(dtype, shape)
            case {"t": parts}:
                return tuple(map(self._value, parts))
            case {"l": parts}:
                return list(map(self._value, parts))
            case {"d": pairs}:
                return {str(name): self._value(v) for name, v in pairs}
        value = decode(found)
        return value[()] if isinstance(value, np.ndarray) else value  # without axes: a number

    def _array(self, dtype: str, shape: list[int]) -> np.ndarray:
        if dtype not in DTYPES or any(type(n) is not int or n < 0 for n in shape):
            raise ValueError("expected the dtype and the shape of an array")
        count = math.prod(shape)
        found = np.frombuffer(self._data, dtype, count, self._at) if count else np.empty(0, dtype)
        self._at += found.nbytes
        return found.reshape(shape).copy()


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
