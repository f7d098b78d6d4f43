"""Any stream of bytes gives bounded messages, in whatever pieces it comes."""

from __future__ import annotations

import random
import socket
import tracemalloc
from typing import Any

from any_values import MEMORY
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.grading.sandbox.answers import read_answer
from cvlib.grading.sandbox.wire import MAX_FRAMES, MAX_QUEUE, Channel, Message


def send_in_pieces(
    channel: Channel, theirs: socket.socket, data: bytes, pieces: list[int]
) -> list[Any]:
    """Feed bytes through a real socket while reading; return the messages that came out."""
    messages: list[Any] = []
    left, k = memoryview(data), 0
    theirs.setblocking(False)
    while left:
        step = pieces[k % len(pieces)] if pieces else len(left)
        k += 1
        left = left[theirs.send(left[:step]) :]
        channel.read()
        messages += channel.messages
        channel.messages.clear()
    channel.read()
    return messages + list(channel.messages)


def run_channel(data: bytes, pieces: list[int], limit: int = 200) -> tuple[Channel, list[Any]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = Channel(ours, max_message=limit)
        return channel, send_in_pieces(channel, theirs, data, pieces)


frame_parts = st.tuples(
    st.integers(0, 255),
    st.integers(0, 2**64 - 1) | st.integers(0, 300),
    st.binary(max_size=40),
).map(
    lambda p: bytes([p[0]]) + (p[1].to_bytes(8, "big") if p[0] & 2 else bytes([p[1] % 256])) + p[2]
)
streams = st.binary(max_size=400) | st.lists(frame_parts, max_size=8).map(b"".join)


@given(streams, st.lists(st.integers(1, 60), max_size=5))
@settings(max_examples=300)
def test_any_stream_in_any_pieces_gives_the_same_bounded_messages(
    data: bytes, pieces: list[int]
) -> None:
    channel, messages = run_channel(data, pieces)
    _, at_once = run_channel(data, [])
    assert messages == at_once
    assert len(channel._buffer) <= 200 + 9
    assert len(channel._frames) <= MAX_FRAMES
    for frames in messages:
        assert len(frames) <= MAX_FRAMES
        assert sum(len(f) for f in frames if f) <= 200
        message = Message(frames)
        assert isinstance(message.kind, str)
        assert isinstance(message.parent, str)
        assert message.content is None or isinstance(message.content, dict)
        read_answer(message, 1000)


@given(
    st.lists(st.lists(st.binary(max_size=300), min_size=1, max_size=5), max_size=5),
    st.lists(st.integers(1, 500), max_size=5),
    st.booleans(),
)
def test_what_was_sent_arrives_whole_in_any_pieces(
    sent: list[list[bytes]], pieces: list[int], long: bool
) -> None:
    data = b""
    for frames in sent:
        for k, body in enumerate(frames):
            more, wide = k < len(frames) - 1, long or len(body) > 255
            data += bytes([more + 2 * wide]) + len(body).to_bytes(8 if wide else 1, "big") + body
    assert run_channel(data, pieces, limit=10**6)[1] == sent


def test_a_flood_of_tiny_frames_and_of_garbage_takes_no_memory() -> None:
    noise = random.Random(0).randbytes(200_000)
    for data in (b"\x01\x00" * 20_000, b"\x00\x00" * 20_000, b"\x04\x00" * 20_000, noise):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            channel = Channel(ours, max_message=1000)
            tracemalloc.start()
            for k in range(0, len(data), 50_000):
                theirs.sendall(data[k : k + 50_000])
                channel.read()
                assert len(channel.messages) < MAX_QUEUE + 50_000
                channel.messages.clear()
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 20 * MEMORY
