"""Values to draw from: any JSON, any plain data, arrays that lie about themselves."""

from __future__ import annotations

import base64
import pickle

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cvlib.check.codec import DTYPES

MEMORY = 2**20
LONGEST = 10**399 - 1  # the longest number that is taken

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
