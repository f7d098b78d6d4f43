"""No cell of a table that we write is a formula, and other text is left alone."""

from __future__ import annotations

import pytest

from cvlib.grading.pages.table_files import safe


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "  =1"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "ann", "a=b", "o'brien", "ps02 - tiny"])
def test_other_text_is_left_alone(text: str) -> None:
    assert safe(text) == text
