"""The instructor's notebook follows from text and specification, or says where they disagree."""

import shutil

import nbformat
import pytest

from cvlib.check.public import PUBLIC_FILE, read_sheet
from cvlib.grading.notebook.source import build_source_notebook, public_cases
from cvlib.grading.spec.loading import find_problem_sets, load_problem_set
from tests.grading.tiny_set import INDENT, SET_ID, TINY


def cells_by_id(notebook):
    return {
        c.metadata["nbgrader"]["grade_id"]: c for c in notebook.cells if "nbgrader" in c.metadata
    }


@pytest.fixture
def edited(tmp_path):
    """A copy of the tiny set whose files can be changed and loaded again."""
    shutil.copytree(TINY / SET_ID, tmp_path / SET_ID)

    def edit(file, old, new):
        path = tmp_path / SET_ID / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        return load_problem_set(tmp_path, SET_ID)

    return edit


def test_the_same_text_gives_the_same_valid_notebook(tiny):
    first, second = build_source_notebook(tiny), build_source_notebook(tiny)
    nbformat.validate(first)
    assert first == second
    assert len({c.id for c in first.cells}) == len(first.cells)


def test_points_and_kinds_come_from_the_specification(tiny):
    cells = cells_by_id(build_source_notebook(tiny))
    flags = {
        name: (c.metadata.nbgrader.grade, c.metadata.nbgrader.solution, c.metadata.nbgrader.locked)
        for name, c in cells.items()
    }
    assert flags["spread"] == (False, True, False)
    assert flags["check-spread"] == (True, False, True)
    assert flags["why"] == (True, True, False)
    assert flags["scheme-why"] == (False, False, True)
    assert cells["check-spread"].source == 'check("spread", spread)'
    points = {n: c.metadata.nbgrader.get("points") for n, c in cells.items()}
    assert sum(p for p in points.values() if p) == tiny.problem_set.points
    assert "check-why" not in cells


def test_the_heading_tells_the_points(tiny):
    text = "\n".join(c.source for c in build_source_notebook(tiny).cells)
    assert "## 1 · Spread (4 points)" in text
    assert "## 3 · Taps (1 point)" in text
    assert "{points}" not in text


def test_the_public_cases_hold_the_judged_exercises_and_no_answer(tiny, tmp_path):
    (tmp_path / PUBLIC_FILE).write_bytes(public_cases(tiny))
    assert public_cases(tiny) == public_cases(tiny)
    assert read_sheet("spread", tmp_path).misconceptions
    assert read_sheet("spread", tmp_path).id == "spread"
    assert read_sheet("taps", tmp_path).form_only
    assert read_sheet("taps", tmp_path).expected == (0,)
    with pytest.raises(KeyError):
        read_sheet("why", tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("exercise:inner", "exercise:outer", r"without a cell: \['inner'\], unknown: \['outer'\]"),
        ("### BEGIN SOLUTION\n    return float(x @ y)\n    ### END SOLUTION", "pass",
         r"no solution cell for \['inner'\]"),
        ("exercise:inner", "exercise:spread", "without a cell"),
        ("## 5 · Twice {points}", "## 5 · Twice", None),
    ],
)  # fmt: skip
def test_text_and_specification_must_agree(edited, old, new, words):
    loaded = edited("notebook.md", old, new)
    if words is None:
        build_source_notebook(loaded)
        return
    with pytest.raises(ValueError, match=words):
        build_source_notebook(loaded)


def test_points_after_the_last_exercise_are_an_error(edited):
    path = edited("notebook.md", "# Tiny", "# Tiny").notebook_path
    path.write_text(path.read_text() + "\n## Farewell {points}\n")
    with pytest.raises(ValueError, match="after the last exercise"):
        build_source_notebook(load_problem_set(path.parent.parent, SET_ID))


def test_the_digest_changes_with_every_file_and_its_name(edited):
    def named(name, content):
        folder = edited("notebook.md", "# Tiny", "# Tiny").directory
        (folder / name).write_text(content)
        loaded = load_problem_set(folder.parent, SET_ID)
        (folder / name).unlink()
        return loaded

    digests = {
        edited("notebook.md", "# Tiny", "# Tiny ").digest,
        edited("__init__.py", "seconds=2.0", "seconds=3.0").digest,
        named("helper.py", "x = 1").digest,
        named("helpers.py", "x = 1").digest,
        named("helper.py", "x = 2").digest,
    }
    assert len(digests) == 5


def test_a_missing_set_names_what_is_there(tmp_path):
    assert find_problem_sets(TINY) == [SET_ID]
    with pytest.raises(FileNotFoundError, match=f"problem sets there: {SET_ID}"):
        load_problem_set(TINY, "ps77_nowhere")


def test_an_exercise_that_is_worth_nothing_is_an_error(edited):
    with pytest.raises(ValueError, match=r"points > 0 for exercise 'spread', got 0: .*worth\(3\)"):
        edited("__init__.py", f'"90_tiny#spread",{INDENT}4.0', '"90_tiny#spread"')
