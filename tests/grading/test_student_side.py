"""The released notebook in the student's hands: nbgrader's Validate with our own words."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.validator import Validator
from traitlets.config import Config

from cvlib.grading.course.course import Course
from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.rehearsal.classroom import Classroom, check_cells, to_bytes
from cvlib.grading.spec.loading import LoadedSet

SET_ID = "ps90_tiny"


@pytest.fixture
def desk(graded: Course, tmp_path: Path) -> Path:
    """The release as a student unpacks it."""
    shutil.copytree(graded.root / "release" / SET_ID, tmp_path / SET_ID)
    return tmp_path / SET_ID / f"{SET_ID}.ipynb"


def validate(path: Path) -> dict[str, list[dict[str, str]]]:
    return Validator(config=Config()).validate(str(path))


def test_the_model_solution_passes(desk: Path, tiny: LoadedSet) -> None:
    desk.write_bytes(to_bytes(Classroom(tiny, 1).solved()))
    assert validate(desk) == {}


def test_a_blank_notebook_fails_everywhere_in_our_words(desk: Path) -> None:
    failed = validate(desk)["failed"]
    checks = check_cells(nbformat.read(desk, as_version=4))
    assert [f["source"] for f in failed if "check" in f["source"]] == [c.source for c in checks]
    assert "Not attempted yet" in failed[0]["error"]
    assert "Traceback" not in failed[0]["error"]


def test_a_mistake_is_named_and_the_rest_passes(desk: Path, tiny: LoadedSet) -> None:
    notebook = Classroom(tiny, 1).solved()
    for cell in notebook.cells:
        if grade_id(cell) == "inner":
            cell.source = "def inner(x, y):\n    return float(np.dot(x, np.roll(y, 1)))"
    desk.write_bytes(to_bytes(notebook))
    (failed,) = validate(desk)["failed"]
    assert failed["source"] == 'check("inner", inner)'
    assert "one factor is rolled by one" in failed["error"]
