"""Whatever is handed in becomes a valid notebook with the cells that were released."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator

from cvlib.grading.notebook.normalize import (
    MAX_EXTRA_CELLS,
    NOTE,
    grade_id,
    normalize,
    release_template,
)
from cvlib.grading.notebook.source import build_source_notebook, exercise_id
from cvlib.grading.spec.loading import LoadedSet, load_problem_set

TINY = Path(__file__).parent / "tiny"
TEMPLATE = release_template(load_problem_set(TINY, "ps90_tiny"))
IDS = [grade_id(c) for c in TEMPLATE.cells if grade_id(c)]
RAW = nbformat.writes(TEMPLATE).encode()

scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats()
ids = st.sampled_from([*IDS, "unknown", "", "../x"]) | scalars
nbgrader = st.fixed_dictionaries(
    {},
    optional={
        "grade_id": ids,
        "grade": scalars,
        "solution": scalars,
        "locked": scalars,
        "points": scalars,
        "schema_version": scalars,
    },
)
metadata = st.fixed_dictionaries(
    {}, optional={"nbgrader": nbgrader | scalars, "tags": st.just(["skip-execution"]) | scalars}
)
cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | scalars,
        "source": st.text(max_size=30) | st.lists(st.text(max_size=8), max_size=3) | scalars,
        "metadata": metadata | scalars,
        "outputs": scalars,
        "attachments": st.dictionaries(st.text(max_size=4), scalars, max_size=2) | scalars,
    },
)
notebooks = st.fixed_dictionaries(
    {"cells": st.lists(cells | scalars, max_size=12) | scalars},
    optional={"metadata": scalars, "nbformat": scalars},
)


def assert_released_cells(names: list[str]) -> None:
    """Every released cell once; the exercises may have moved, their cells stay in order."""
    assert sorted(names, key=IDS.index) == IDS
    for exercise, group in itertools.groupby(names, key=exercise_id):
        assert list(group) == [n for n in IDS if exercise_id(n) == exercise]


def check(raw: bytes | None) -> tuple[NotebookNode, list[str]]:
    notebook, remarks = normalize(raw, copy.deepcopy(TEMPLATE))
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    text = nbformat.writes(notebook)
    again, _ = normalize(text.encode("utf-8"), TEMPLATE)
    assert nbformat.writes(again) == text, "normalising twice changes something"
    assert_released_cells([grade_id(c) for c in notebook.cells if grade_id(c)])
    for cell, released in zip(
        [c for c in notebook.cells if grade_id(c)],
        [c for c in TEMPLATE.cells if grade_id(c)],
        strict=True,
    ):
        assert cell.metadata == released.metadata
        assert cell.cell_type == released.cell_type
        if not released.metadata.nbgrader.solution:
            assert cell.source == released.source
    assert all(not c.metadata for c in notebook.cells if not grade_id(c))
    return notebook, remarks


@given(st.binary(max_size=200))
@settings(max_examples=60, deadline=None)
def test_any_bytes_become_a_valid_notebook(raw: bytes) -> None:
    _, remarks = check(raw)
    assert remarks


@given(notebooks)
@settings(max_examples=60, deadline=None)
def test_any_json_becomes_a_valid_notebook(obj: dict[str, Any]) -> None:
    check(json.dumps(obj).encode())


@pytest.mark.parametrize(
    "raw",
    [
        None, b"", b"{", b"[]", b"null", b'{"cells": 3}', b"\xff\xfe", b"[" * 100_000,
        b'{"cells": [' + b"9" * 10_000 + b"]}", b'{"cells": [{"source": "\\ud800"}]}',
        RAW[: len(RAW) // 2], b"\xef\xbb\xbf" + RAW,
    ],
    ids=["refused", "empty", "brace", "list", "null", "number", "binary", "deep", "long number",
         "surrogate", "half", "byte order mark"],
)  # fmt: skip
def test_damaged_files(raw: bytes | None) -> None:
    notebook, remarks = check(raw)
    if remarks:
        assert notebook.cells[0].source.startswith(NOTE)


def test_the_released_notebook_is_left_as_it_is() -> None:
    notebook, remarks = check(RAW)
    assert remarks == []
    assert [c.source for c in notebook.cells] == [c.source for c in TEMPLATE.cells]


def edited(change: Any) -> bytes:
    obj = json.loads(RAW)
    change(obj["cells"])
    return json.dumps(obj).encode()


def find(cells: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


def test_a_deleted_check_cell_comes_back_with_a_remark() -> None:
    notebook, remarks = check(edited(lambda cells: cells.remove(find(cells, "check-spread"))))
    assert any("missing" in r and "check-spread" in r for r in remarks)
    order = [grade_id(c) for c in notebook.cells if c.cell_type == "code"]
    assert order[order.index("spread") + 1] == "check-spread"
    headings = [c.source.split("\n")[0] for c in TEMPLATE.cells]
    mended = [
        c.source.split("\n")[0] for c in notebook.cells if c.source != notebook.cells[0].source
    ]
    assert mended == headings, "it stands before the heading of the next exercise"


def test_a_deleted_check_cell_comes_after_what_the_student_put_there() -> None:
    own = {"cell_type": "code", "metadata": {}, "source": "scale = 1.0", "outputs": []}

    def change(cells: list[dict[str, Any]]) -> None:
        cells[cells.index(find(cells, "check-spread"))] = own

    notebook, _ = check(edited(change))
    sources = [c.source for c in notebook.cells]
    assert grade_id(notebook.cells[sources.index("scale = 1.0") + 1]) == "check-spread"


def test_flags_tags_points_and_types_are_restored() -> None:
    def change(cells: list[dict[str, Any]]) -> None:
        cell = find(cells, "check-spread")
        cell["metadata"]["tags"] = ["skip-execution"]
        cell["metadata"]["nbgrader"] |= {"points": 99, "solution": True, "schema_version": 0}
        cell["cell_type"] = "markdown"
        cell["source"] = "4.0"

    _, remarks = check(edited(change))
    assert any("changed" in r and "check-spread" in r for r in remarks)


def test_the_first_of_two_cells_with_one_id_is_taken_and_the_second_kept_as_plain_code() -> None:
    def change(cells: list[dict[str, Any]]) -> None:
        cell = find(cells, "spread")
        cell["source"] = "first = 1"
        second = copy.deepcopy(cell) | {"source": "second = 2"}
        cells.insert(cells.index(cell) + 1, second)

    notebook, remarks = check(edited(change))
    sources = {grade_id(c): c.source for c in notebook.cells if grade_id(c)}
    assert sources["spread"] == "first = 1"
    plain = [c for c in notebook.cells if c.source == "second = 2"]
    assert len(plain) == 1
    assert not plain[0].metadata
    assert any("more than once" in r for r in remarks)


def test_own_cells_keep_their_place_and_a_pasted_picture() -> None:
    picture = {"p.png": {"image/png": "aGVsbG8=", "text/html": "<script>"}}

    def change(cells: list[dict[str, Any]]) -> None:
        place = cells.index(find(cells, "inner"))
        own = {"cell_type": "code", "source": "mine = 1", "metadata": {"tags": ["x"]}}
        cells.insert(place + 1, own)
        find(cells, "why")["attachments"] = picture

    notebook, remarks = check(edited(change))
    sources = [c.source for c in notebook.cells]
    place = sources.index("mine = 1")
    assert grade_id(notebook.cells[place - 1]) == "inner"
    answer = next(c for c in notebook.cells if grade_id(c) == "why")
    assert answer.attachments == {"p.png": {"image/png": "aGVsbG8="}}
    assert remarks == []


def test_a_flood_of_cells_is_cut() -> None:
    flood = [{"cell_type": "raw", "source": str(k), "metadata": {}} for k in range(5000)]
    notebook, remarks = check(edited(lambda cells: cells.extend(flood)))
    assert len(notebook.cells) <= MAX_EXTRA_CELLS + len(TEMPLATE.cells) + 1
    assert any("Only the first" in r for r in remarks)


def test_no_solution_and_no_marking_scheme_is_put_in_for_a_missing_cell(tiny: LoadedSet) -> None:
    solution = nbformat.writes(build_source_notebook(tiny))
    notebook, _ = check(b'{"cells": []}')
    text = nbformat.writes(notebook)
    for secret in ("x.mean()", "x @ y", "3 * 3 * 3", "squared distances balance", "Two points"):
        assert secret in solution
        assert secret not in text
