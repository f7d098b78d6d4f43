"""The judge's end of the line against kernels that keep to no rule, over real sockets."""

from __future__ import annotations

import json
import os
import socket
import time
import tracemalloc
from typing import Any

import pytest
from jupyter_client.session import Session as JupyterSession

from cvlib.grading.sandbox.wire import (
    DELIMITER,
    MAX_FRAMES,
    MAX_QUEUE,
    Channel,
    Message,
    WireError,
    pack,
)


def pair(limit: int = 1000) -> tuple[Channel, socket.socket]:
    """A channel, and the socket of its peer."""
    ours, theirs = socket.socketpair()
    return Channel(ours, max_message=limit), theirs


def frame(data: bytes, *, more: bool) -> bytes:
    return bytes((3 if more else 2,)) + len(data).to_bytes(8, "big") + data


def read_all(channel: Channel, theirs: socket.socket, data: bytes) -> None:
    """Send everything while reading, as a kernel and a session would."""
    theirs.setblocking(False)
    left = memoryview(data)
    while left:
        try:
            left = left[theirs.send(left[:50_000]) :]
        except BlockingIOError:
            channel.read()
    channel.read()


def test_what_jupyter_sends_is_read() -> None:
    class Peer:
        def send_multipart(self, parts: list[bytes], **kwargs: object) -> None:
            last = len(parts) - 1
            theirs.sendall(b"".join(frame(p, more=k < last) for k, p in enumerate(parts)))

    channel, theirs = pair(limit=10**6)
    jupyter = JupyterSession(key=b"")
    data = os.urandom(30_000)
    peer: Any = Peer()
    sent = jupyter.send(
        peer,
        "stream",
        {"text": "ü" * 300},
        parent={"msg_id": "7"},
        ident=b"topic",
        buffers=[data],
    )
    assert sent is not None
    channel.read()
    message = Message(channel.messages.popleft())
    assert (message.kind, message.parent, message.content) == ("stream", "7", sent["content"])
    assert message.buffers == [data]


def test_a_frame_over_the_limit_passes_unread() -> None:
    channel, theirs = pair(limit=1000)
    data = frame(bytes(20_000_000), more=True) + frame(b"rest", more=False)
    tracemalloc.start()
    read_all(channel, theirs, data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert list(channel.messages) == [[None, b"rest"]]
    assert peak < 1_000_000


def test_a_message_without_end_takes_no_memory() -> None:
    channel, theirs = pair(limit=1000)
    endless = frame(b"x" * 90, more=True) * 1000
    for _ in range(50):
        read_all(channel, theirs, endless)
    assert not channel.messages
    assert len(channel._frames) == MAX_FRAMES
    assert sum(len(f or b"") for f in channel._frames) <= 1000
    assert len(channel._buffer) < 200


def test_a_size_beyond_all_memory_is_not_believed() -> None:
    channel, theirs = pair()
    read_all(channel, theirs, b"\x02" + b"\xff" * 8 + b"x" * 100_000)
    assert not channel.messages
    assert len(channel._buffer) < 100


def test_a_flood_of_small_messages_waits_in_the_pipe() -> None:
    channel, theirs = pair()
    theirs.setblocking(False)
    try:
        while True:
            theirs.send(frame(b"x" * 600, more=False) * 50)
    except BlockingIOError:
        channel.read()
    assert MAX_QUEUE <= len(channel.messages) < MAX_QUEUE + 65536 // 600 + 1


def test_a_kernel_that_hung_up_is_a_lost_channel() -> None:
    channel, theirs = pair()
    theirs.sendall(frame(b"last words", more=False) + b"\x02")
    theirs.close()
    for _ in range(3):
        channel.read()
    assert list(channel.messages) == [[b"last words"]]
    assert channel.lost
    with pytest.raises(WireError):
        channel.send(bytes(10**6), time.monotonic() + 1)


def test_a_kernel_that_does_not_read_is_not_waited_for_without_end() -> None:
    channel, _theirs = pair()
    with pytest.raises(WireError, match="does not read"):
        channel.send(bytes(10**8), time.monotonic() + 0.3)


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [None] * 4,
        [b"x"] * 20,
        [DELIMITER],
        [DELIMITER, b"", b"[1]", b"null", b"", b"{"],
        [DELIMITER, b"", b'{"msg_type": 3}', b'{"msg_id": []}', b"{}", b"[" * 10_000],
        [DELIMITER, b"", b"{}", b"{}", b"{}", b'{"a": ' + b"9" * 10_000 + b"}"],
        [DELIMITER, b"", b"\xff\xfe", b"{}", b"{}", b'{"a": "\\ud800"}'],
        [DELIMITER, b"", b"{}", b"{}", b"{}", b'{"a": [' + b"[]," * 10**6 + b"[]]}"],
        [DELIMITER, b"", b"{}", b"{}", b"{}", b'{"a": "' + b"x" * 2**22 + b'"}'],
    ],
)
def test_malformed_messages_are_empty_messages(frames: list[bytes | None]) -> None:
    message = Message(frames)
    assert (message.kind, message.parent) == ("", "")
    assert message.content is None or message.content == {}


def test_a_request_is_json_behind_its_length() -> None:
    channel, theirs = pair()
    (identity, data), (other, _) = (pack("cvlib_cell", {"code": "ü"}) for _ in range(2))
    channel.send(data, time.monotonic() + 5)
    size = int.from_bytes(theirs.recv(8), "big")
    text = theirs.recv(10**6)
    assert len(text) == size
    assert json.loads(text) == {"id": identity, "kind": "cvlib_cell", "content": {"code": "ü"}}
    assert identity != other
