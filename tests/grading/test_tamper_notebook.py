"""Cells, metadata and outputs that were edited are listed; right and wrong answers are not."""

from __future__ import annotations

import inspect
import json
import textwrap
from pathlib import Path

import nbformat
import pytest
from looking import look

from cvlib.grading.rehearsal.classroom import Classroom, check_cells, insert_after, to_bytes
from cvlib.grading.spec.loading import load_problem_set

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("path", sorted((ROOT / "assignments").glob("ps*")), ids=lambda p: p.name)
def test_right_and_wrong_answers_of_every_set_are_no_evidence(path: Path) -> None:
    """The model solutions, and every variant written in Python, in the cell of its exercise."""
    loaded = load_problem_set(path.parent, path.name)
    room = Classroom(loaded, seed=0)
    assert look(room, room.solved()) == look(room, room.blank()) == []
    notebook = room.solved()
    variants = 0
    for exercise in loaded.problem_set.exercises:
        for variant in exercise.variants.all:
            try:
                source = textwrap.dedent(inspect.getsource(variant.target))
            except (OSError, TypeError):
                continue
            insert_after(notebook, exercise.id, source)
            variants += 1
    assert variants > 40
    assert {e.what for e in look(room, notebook) if e.severity != "note"} == set()


def test_numbers_that_an_editor_writes_anew_are_the_same(room: Classroom) -> None:
    notebook = json.loads(to_bytes(room.solved()))
    for cell in notebook["cells"]:
        about = cell["metadata"].get("nbgrader", {})
        if "points" in about:
            about["points"] = int(about["points"])
    assert look(room, json.dumps(notebook).encode()) == []


def test_released_cells_that_were_changed_deleted_doubled_and_moved(room: Classroom) -> None:
    notebook = room.solved()
    first, second, *_ = check_cells(notebook)
    first.source += "\nprint('mine')"
    notebook.cells.remove(second)
    notebook.cells += [nbformat.from_dict(first)]
    notebook.cells.insert(0, notebook.cells.pop(notebook.cells.index(check_cells(notebook)[1])))
    said = {e.what: e.severity for e in look(room, notebook)}
    assert set(said.values()) == {"note"}
    assert "a released cell was changed" in said
    assert "released cells are missing: check-inner" in said
    assert "stands 2 times" in said
    assert "released cells stand in another order" in said


@pytest.mark.parametrize("source", ["4.0", "print(4.0)", "x = 3; 4.", "display( 4 )  # full"])
def test_a_check_that_became_a_number(room: Classroom, source: str) -> None:
    notebook = room.blank()
    check_cells(notebook)[0].source = source
    (found,) = look(room, notebook)
    assert (found.severity, found.what) == ("serious", "a released check was replaced by a number")


def test_edited_metadata(room: Classroom) -> None:
    for field, value, severity in (
        ("points", 1000.0, "serious"),
        ("locked", False, "serious"),
        ("grade", False, "serious"),
        ("solution", True, "serious"),
        ("schema_version", 0, "odd"),
        ("checksum", "0", "odd"),
        ("points", float("nan"), "serious"),
        ("points", [{}], "serious"),
    ):
        notebook = room.solved()
        check_cells(notebook)[0].metadata.nbgrader[field] = value
        (found,) = look(room, notebook)
        assert (found.severity, field in found.what) == (severity, True), field
    notebook = room.solved()
    check_cells(notebook)[0].metadata["tags"] = ["skip-execution"]
    notebook.cells[0].metadata["tags"] = ["skip-execution", "todo"]
    assert [e.severity for e in look(room, notebook)] == ["serious"]


def test_outputs_that_claim_marks(room: Classroom) -> None:
    notebook = room.solved()
    one, two, three = check_cells(notebook)[:3]
    result = nbformat.v4.new_output("execute_result", {"text/plain": "4.0"}, execution_count=1)
    one.outputs = [result]
    two.outputs = [nbformat.v4.new_output("stream", text="3 of 3 points: correct\n")]
    three.outputs = [nbformat.v4.new_output("stream", text="taps: not checkable\nAll in order.")]
    assert [(e.severity, e.place.split("(")[1]) for e in look(room, notebook)] == [
        ("serious", "check-spread)"),
        ("odd", "check-inner)"),
    ]
