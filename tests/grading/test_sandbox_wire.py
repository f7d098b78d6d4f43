"""The client's side of the wire against peers that keep to no rule, over real sockets."""

from __future__ import annotations

import json
import os
import socket
import time
import tracemalloc

import pytest
import zmq

from cvlib.grading.wire import DELIMITER, MAX_FRAMES, MAX_QUEUE, Channel, Message, WireError, pack

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(52, b"\0")


def pair(limit: int = 1000) -> tuple[Channel, socket.socket]:
    """A channel past its greeting, and the socket of its peer."""
    ours, theirs = socket.socketpair()
    return Channel("", "", max_message=limit, connected=ours), theirs


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


def test_it_speaks_with_libzmq(tmp_path: object) -> None:
    path = f"{tmp_path}/s"
    with zmq.Context() as context, context.socket(zmq.ROUTER) as peer:
        peer.linger = 0
        peer.bind(f"ipc://{path}")
        channel = Channel(path, "DEALER", max_message=10**6)
        deadline = time.monotonic() + 10
        while not channel.ready and time.monotonic() < deadline:
            channel.read()
        sent = [b"", b"a", bytes(300), os.urandom(100_000)]
        channel.send(sent, deadline)
        identity, *received = peer.recv_multipart()
        assert received == sent
        peer.send_multipart([identity, *sent])
        while not channel.messages and time.monotonic() < deadline:
            channel.read()
        assert list(channel.messages) == [sent]
        channel.close()


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


@pytest.mark.parametrize("greeting", [b"HTTP/1.1 200 OK" * 10, b"\xff" + bytes(70), b""])
def test_another_protocol_is_a_lost_channel(greeting: bytes, tmp_path: object) -> None:
    path = f"{tmp_path}/s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(1)
        channel = Channel(path, "DEALER", max_message=100)
        peer, _ = listening.accept()
        peer.sendall(greeting)
        peer.close()
        for _ in range(3):
            channel.read()
        assert channel.lost
        with pytest.raises(WireError):
            channel.send([bytes(10**6)], time.monotonic() + 1)
        channel.close()


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
    ],
)
def test_malformed_messages_are_empty_messages(frames: list[bytes | None]) -> None:
    message = Message(frames)
    assert (message.kind, message.parent) == ("", "")
    assert message.content is None or message.content == {}


def test_a_request_is_signed_as_jupyter_signs() -> None:
    from jupyter_client.session import Session as JupyterSession

    jupyter = JupyterSession(key=b"key", check_pid=False)
    identity, frames = pack("kernel_info_request", {"a": "ü"}, b"key")
    _, rest = jupyter.feed_identities(frames)
    message = jupyter.deserialize(rest)
    assert message["header"]["msg_id"] == identity
    assert message["content"] == {"a": "ü"}
    assert json.loads(frames[2])["msg_type"] == "kernel_info_request"
