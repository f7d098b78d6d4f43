"""Any bytes from a kernel or a file: only the documented error, in bounded time and memory."""

from __future__ import annotations

import base64
import copy
import io
import json
import pickle
import random
import socket
import tracemalloc
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from nbgrader.nbgraderformat import MetadataValidator

from cvlib.check.codec import DTYPES, NotPlainDataError, decode, encode
from cvlib.check.compare import Tolerance, difference
from cvlib.check.marking import Reply, mark
from cvlib.check.measure import Measure
from cvlib.grading.judging.plan import make_plan
from cvlib.grading.judging.result import Result, safe_outputs
from cvlib.grading.notebook.normalize import (
    MAX_EXTRA_CELLS,
    NOTE,
    grade_id,
    is_solution,
    normalize,
    release_template,
)
from cvlib.grading.rehearsal.classroom import Classroom, to_bytes
from cvlib.grading.sandbox.answers import read_answer
from cvlib.grading.sandbox.outputs import MAX_DATA, MAX_OUTPUTS, MAX_TEXT, Outputs
from cvlib.grading.sandbox.wire import DELIMITER, MAX_FRAMES, MAX_QUEUE, Channel, Message, load_json
from cvlib.grading.spec.loading import load_problem_set
from tests.effort import effort

MEMORY = 2**20
LONGEST = 10**399 - 1  # the longest number that is taken
TINY = load_problem_set(Path(__file__).parent / "tiny", "ps90_tiny")
SHEETS = [item.sheet for item in make_plan(TINY, seed=1).items]
TEMPLATE = release_template(TINY)
IDS = [grade_id(cell) for cell in TEMPLATE.cells if grade_id(cell)]
SOLVED = to_bytes(Classroom(TINY, 1).solved())
SOLUTIONS = {grade_id(c): c.source for c in Classroom(TINY, 1).solved().cells if is_solution(c)}

json_leaves = (
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=6)
)
json_values = st.recursive(
    json_leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


# The codec.

arrays = hnp.arrays(
    st.sampled_from(sorted(DTYPES)), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-LONGEST, LONGEST) | st.floats() | st.text() | arrays,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=6,
)

sizes = st.sampled_from([-1, 0, 1, 2, 4, 2**31, 2**62, 2**63, 2**64, 10**30]) | st.integers(-3, 9)
shapes = st.lists(sizes | st.sampled_from([True, 4.0, "4", None]), max_size=70) | json_leaves
dtypes = (
    st.sampled_from(
        [*sorted(DTYPES), "O", "|O", "<U8", "|V8", ">f8", "<M8[s]", "<c16", "<f16", "f8"]
    )
    | st.text(max_size=5)
    | json_leaves
)
evil_bytes = st.sampled_from(
    [
        pickle.dumps(np.arange(3)),
        pickle.dumps(print),
        b"\x93NUMPY",
        bytes(32),
    ]
)
contents = (
    st.binary(max_size=64).map(lambda b: base64.b64encode(b).decode())
    | evil_bytes.map(lambda b: base64.b64encode(b).decode())
    | st.text(max_size=20)
    | json_leaves
)
lying_arrays = st.fixed_dictionaries({"a": contents, "dtype": dtypes, "shape": shapes})


def same(a: Any, b: Any) -> bool:
    """Equal in type and value, NaN and the sign of zero included."""
    if isinstance(a, np.ndarray):
        return type(b) is np.ndarray and (a.dtype, a.shape, a.tobytes()) == (
            b.dtype,
            b.shape,
            b.tobytes(),
        )
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    return type(a) is type(b) and repr(a) == repr(b)


def decoded(obj: Any, **limits: Any) -> Any:
    """What the decoder makes of JSON, or None; any other error than its own fails the test."""
    try:
        return decode(obj, **limits)
    except NotPlainDataError as error:
        reason = str(error)
    assert 0 < len(reason) < 2000
    return None


@given(plain)
def test_every_plain_value_survives_json(value: Any) -> None:
    assert same(decode(json.loads(json.dumps(encode(value)))), value)


@pytest.mark.parametrize("digits", [400, 401, 5000])
def test_a_number_of_many_digits_is_refused_on_its_way_out(digits: int) -> None:
    for number in (10**digits, -(10**digits)):
        with pytest.raises(NotPlainDataError, match="digits"):
            encode(number)


@given(lying_arrays)
@settings(max_examples=200)
@example({"a": "", "dtype": "<f8", "shape": [0, 2**62]})
@example({"a": "", "dtype": "<f8", "shape": [0, 2**64]})
@example({"a": "", "dtype": "|b1", "shape": [2**40, 0, 2**40]})
def test_an_array_that_lies_about_itself(obj: Any) -> None:
    value = decoded(obj)
    assert value is None or value.dtype.str in DTYPES
    assert value is None or value.nbytes <= 64


@given(arrays, st.randoms(use_true_random=False))
def test_a_damaged_array(array: np.ndarray, chance: random.Random) -> None:
    text = bytearray(json.dumps(encode(array)).encode())
    for _ in range(chance.randint(1, 4)):
        match chance.randint(0, 2):
            case 0:
                text[chance.randrange(len(text))] = chance.randrange(256)
            case 1:
                del text[chance.randrange(len(text)) :][:8]
            case _:
                text.insert(chance.randrange(len(text)), chance.randrange(128))
    try:
        obj = load_json(bytes(text))
    except ValueError:
        return
    value = decoded(obj)
    assert not isinstance(value, np.ndarray) or value.dtype.str in DTYPES


@given(json_values | st.dictionaries(st.sampled_from("sifltd"), json_values, max_size=2))
@settings(max_examples=300)
def test_any_json_is_decoded_or_refused(obj: Any) -> None:
    decoded(obj)


@pytest.mark.parametrize(
    "obj",
    [
        {"a": "", "dtype": "<f8", "shape": [2**31, 2**31]},
        {"a": "A" * 8_000_000, "dtype": "|u1", "shape": [6_000_000]},
        {"l": [{"a": "A" * 400_000, "dtype": "|u1", "shape": [300_000]}] * 20},
        {"l": [{"l": []}] * 300_000},
        {"d": [["k", None]] * 300_000},
        {"i": "9" * 50_000_000},
        {"f": "0x" + "1" * 50_000_000},
    ],
    ids=["claims", "holds", "many", "lists", "pairs", "digits", "hexadecimal"],
)
def test_an_answer_over_the_limit_takes_no_memory(obj: Any) -> None:
    tracemalloc.start()
    try:
        assert decoded(obj, max_bytes=2**20) is None
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 30 * MEMORY
    _, loops = effort(lambda: decoded(obj, max_bytes=2**20))
    assert loops < 100


def test_an_npy_file_with_a_pickle_is_not_opened() -> None:
    file = io.BytesIO()
    np.save(file, np.array([print], dtype=object), allow_pickle=True)
    text = base64.b64encode(file.getvalue()).decode()
    for dtype in ("|O", "O", "object", "<f8", "|u1"):
        assert decoded({"a": text, "dtype": dtype, "shape": [1]}) is None


#: What a reference gives: numbers that fit an array.
trusted = st.recursive(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | arrays,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(trusted, plain)
@settings(max_examples=300)
@example([1.5, 2.5], [1.5, LONGEST])
@example(np.zeros(2), [1.5, -LONGEST])
@example(1.5, LONGEST)
def test_two_answers_can_always_be_compared(expected: Any, got: Any) -> None:
    finding = difference(expected, got, Tolerance())
    assert finding is None or (isinstance(finding, str) and finding)
    for measure in (Measure("accuracy", at_least=0.5), Measure("mean_squared_error", at_most=1.0)):
        finding = measure.finding(np.arange(3.0), got)
        assert finding is None or finding


statuses = st.sampled_from(["ok", "missing", "error", "timeout", "dead", "refused"])
replies = st.builds(Reply, statuses, plain, st.text(max_size=20))


@given(st.data())
@settings(max_examples=60)
def test_any_replies_can_be_marked(data: Any) -> None:
    for sheet in SHEETS:
        count = len(sheet.calls)
        outcome = mark(sheet, data.draw(st.lists(replies, min_size=count, max_size=count)))
        assert 0.0 <= outcome.score <= sheet.points
        assert type(outcome.score) is float
        assert outcome.text


# The wire.


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


# What a kernel says.

answer_contents = st.fixed_dictionaries(
    {},
    optional={
        "index": st.integers(-2, 5) | json_leaves,
        "status": st.sampled_from(["ok", "error", "missing", "refused", "timeout", "dead"])
        | json_leaves,
        "detail": json_values,
    },
)
buffers = (
    st.none()
    | st.binary(max_size=80)
    | json_values.map(lambda v: json.dumps(v).encode())
    | plain.map(lambda v: json.dumps(encode(v)).encode())
    | lying_arrays.map(lambda v: json.dumps(v).encode())
    | st.sampled_from(
        [b"[" * 100_000, b"9" * 10_000, b'{"i":"' + b"9" * 10_000 + b'"}', b"[1," * 9]
    )
)


@given(answer_contents | json_values, st.lists(buffers, max_size=2), st.integers(-5, 2000))
@settings(max_examples=300)
def test_any_answer_is_a_reply(content: Any, data: list[bytes | None], left: int) -> None:
    frames = [DELIMITER, b"", b"{}", b"{}", b"{}", json.dumps(content).encode(), *data]
    index, reply, size = read_answer(Message(frames), left)
    assert type(index) is int
    assert reply.status in ("ok", "missing", "error", "refused")
    assert reply.status != "ok" or size <= left
    assert isinstance(reply.detail, str)
    assert len(reply.detail) <= 500
    assert "\n" not in reply.detail


mime = st.sampled_from(
    [
        "text/plain",
        "text/html",
        "image/png",
        "image/jpeg",
        "image/svg+xml",
        "application/javascript",
        "application/vnd.jupyter.widget-view+json",
    ]
) | st.text(max_size=5)
bundles = st.dictionaries(
    mime, st.text(max_size=9) | st.just("QUJD" * 300_000) | json_values, max_size=3
)
published = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["stdout", "stderr"]) | json_leaves,
        "text": st.text(max_size=50) | st.just("x" * 90_000) | json_values,
        "data": bundles | json_values,
        "metadata": json_values,
        "execution_count": json_leaves,
        "ename": json_values,
        "evalue": json_values,
        "traceback": st.lists(st.text(max_size=20) | json_leaves, max_size=120) | json_values,
        "transient": json_values,
    },
)  # fmt: skip
kinds = st.sampled_from(
    [
        "stream",
        "display_data",
        "execute_result",
        "error",
        "clear_output",
        "update_display_data",
        "comm_open",
        "status",
        "",
    ]
)


@given(
    st.lists(
        st.tuples(kinds, published | st.none() | json_values.map(lambda v: {"data": v})),
        max_size=12,
    )
)
@settings(max_examples=150)
def test_any_published_messages_are_valid_and_short_outputs(messages: list[Any]) -> None:
    outputs = Outputs()
    for kind, content in messages:
        outputs.add(kind, content)
    for cells in (outputs.cells, safe_outputs(outputs.cells)):
        code = nbformat.v4.new_code_cell("", outputs=nbformat.from_dict(copy.deepcopy(cells)))
        nbformat.validate(nbformat.v4.new_notebook(cells=[code]))
        assert len(cells) <= MAX_OUTPUTS + 1
        assert len(json.dumps(cells)) < 7 * (MAX_TEXT + MAX_DATA)
    Result("k", (), (outputs.cells,), (), 0.0).to_json().decode("ascii")


def test_a_flood_of_outputs_stays_short() -> None:
    outputs = Outputs()
    for k in range(20_000):
        content = {"text": "é" * 100, "data": {"text/plain": "p" * 90}, "traceback": ["t"] * 99}
        outputs.add(("stream", "display_data", "error")[k % 3], content)
    assert len(outputs.cells) <= MAX_OUTPUTS + 1
    assert len(json.dumps(outputs.cells)) < 7 * MAX_TEXT


REAL = Result(
    "key",
    (),
    ([{"output_type": "stream", "name": "stdout", "text": "é"}], []),
    ("a remark",),
    1.5,
).to_json()


@given(st.binary(max_size=60) | json_values.map(lambda v: json.dumps(v).encode()))
@example(b'{"key": 1, "exercises": 3, "outputs": [], "remarks": [], "seconds": 0}')
@example(b'{"key": 1, "exercises": [{}], "outputs": [], "remarks": [], "seconds": 0}')
@example(b'{"key": 1, "exercises": ["ab"], "outputs": [], "remarks": [], "seconds": 0}')
@example(b"[" * 100_000)
def test_a_damaged_result_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        Result.from_json(data)


@given(st.integers(0, len(REAL) - 1), st.integers(0, 255))
def test_a_result_with_one_wrong_byte_is_read_or_refused(place: int, byte: int) -> None:
    try:
        result = Result.from_json(REAL[:place] + bytes([byte]) + REAL[place + 1 :])
    except ValueError:
        return
    assert result.score == 0


# The notebook.

names = st.sampled_from([*IDS, *IDS, "unknown", "check-", "../x", "cell-0001"]) | json_leaves
flags = st.booleans() | json_leaves
about = st.fixed_dictionaries(
    {"grade_id": names},
    optional={
        "grade": flags, "solution": flags, "locked": flags, "task": flags, "points": json_leaves,
        "schema_version": st.integers(-1, 99) | json_leaves, "cell_type": json_leaves,
    },
)  # fmt: skip
texts = (
    st.text(max_size=20)
    | st.sampled_from([NOTE, f"{NOTE}mine", "\0", "\ud800", "%%html", "x" * 2_000_000])
    | st.lists(st.text(max_size=5) | json_leaves, max_size=3)
    | json_values
)
pictures = st.dictionaries(st.sampled_from(["image/png", "text/html"]), json_leaves, max_size=2)
odd_cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | json_leaves,
        "source": texts,
        "metadata": st.fixed_dictionaries({}, optional={"nbgrader": about | json_leaves})
        | json_values,
        "outputs": json_values,
        "execution_count": json_leaves,
        "id": json_leaves,
        "attachments": st.dictionaries(st.text(max_size=4), pictures | json_values, max_size=3)
        | st.just({"a\ud800": {"image/png": "QUJD"}, "a?": {"image/png": "QQ=="}})
        | json_values,
    },
)  # fmt: skip
odd_notebooks = st.fixed_dictionaries(
    {"cells": st.lists(odd_cells | json_values, max_size=10) | json_values},
    optional={"metadata": json_values, "nbformat": json_values, "worksheets": json_values},
)


def checked(raw: bytes) -> dict[str, str]:
    """Normalise, assert all that must hold of every notebook, and return the solution cells."""
    (notebook, remarks), loops = effort(normalize, raw, copy.deepcopy(TEMPLATE))
    assert loops < 60
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    text = nbformat.writes(notebook).encode()
    assert nbformat.writes(normalize(text, TEMPLATE)[0]).encode() == text, "twice is not once"
    rebuilt = [cell for cell in notebook.cells if grade_id(cell)]
    rebuilt.sort(key=lambda cell: IDS.index(grade_id(cell)))  # exercises may have moved
    released = [cell for cell in TEMPLATE.cells if grade_id(cell)]
    assert [grade_id(c) for c in rebuilt] == IDS
    for ours, theirs in zip(released, rebuilt, strict=True):
        assert (ours.metadata, ours.cell_type) == (theirs.metadata, theirs.cell_type)
        assert is_solution(ours) or ours.source == theirs.source
    assert all(not c.metadata for c in notebook.cells if not grade_id(c))
    assert len({c["id"] for c in notebook.cells}) == len(notebook.cells)
    assert len(notebook.cells) <= MAX_EXTRA_CELLS + len(TEMPLATE.cells) + 1
    assert all(isinstance(remark, str) and remark for remark in remarks)
    return {grade_id(c): c.source for c in notebook.cells if is_solution(c)}


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_any_bytes_become_the_released_notebook(raw: bytes) -> None:
    checked(raw)


@given(odd_notebooks | json_values)
@settings(max_examples=150)
def test_any_json_shaped_like_a_notebook_becomes_the_released_one(obj: Any) -> None:
    checked(json.dumps(obj).encode())


def some_places(obj: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths to every value in JSON."""
    items = (
        obj.items() if isinstance(obj, dict) else enumerate(obj) if isinstance(obj, list) else ()
    )
    return [here] * bool(here) + [
        p for key, value in items for p in some_places(value, (*here, key))
    ]


@given(st.data())
@settings(max_examples=60)
def test_a_real_notebook_with_a_few_values_replaced(data: Any) -> None:
    obj = json.loads(SOLVED)
    for _ in range(data.draw(st.integers(1, 4))):
        *path, last = data.draw(st.sampled_from(some_places(obj)))
        inner = obj
        for key in path:
            inner = inner[key]
        inner[last] = data.draw(json_values | odd_cells | about | names)
    checked(json.dumps(obj).encode())


@given(st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_a_real_notebook_with_a_few_bytes_replaced(chance: random.Random) -> None:
    raw = bytearray(SOLVED)
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(raw))
        match chance.randint(0, 3):
            case 0:
                raw[place] = chance.randrange(256)
            case 1:
                raw[place : place + chance.randint(1, 50)] = b""
            case 2:
                raw[place:place] = raw[place : place + 200]
            case _:
                raw[place] = chance.choice(b'"{}[],:\\')
    checked(bytes(raw))


@given(st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_shuffled_repeated_and_deleted_cells_cost_no_solution(chance: random.Random) -> None:
    obj = json.loads(SOLVED)
    cells = []
    for cell in obj["cells"]:
        mine = cell["metadata"].get("nbgrader", {}).get("solution")
        cells += (
            [cell] if mine else [copy.deepcopy(cell) for _ in range(chance.choice([0, 1, 1, 2]))]
        )
    chance.shuffle(cells)
    obj["cells"] = cells
    assert checked(json.dumps(obj).encode()) == SOLUTIONS


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"cell_type": "markdown", "source": NOTE},
        {"metadata": {"nbgrader": {"grade_id": "inner"}}},
    ],
    ids=["empty cells", "our own note", "one id"],
)
def test_a_flood_of_cells_is_cut_with_little_effort(cell: dict[str, Any]) -> None:
    raw = json.dumps({"cells": [cell] * 100_000}).encode()
    (notebook, _), loops = effort(normalize, raw, TEMPLATE)
    assert loops < 40
    assert len(notebook.cells) <= MAX_EXTRA_CELLS + len(TEMPLATE.cells) + 1
