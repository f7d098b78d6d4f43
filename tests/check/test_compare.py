"""Two answers agree when a mathematician would say so, and the difference is told in words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cvlib.check.compare import Tolerance, difference

T = Tolerance()
ROWS = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (3, 3.0),
        (3, np.int64(3)),
        (3.0, np.float32(3)),
        ((1, 2), [1, 2]),
        ((1, 2), np.array([1, 2])),
        (ROWS, ROWS.tolist()),
        (ROWS, ROWS.astype(np.float32)),
        (ROWS, np.asfortranarray(ROWS)),
        (np.array([1, 2]), np.array([1.0, 2.0])),
        ({"a": 1, "b": ROWS}, {"b": ROWS, "a": 1}),
        (None, None),
        ("relu", "relu"),
        (True, True),
        (0.3, 0.1 + 0.2),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_equal_answers(expected, got):
    assert difference(expected, got, T) is None


@pytest.mark.parametrize(
    ("expected", "got", "words"),
    [
        (3, 4, "expected 3, got 4"),
        (3, None, "got None"),
        (3, "3", "got '3'"),
        (3, np.nan, "finite"),
        (ROWS, ROWS.T, "expected the shape (2, 3), got (3, 2)"),
        (ROWS, ROWS + 1e-3, "6 of 6 differ, first at index (0, 0)"),
        (ROWS, np.where(ROWS == 4, np.inf, ROWS), "finite numbers"),
        (ROWS, [[1, 2], [3]], "got a list of 2"),
        ((1, 2), (1, 2, 3), "expected 2 values"),
        ((1, ROWS), (1, ROWS + 1), "at [1]"),
        ({"a": 1}, {"b": 1}, "keys ['a']"),
        (True, 1, "expected True"),
        (None, 0, "expected None"),
        (1, True + 1, "expected 1, got 2"),
        (np.array([1, 2]), np.array([1 + 0j, 2]), "complex"),
    ],
)
def test_different_answers_are_told_apart(expected, got, words):
    told = difference(expected, got, T)
    assert told is not None
    assert words in told


finite = st.floats(-1e6, 1e6)
shapes = hnp.array_shapes(max_dims=3, max_side=4)


@given(hnp.arrays(np.float64, shapes, elements=finite), st.data())
def test_one_changed_number_is_always_found(array, data):
    index = tuple(data.draw(st.integers(0, n - 1)) for n in array.shape)
    changed = array.copy()
    changed[index] += 1e-3 * max(1.0, abs(array[index]))
    assert difference(array, array, T) is None
    told = difference(array, changed, T)
    assert told is not None
    assert f"1 of {array.size} differ" in told
