"""Make the instructor's notebook of a problem set from its text and its specification.

``notebook.md`` carries the prose and the model solutions; points, check cells and nbgrader's
metadata come from its exercises. A cell belongs to an exercise by the tag ``exercise:<id>``:

* a code cell with a ``### BEGIN SOLUTION`` region is the solution cell, and the check cell is added
  after the exercise's last cell;
* for a written answer the tagged markdown cell is the model answer, and the one tagged
  ``exercise:<id>:scheme`` the marking scheme, shown again when the answer is marked;
* ``{points}`` in a heading becomes the points of the exercise that follows.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import numpy as np
from nbformat import NotebookNode

from cvlib.check.public import PUBLIC_FILE, write_sheets
from cvlib.grading.spec.exercise import PUBLIC_SEED, Exercise, ProblemSet
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import make_sheet

TAG = re.compile(r"^exercise:([A-Za-z0-9_]+)(:scheme)?$")
CHECK_PREFIX = "check-"
SCHEME_PREFIX = "scheme-"
SOLUTION_MARK = "### BEGIN SOLUTION"
MARKS = re.compile(r"^[ \t]*### (BEGIN|END) SOLUTION[ \t]*\n?", re.MULTILINE)


def exercise_id(grade_id: str) -> str:
    """The exercise to which a cell of ours belongs: its solution, its check, its scheme."""
    return grade_id.removeprefix(CHECK_PREFIX).removeprefix(SCHEME_PREFIX)


def build_source_notebook(loaded: LoadedSet) -> NotebookNode:
    """Return nbgrader's source notebook, with solutions; the same text gives the same notebook."""
    problem_set = loaded.problem_set
    parsed = jupytext.reads(loaded.notebook_path.read_text("utf-8"), fmt="md:myst")
    cells = _with_check_cells(parsed.cells, problem_set, loaded.notebook_path)
    _fill_points(cells, problem_set, loaded.notebook_path)
    for index, cell in enumerate(cells):
        cell["id"] = f"{problem_set.id}-{index:03d}".replace("_", "-")
        cell.metadata.pop("tags", None)
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    return notebook


def model_solutions(loaded: LoadedSet) -> dict[str, str]:
    """Return the model solution of each exercise, as a student would have written its cell."""
    return {
        cell.metadata["nbgrader"]["grade_id"]: MARKS.sub("", cell.source)
        for cell in build_source_notebook(loaded).cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }


def public_cases(loaded: LoadedSet) -> bytes:
    """Return the content of ``public_cases.json``: what the student's ``check`` marks against."""
    chapters = chapters_folder(loaded.directory.parent)
    return write_sheets(
        [
            make_sheet(
                exercise,
                exercise.variants.mutants,
                np.random.default_rng(PUBLIC_SEED),
                public=True,
                chapters=chapters,
            )
            for exercise in loaded.problem_set.exercises
            if exercise.graded_by_judge
        ]
    )


def released_files(loaded: LoadedSet) -> dict[str, bytes]:
    """Everything that lies beside the released notebook, by name."""
    return dict(_released_files(loaded))


@functools.lru_cache(maxsize=32)
def _released_files(loaded: LoadedSet) -> dict[str, bytes]:
    own = {name: content() for name, content in loaded.problem_set.files.items()}
    return {PUBLIC_FILE: public_cases(loaded), **own}


def chapters_folder(assignments: Path) -> Path | None:
    """The chapters beside a folder of assignments, when they are there."""
    chapters = assignments.resolve().parent / "chapters"
    return chapters if chapters.is_dir() else None


def exercise_tag(cell: NotebookNode) -> tuple[str, bool] | None:
    """Return ``(exercise id, is marking scheme)`` of a tagged cell."""
    for tag in cell.metadata.get("tags", []):
        if match := TAG.match(tag):
            return match[1], match[2] is not None
    return None


def _with_check_cells(
    cells: list[NotebookNode], problem_set: ProblemSet, path: Path
) -> list[NotebookNode]:
    owners = [exercise_tag(cell) for cell in cells]
    last = {owner[0]: k for k, owner in enumerate(owners) if owner}
    unknown = set(last) - {e.id for e in problem_set.exercises}
    missing = [e.id for e in problem_set.exercises if e.id not in last]
    if unknown or missing:
        raise ValueError(
            f"{path}: the tags must name the exercises of its problem set; "
            f"without a cell: {missing}, unknown: {sorted(unknown)}"
        )
    solved: set[str] = set()
    result: list[NotebookNode] = []
    for k, (cell, owner) in enumerate(zip(cells, owners, strict=True)):
        result.append(cell)
        if owner is None:
            continue
        exercise = problem_set[owner[0]]
        _add_metadata(cell, exercise, scheme=owner[1], solved=solved)
        if k == last[exercise.id] and exercise.graded_by_judge:
            result.append(_check_cell(exercise))
    unsolved = [e.id for e in problem_set.exercises if e.id not in solved]
    if unsolved:
        raise ValueError(f"{path}: no solution cell for {unsolved}")
    return result


def _add_metadata(
    cell: NotebookNode, exercise: Exercise, *, scheme: bool, solved: set[str]
) -> None:
    if scheme:
        cell.metadata["nbgrader"] = _nbgrader(SCHEME_PREFIX + exercise.id, locked=True)
    elif exercise.kind == "written" and cell.cell_type == "markdown":
        cell.metadata["nbgrader"] = _nbgrader(
            exercise.id, grade=True, solution=True, points=exercise.points
        )
        solved.add(exercise.id)
    elif SOLUTION_MARK in cell.source:
        if exercise.id in solved:
            raise ValueError(f"exercise {exercise.id!r} has more than one solution cell")
        cell.metadata["nbgrader"] = _nbgrader(exercise.id, solution=True)
        solved.add(exercise.id)


def _check_cell(exercise: Exercise) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(f'check("{exercise.id}", {exercise.name})')
    cell.metadata["nbgrader"] = _nbgrader(
        CHECK_PREFIX + exercise.id, grade=True, locked=True, points=exercise.points
    )
    return cell


def _nbgrader(
    grade_id: str,
    *,
    grade: bool = False,
    solution: bool = False,
    locked: bool = False,
    points: float | None = None,
) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
    }
    if points is not None:
        metadata["points"] = points
    return metadata


def _fill_points(cells: list[NotebookNode], problem_set: ProblemSet, path: Path) -> None:
    """Fill each ``{points}`` with the points of the first exercise that begins after it."""
    upcoming: Exercise | None = None
    for cell in reversed(cells):
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if grade_id:
            upcoming = problem_set[exercise_id(grade_id)]
        if cell.cell_type == "markdown" and "{points}" in cell.source:
            if upcoming is None:
                raise ValueError(f"{path}: {{points}} stands after the last exercise")
            unit = "point" if upcoming.points == 1 else "points"
            cell.source = cell.source.replace("{points}", f"({upcoming.points:g} {unit})")
