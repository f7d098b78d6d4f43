"""Notebooks whose metadata were edited: what the file claims decides nothing."""

from __future__ import annotations

from typing import Any

import nbformat

from cvlib.grading.notebook.normalize import grade_id, is_solution
from cvlib.grading.rehearsal.classroom import Classroom, check_cells, rewrite, to_bytes
from hostile.corpus import member
from hostile.editing import (
    ACTIVE,
    all_but_the_functions,
    find,
    full,
    known,
    one_solved,
    the_victim,
    wrong,
)


@member(
    "skip-execution tags on every check cell", "a tag asks nobody: the judge marks what it calls"
)
def skip_execution(room: Classroom) -> bytes:
    notebook = rewrite(room.blank(), room.victims()[0].id, wrong(room.victims()[0].name))
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
        cell.metadata["deletable"] = cell.metadata["editable"] = True
    return to_bytes(notebook)


@member(
    "a thousand points on each check cell",
    "one exercise is solved and earns its own points: points come from the specification",
    the_victim,
)
def points_raised(room: Classroom) -> bytes:
    notebook = one_solved(room)
    for value, cell in zip(
        [1000.0, 1e308, "10", True, -5.0] * 9, check_cells(notebook), strict=False
    ):
        cell.metadata.nbgrader["points"] = value
    return to_bytes(notebook)


@member("grade, solution, locked and task flags flipped", "flags are put back", full)
def flags_flipped(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in known(notebook):
        for flag in ("grade", "solution", "locked", "task"):
            cell.metadata.nbgrader[flag] = not cell.metadata.nbgrader[flag]
    return to_bytes(notebook)


@member("solution cells that claim to be graded", "what the student may write carries no points")
def graded_solutions(room: Classroom) -> bytes:
    notebook = room.blank()
    for cell in known(notebook):
        if is_solution(cell) and cell.cell_type == "code":
            cell.metadata.nbgrader |= {"grade": True, "points": 100.0}
            cell.source = "100.0"
            cell.outputs = [
                nbformat.v4.new_output("execute_result", {"text/plain": "100.0"}, execution_count=1)
            ]
    return to_bytes(notebook)


@member(
    "check cells that claim to be solutions, so that their source is kept",
    "a check cell's source is the released one, whatever it claims",
)
def solution_turned_check(room: Classroom) -> bytes:
    notebook = room.blank()
    for cell in check_cells(notebook):
        exercise = grade_id(cell).removeprefix("check-")
        cell.metadata.nbgrader |= {"solution": True, "locked": False}
        cell.source = room.solution(exercise)
    # nothing runs a check cell, so an answer that stands there alone is an answer nowhere
    return to_bytes(notebook)


@member("wrong cell types and checksums in the metadata", "both are put back", full)
def types_and_checksums(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in known(notebook):
        cell.metadata.nbgrader |= {"cell_type": "markdown", "checksum": "0" * 32}
    return to_bytes(notebook)


@member("schema versions 0, -1, 99, text, none", "stock nbgrader stops the batch here", full)
def schema_versions(room: Classroom) -> bytes:
    notebook = room.solved()
    versions: list[Any] = [0, -1, 99, "3", None, 2.5, [3], True]
    for k, cell in enumerate(known(notebook)):
        cell.metadata.nbgrader["schema_version"] = versions[k % len(versions)]
        if k % 9 == 8:
            del cell.metadata.nbgrader["schema_version"]
    return to_bytes(notebook)


@member(
    "two solutions under each other's id",
    "each check follows the cell that claims its exercise, so the function of the one that now "
    "comes first is missing when its check comes",
    lambda room: room.full - first_two(room)[1].points,
)
def swapped_ids(room: Classroom) -> bytes:
    notebook = room.solved()
    first, second = first_two(room)
    cells = find(notebook, first.id), find(notebook, second.id)
    for cell, name in zip(cells, (second.id, first.id), strict=True):
        cell.metadata.nbgrader["grade_id"] = name
    return to_bytes(notebook)


def first_two(room: Classroom) -> list[Any]:
    return [e for e in room.judged if e.kind == "function"][:2]


@member("one id claimed by every cell", "the first keeps it, and the stubs come back for the rest")
def one_id_for_all(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in notebook.cells:
        cell.metadata["nbgrader"] = dict(check_cells(notebook)[-1].metadata.nbgrader)
    return to_bytes(notebook)


@member(
    "grade ids that are no names",
    "unknown ids are plain cells; the released stubs follow them, and a function's takes its name",
    all_but_the_functions,
)
def strange_ids(room: Classroom) -> bytes:
    notebook = room.solved()
    odd: list[Any] = [None, 3, [], {"a": 1}, "../x", "check-", "a b", "'; DROP TABLE grade; --"]
    for k, cell in enumerate(known(notebook)):
        cell.metadata.nbgrader["grade_id"] = odd[k % len(odd)]
    notebook.cells = [c for c in notebook.cells if c.cell_type == "code"]
    return to_bytes(notebook)


@member("cell ids that repeat or are no ids", "they are given anew", full)
def notebook_cell_ids(room: Classroom) -> bytes:
    notebook = room.solved()
    for k, cell in enumerate(notebook.cells):
        cell["id"] = ["same", "", "ä b/../c", "x" * 5000, None, 7][k % 6]
    return to_bytes(notebook)


@member("metadata that names preprocessors, papermill and jupytext", "nobody reads it", full)
def metadata_for_tools(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.metadata |= {
        "nbgrader": {"score": 100}, "celltoolbar": "Create Assignment",
        "papermill": {"parameters": {"max_points": 1}, "output_path": "/tmp/x.ipynb"},
        "jupytext": {"formats": "ipynb,py:percent", "text_representation": {"extension": "../x"}},
        "nbconvert": {"preprocessors": ["os.system"], "template_file": "/etc/passwd"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"x": ACTIVE}}},
        "title": ACTIVE, "language_info": {"name": "../../x", "file_extension": ".sh"},
    }  # fmt: skip
    for cell in notebook.cells:
        cell.metadata["tags"] = ["parameters", "injected-parameters", "hide-input"]
        cell.metadata["execution"] = {"timeout": -1}
    return to_bytes(notebook)


@member("a kernelspec of another language, with an argv", "the kernel is always ours", full)
def foreign_kernelspec(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.metadata["kernelspec"] = {
        "name": "../../ir", "display_name": ACTIVE, "language": "R",
        "argv": ["/bin/sh", "-c", "touch /tmp/owned"], "env": {"LD_PRELOAD": "/tmp/x.so"},
        "metadata": {"kernel_provisioner": {"provisioner_name": "local-provisioner"}},
    }  # fmt: skip
    return to_bytes(notebook)
