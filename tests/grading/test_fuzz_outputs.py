"""Whatever a kernel says is a reply, a valid output or a damaged result, and stays short."""

from __future__ import annotations

import copy
import json
from typing import Any

import nbformat
import pytest
from any_values import json_leaves, json_values, lying_arrays, plain
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cvlib.check.codec import encode
from cvlib.grading.judging.result import Result, safe_outputs
from cvlib.grading.sandbox.answers import read_answer
from cvlib.grading.sandbox.outputs import MAX_DATA, MAX_OUTPUTS, MAX_TEXT, Outputs
from cvlib.grading.sandbox.wire import DELIMITER, Message

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
