"""Comparing an answer, however large or odd, takes no more memory than the answer itself."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hostile.corpus import LONGEST_TEXT

from cvlib.check.compare import Tolerance, difference


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (np.float64(1.0), ["x"] * 100 + ["y" * 2**18]),
        ((1, 2), np.zeros(2**20, np.uint8)),
        ({"a": 1}, {"k" * 2**20: 1}),
    ],
    ids=["texts of one length", "an array number by number", "long keys"],
)
def test_comparing_takes_no_more_memory_than_the_answer(expected: Any, got: Any) -> None:
    tracemalloc.start()
    try:
        found = difference(expected, got, Tolerance())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found is not None
    assert len(found) < LONGEST_TEXT
    assert peak < 2**24
