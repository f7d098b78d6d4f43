"""The codec returns what it was given, and takes nothing but plain data."""

import base64
import contextlib
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cvlib.check.codec import DTYPES, MAX_DEPTH, NotPlainDataError, decode, encode

arrays = hnp.arrays(
    st.sampled_from(sorted(DTYPES)),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain)
def test_plain_values_survive_the_trip(value):
    wire = json.loads(json.dumps(encode(value)))
    assert repr(decode(wire)) == repr(value)


@given(arrays, st.sampled_from(["C", "F", "strided", "big-endian"]))
def test_arrays_survive_the_trip_whatever_their_layout(array, layout):
    if layout == "strided":
        given_array = np.stack([array, array], axis=-1)[..., 0]
    elif layout == "big-endian":
        given_array = array.astype(array.dtype.newbyteorder(">"))
    else:
        given_array = np.asarray(array, order=layout)
    back = decode(json.loads(json.dumps(encode(given_array))))
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


class Liar(np.ndarray):
    def __eq__(self, other):
        return True


def test_a_subclass_of_array_arrives_as_a_plain_array():
    back = decode(encode(np.arange(3.0).view(Liar)))
    assert type(back) is np.ndarray


@pytest.mark.parametrize(
    ("value", "word"),
    [
        (object(), "object"),
        (np.array([object()]), "dtype object"),
        (np.array([1j]), "complex"),
        (np.array(["a"]), "dtype <U1"),
        ({1: 2}, "key 1"),
        ([1, {"a": {2}}], "[1]['a']"),
        (lambda: 0, "function"),
    ],
)
def test_anything_else_is_refused_with_its_place(value, word):
    with pytest.raises(NotPlainDataError) as caught:
        encode(value)
    assert word in str(caught.value)


def test_deep_nesting_is_refused_both_ways():
    value: list = []
    wire: dict = {"l": []}
    for _ in range(MAX_DEPTH + 2):
        value, wire = [value], {"l": [wire]}
    with pytest.raises(NotPlainDataError):
        encode(value)
    with pytest.raises(NotPlainDataError):
        decode(wire)


ARRAY = encode(np.arange(4.0))


@pytest.mark.parametrize(
    "wire",
    [
        3,
        "text",
        [1],
        {},
        {"x": 1},
        {"i": 3},
        {"i": "9" * 1000},
        {"i": "0x10"},
        {"f": "nope"},
        {"f": "0x1p99999"},
        {"t": {}},
        {"d": [["a"]]},
        {"d": [[1, None]]},
        {**ARRAY, "dtype": "O"},
        {**ARRAY, "dtype": "<U8"},
        {**ARRAY, "shape": [5]},
        {**ARRAY, "shape": [-1]},
        {**ARRAY, "shape": [True, 4]},
        {**ARRAY, "shape": [2**62, 2**62]},
        {**ARRAY, "a": "***"},
        {**ARRAY, "a": base64.b64encode(pickle.dumps([1])).decode()},
        {"l": [None] * 200_001},
    ],
)
def test_malformed_answers_are_refused(wire):
    with pytest.raises(NotPlainDataError):
        decode(wire)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "dtype", "shape", "s", "i", "f", "t", "l", "d"]), inner
        )
    ),
    max_leaves=10,
)


@given(json_values)
def test_no_json_at_all_breaks_the_decoder(wire):
    with contextlib.suppress(NotPlainDataError):
        decode(wire)


def test_an_answer_over_the_limit_is_refused_before_it_is_built():
    wire = encode(np.zeros(1000))
    with pytest.raises(NotPlainDataError, match="too large"):
        decode(wire, max_bytes=1000)
