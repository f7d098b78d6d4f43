"""What a student sees: ``check`` in a real kernel, with the released file beside the notebook."""

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from cvlib.check import CheckFailed, check
from cvlib.check.public import PUBLIC_FILE, write_sheets
from cvlib.grading.spec.exercise import Case, Exercise
from cvlib.grading.spec.sheets import make_sheet
from cvlib.grading.spec.variants import Variant


def double(x):
    return 2 * x


def cases(rng):
    yield Case((rng.normal(size=3),), {"y": 1.0}, "vectors")


def driver(target, x, y):
    return target(x) * y


@pytest.fixture
def folder(tmp_path, monkeypatch):
    exercise = Exercise(
        "double", "Double", "to double", "p#a", 1, reference=double, cases=cases, driver=driver
    )
    mutant = Variant("same", lambda x: x, "You forgot the factor two.")
    sheet = make_sheet(exercise, [mutant], np.random.default_rng(0), public=True)
    (tmp_path / PUBLIC_FILE).write_bytes(write_sheets([sheet]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(folder, *sources):
    cells = [nbformat.v4.new_code_cell(s) for s in ("from cvlib.check import check", *sources)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    client = NotebookClient(
        notebook, allow_errors=True, resources={"metadata": {"path": str(folder)}}, timeout=60
    )
    client.execute()
    return notebook.cells[-1].outputs


def test_a_right_answer_prints_a_line(folder):
    (output,) = run(folder, "def double(x):\n    return x + x", 'check("double", double)')
    assert output.text == "double: correct\nThe answer is right.\n"


def test_a_wrong_answer_shows_our_words_and_no_stack_trace(folder):
    (output,) = run(folder, "def double(x):\n    return x", 'check("double", double)')
    text = "\n".join(output.traceback)
    assert output.ename == "CheckFailed"
    assert "You forgot the factor two." in text
    assert "Traceback" not in text
    assert "marking.py" not in text


def test_an_exception_is_told_with_the_line_of_the_students_cell(folder):
    source = "def double(x):\n    y = None\n    return y[0] * x"
    (output,) = run(folder, source, 'check("double", double)')
    text = "\n".join(output.traceback)
    assert "your code raised TypeError" in text
    assert "line 3 of the cell: return y[0] * x" in text


def test_the_untouched_notebook_says_not_attempted(folder):
    (output,) = run(
        folder, "def double(x):\n    raise NotImplementedError()", 'check("double", double)'
    )
    assert "not attempted" in "\n".join(output.traceback)


def test_errors_say_what_to_do(folder):
    with pytest.raises(KeyError, match="no exercise 'dubble'; it has double"):
        check("dubble", double)
    (folder / PUBLIC_FILE).write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        check("double", double)
    (folder / PUBLIC_FILE).unlink()
    with pytest.raises(FileNotFoundError, match="keep it in the folder of the notebook"):
        check("double", double)


def test_check_raises_so_that_validate_notices(folder):
    with pytest.raises(CheckFailed):
        check("double", lambda x: 3 * x)
    check("double", double)
