"""Any file becomes the released notebook with its solutions, or without them."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import nbformat
import pytest
from any_values import json_leaves, json_values
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator
from tiny_work import IDS, SOLUTIONS, SOLVED, TEMPLATE

from cvlib.grading.notebook.normalize import MAX_EXTRA_CELLS, NOTE, grade_id, is_solution, normalize
from tests.effort import effort

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
