"""How members are made: lies in every exercise, and attacks that answer only if they succeed."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable

import nbformat
from nbformat import NotebookNode

from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from hostile.corpus import Make

#: The name that processes of the corpus give themselves, 15 characters at most, so that a test can
#: tell whether one of them is still there.
TRACE = f"hostile-{os.getpid()}"

CALL_MYSELF = f"""\
import ctypes
ctypes.CDLL(None).prctl(15, b"{TRACE}", 0, 0, 0)  # children take the name on
"""

#: Defines the function ``lie`` where the lie is told elsewhere.
ZERO = "def lie(*args, **kwargs):\n    return 0.0\n"

ATTEMPT = """\
found = False
try:
{attack}
except BaseException as error:
    print(f"{{type(error).__name__}}: {{error}}"[:500])
print("found" if found else "nothing found")
"""

SHAPES = {
    "function": "def {name}(*args, **kwargs):\n    return lie(*args, **kwargs)",
    "model": "def {name}(*args, **kwargs):\n    return lie(*args, **kwargs)",
    "answer": "{name} = lie()",
    "class": "class {name}:\n    def __call__(self, *args, **kwargs):\n"
    "        return lie(*args, **kwargs)",
}


def on(set_id: str) -> Callable[[Make], Make]:
    """Make a member from this problem set instead of the tiny one."""

    def mark(make: Make) -> Make:
        make.set_id = set_id  # type: ignore[attr-defined]
        return make

    return mark


def again(make: Make) -> Make:
    """Hand in twice: the second time may find what the first one left."""
    make.again = True  # type: ignore[attr-defined]
    return make


def endless(make: Make) -> Make:
    """Grade it under a short limit: it takes all the time there is."""
    make.endless = True  # type: ignore[attr-defined]
    return make


def first(notebook: NotebookNode, source: str) -> NotebookNode:
    """Add a cell of the student's own before everything else that runs."""
    notebook.cells.insert(1, nbformat.v4.new_code_cell(textwrap.dedent(source), id="own-first"))
    return notebook


def lying(room: Classroom, source: str) -> bytes:
    """Every exercise answered by the function ``lie`` that ``source`` defines."""
    notebook = first(room.blank(), source)
    for exercise in room.judged:
        rewrite(notebook, exercise.id, SHAPES[exercise.kind].format(name=exercise.name))
    return to_bytes(notebook)


def prize(room: Classroom, attack: str) -> bytes:
    """Every exercise answered rightly if ``attack`` sets ``found``, and not at all otherwise.

    So a hole in the wall shows as a score that is too high.
    """
    source = ATTEMPT.format(attack=textwrap.indent(textwrap.dedent(attack), "    "))
    notebook = first(room.blank(), source)
    for exercise in room.judged:
        solution = textwrap.indent(room.solution(exercise.id), "    ")
        rewrite(notebook, exercise.id, f"if found:\n{solution}")
    return to_bytes(notebook)


def solved_after(room: Classroom, source: str) -> bytes:
    """Every exercise solved, after a first cell that does something else."""
    return to_bytes(first(room.solved(), source))


def append(room: Classroom, exercise: str, source: str) -> bytes:
    """The model solutions, with more code at the end of one of them."""
    solution = f"{room.solution(exercise)}\n\n{textwrap.dedent(source)}"
    return to_bytes(rewrite(room.solved(), exercise, solution))


def instead(room: Classroom, exercise: str, source: str) -> bytes:
    """The model solutions, but for one exercise."""
    return to_bytes(rewrite(room.solved(), exercise, textwrap.dedent(source)))


def points(room: Classroom, *names: str) -> float:
    """The points of these exercises together."""
    return float(sum(e.points for e in room.judged if e.id in names))
