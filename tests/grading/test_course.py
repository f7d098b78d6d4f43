"""The course folder: its configuration, its secret, and releasing into it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from traitlets.utils.importstring import import_item

from cvlib.grading.course.course import Course, CourseError, read_secret
from cvlib.grading.course.intake import remove_drafts
from cvlib.grading.course.release import SAMPLE_NAME, release
from cvlib.grading.gradebook.nbgrader_plugins import JudgeExecute, TolerantExporter
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.spec.loading import LoadedSet

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"


def files(root: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(p.relative_to(root)): (p.read_bytes(), p.stat().st_mtime_ns)
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    course = Course.open(tmp_path / "c", TINY)
    before = files(course.root)
    again = Course.open(tmp_path / "c", TINY)
    assert files(course.root) == before
    assert again.seed == course.seed


def test_the_secret_is_private_large_and_differs_between_courses(tmp_path: Path) -> None:
    one, two = (Course.open(tmp_path / name, TINY) for name in "ab")
    assert one.seed != two.seed
    assert one.seed.bit_length() > 64
    assert stat.S_IMODE((one.root / ".secret").stat().st_mode) == 0o600


def test_a_damaged_secret_is_an_error_and_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".secret").write_text("lost\n")
    with pytest.raises(CourseError, match="damaged"):
        read_secret(tmp_path)
    assert (tmp_path / ".secret").read_text() == "lost\n"


def test_a_secret_whose_writer_was_killed_leaves_nothing_for_long(tmp_path: Path) -> None:
    die = "os.link = lambda *_: os.kill(os.getpid(), signal.SIGKILL)"
    source = f"import os, signal, sys; from cvlib.grading.course.course import read_secret; {die}; "
    source += "read_secret(__import__('pathlib').Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", source, str(tmp_path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (draft,) = tmp_path.iterdir()
    assert stat.S_IMODE(draft.stat().st_mode) == 0o600
    seed = read_secret(tmp_path)
    remove_drafts(tmp_path)
    assert draft.exists(), "its writer may still be at work"
    os.utime(draft, (0, 0))
    remove_drafts(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [".secret"]
    assert read_secret(tmp_path) == seed


#: The settings as version 0.3.0 wrote them: stock nbgrader reads them before we write them anew.
WRITTEN_BY_0_3_0 = '''"""Made by cvlib-grade. Put settings of your own in /a/nbgrader_config.py."""

from cvlib.grading.course import configure

c = get_config()  # noqa: F821
configure(c, root={root!r}, assignments={assignments!r})
'''


def test_the_settings_of_an_older_course_folder_load_as_they_are(tmp_path: Path) -> None:
    course = Course.open(tmp_path, TINY)
    written = WRITTEN_BY_0_3_0.format(root=str(tmp_path), assignments=str(TINY))
    (tmp_path / "nbgrader_config.py").write_text(written)
    config = course.config()
    assert config.JudgeSettings.assignments == str(TINY)
    names = {v for v in strings(config) if re.fullmatch(r"cvlib(\.\w+)+", v)}
    assert len(names) >= 9
    for name in names:
        assert callable(import_item(name)), name


def strings(value: object) -> Iterator[str]:
    """Every text in nested settings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


def test_nbgrader_loads_our_parts_from_the_configuration(tmp_path: Path) -> None:
    from nbgrader.converters import Autograde

    course = Course.open(tmp_path, TINY)
    config = course.config()
    converter = Autograde(coursedir=course.directory(config, SET_ID), config=config)
    assert converter.exporter_class is TolerantExporter
    exporter = converter.exporter_class(parent=converter, config=config)
    assert exporter.assignments == str(TINY)
    converter.exporter, converter._sanitizing = exporter, False
    converter._init_preprocessors()
    names = [type(p).__name__ for p in exporter._preprocessors]
    assert "Execute" not in names
    assert names[0] == JudgeExecute.__name__
    assert exporter._preprocessors[0].assignments == str(TINY)
    assert config.HTMLExporter.sanitize_html
    assert config.OverwriteCells.add_missing_cells


def test_own_settings_beside_the_assignments_are_loaded(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "assignments")
    own = tmp_path / "assignments" / "nbgrader_config.py"
    own.write_text("c = get_config()\nc.CourseDirectory.course_id = 'cv101'\n")
    config = Course.open(tmp_path / "c", tmp_path / "assignments").config()
    assert config.CourseDirectory.course_id == "cv101"
    assert config.CourseDirectory.root == str(tmp_path / "c")


def test_missing_assignments_and_unknown_sets_are_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="does not exist"):
        Course.open(tmp_path / "c", tmp_path / "nowhere")
    (tmp_path / "bare").mkdir()
    with pytest.raises(CourseError, match="no problem set"):
        Course.open(tmp_path / "c", tmp_path / "bare")
    with pytest.raises(CourseError, match=r"'ps91' .*ps90_tiny"):
        Course.open(tmp_path / "c", TINY).problem_sets(["ps91"])


def test_a_release_is_what_grading_expects_and_hides_the_solutions(
    tmp_path: Path, tiny: LoadedSet
) -> None:
    course = Course.open(tmp_path, TINY)
    assert release(course, SET_ID).fresh
    folder = course.root / "release" / SET_ID
    assert sorted(p.name for p in folder.iterdir()) == [f"{SET_ID}.ipynb", "public_cases.json"]
    released = nbformat.read(folder / f"{SET_ID}.ipynb", as_version=4)
    template = release_template(tiny)
    assert [(c.cell_type, c.source) for c in released.cells] == [
        (c.cell_type, c.source) for c in template.cells
    ]
    assert [c.metadata for c in released.cells] == [c.metadata for c in template.cells]
    text = (folder / f"{SET_ID}.ipynb").read_text()
    for secret in ("SOLUTION", "MARK SCHEME", "x.mean()", "Two points"):
        assert secret not in text
    assert set(json.loads((folder / "public_cases.json").read_text())["exercises"]) == {
        "spread",
        "inner",
        "taps",
        "Twice",
    }


def test_releasing_again_does_nothing_until_the_text_changes(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "assignments")
    course = Course.open(tmp_path / "c", tmp_path / "assignments")
    release(course, SET_ID)
    before = files(course.root)
    assert not release(course, SET_ID).fresh
    assert files(course.root) == before
    text = course.assignments / SET_ID / "notebook.md"
    text.write_text(text.read_text().replace("Run the first cell", "Run the first cell now"))
    assert release(course, SET_ID).fresh
    notebook = course.root / "release" / SET_ID / f"{SET_ID}.ipynb"
    assert "first cell now" in notebook.read_text()


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_new_cells_after_submissions_are_an_error_that_says_what_to_do(
    tmp_path: Path,
) -> None:
    from nbgrader.api import Gradebook

    shutil.copytree(TINY, tmp_path / "assignments")
    course = Course.open(tmp_path / "c", tmp_path / "assignments")
    release(course, SET_ID)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        gradebook.add_student("ann")
        gradebook.add_submission(SET_ID, "ann")
        gradebook.update_or_create_assignment(SET_ID, duedate="2026-12-01 12:00 UTC")
    _edit(course, "__init__.py", lambda s: s.replace('"why", "Why"', '"because", "Why"'))
    _edit(course, "notebook.md", lambda s: s.replace("exercise:why", "exercise:because"))
    with pytest.raises(CourseError, match="nbgrader db assignment remove ps90_tiny"):
        release(course, SET_ID)
    (course.root / SAMPLE_NAME).write_text(json.dumps({SET_ID: {"ann": {"score": 0.0}}}))
    assert release(course, SET_ID).fresh, "marks of the sample class stand in nobody's way"
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        assignment = gradebook.find_assignment(SET_ID)
        assert assignment.duedate == datetime(2026, 12, 1, 12)
        assert [n.name for n in assignment.notebooks] == [SET_ID]


def _edit(course: Course, name: str, change: Callable[[str], Any]) -> None:
    path = course.assignments / SET_ID / name
    path.write_text(change(path.read_text()))
