"""Any value and any JSON is decoded, compared and marked, or refused with a reason."""

from __future__ import annotations

import base64
import io
import json
import random
import tracemalloc
from typing import Any

import numpy as np
import pytest
from any_values import LONGEST, MEMORY, arrays, json_values, lying_arrays, plain
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tiny_work import SHEETS

from cvlib.check.codec import DTYPES, NotPlainDataError, decode, encode
from cvlib.check.compare import Tolerance, difference
from cvlib.check.marking import Reply, mark
from cvlib.check.measure import Measure
from cvlib.grading.sandbox.wire import load_json
from tests.effort import effort


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
