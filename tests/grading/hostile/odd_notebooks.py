"""Honest notebooks that are arranged in an odd way: every one must get full marks."""

from __future__ import annotations

from typing import Any

import nbformat

from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from hostile.corpus import honest
from hostile.odd_work import MEAN, answers


@honest("cells of one's own everywhere, one of them failing", "extra cells cost nothing")
def many_own_cells(room: Classroom) -> bytes:
    notebook = room.solved()
    for k in range(len(notebook.cells), -1, -1):
        notebook.cells.insert(k, nbformat.v4.new_markdown_cell(f"Thought {k}: $x_{k}$"))
        notebook.cells.insert(
            k, nbformat.v4.new_code_cell(f"step_{k} = {k}\nstep_{k} / (step_{k} - 4)")
        )
    return to_bytes(notebook)


@honest("a solution split over several cells", "what an answer calls may stand in cells before it")
def split_solution(room: Classroom) -> bytes:
    notebook = room.solved()
    rewrite(notebook, "spread", "def centered(x):\n    return x - x.mean()")
    insert_after(notebook, "spread", "def squares(x):\n    return centered(x) ** 2")
    insert_after(
        notebook, "spread", "def spread(x):  # squares comes below\n    return squares(x).mean()"
    )
    return to_bytes(notebook)


@honest("helpers under other names, some the judge's own words", "names are the student's")
def helper_names(room: Classroom) -> bytes:
    return answers(
        room,
        spread="def mark(x):\n    return x - x.mean()\n\n\n"
        "def grade(x):\n    return mark(x) ** 2\n\n\n"
        "reference = answer = driver = result = grade\n\n\n"
        "def spread(x):\n    return float(reference(x).mean())",
    )


@honest("exercises in another order", "an exercise stands where its cell is")
def other_order(room: Classroom) -> bytes:
    notebook = room.solved()
    head, blocks = _blocks(notebook)
    notebook.cells = head + [cell for block in reversed(blocks) for cell in block]
    return to_bytes(notebook)


@honest(
    "exercises in another order, the first one using a helper of what now stands before it",
    "run from top to bottom the notebook is right",
)
def other_order_with_helper(room: Classroom) -> bytes:
    notebook = room.solved()
    head, blocks = _blocks(notebook)
    helper = nbformat.v4.new_code_cell("def total(x):\n    return float(np.sum(x))")
    first, second, *rest = blocks
    notebook.cells = [*head, *second, helper, *first, *[c for block in rest for c in block]]
    rewrite(notebook, "spread", "def spread(x):\n    return total((x - x.mean()) ** 2) / x.size")
    return to_bytes(notebook)


def _blocks(notebook: Any) -> tuple[list[Any], list[list[Any]]]:
    """The cells before the first exercise, and each exercise from its heading on."""
    blocks: list[list[Any]] = []
    head: list[Any] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            blocks.append([])
        (blocks[-1] if blocks else head).append(cell)
    return head, blocks


@honest("the first cells deleted", "the released imports run in any case")
def without_imports(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.cells = [c for c in notebook.cells if grade_id(c)]
    return to_bytes(notebook)


@honest("an old draft of a solution kept before it", "the last definition counts")
def drafts_kept(room: Classroom) -> bytes:
    notebook = room.solved()
    for draft in ("def spread(x):\n    return x.std()", "def spread(x:\n    return"):
        insert_after(notebook, "check-spread", f"# first try\n{draft}")
    notebook.cells.insert(3, nbformat.v4.new_code_cell("def spread(x):\n    return x.std()"))
    notebook.cells.append(nbformat.v4.new_code_cell("del spread, inner"))
    return to_bytes(notebook)


@honest("a module that a cell writes and another imports", "the working directory is the student's")
def writes_a_module(room: Classroom) -> bytes:
    notebook = insert_after(
        room.solved(), "spread", "import helpers\n\n\ndef spread(x):\n    return helpers.spread(x)"
    )
    module = f"%%writefile helpers.py\nimport numpy as np\n\n\ndef spread(x):\n    return {MEAN}"
    return to_bytes(insert_after(notebook, "spread", module))


@honest("the kernel ended by the last cell", "everything was answered before")
def quits_at_the_end(room: Classroom) -> bytes:
    notebook = insert_after(room.solved(), "Twice", "print('done')\nquit()")
    return to_bytes(insert_after(notebook, "spread", "exit"))


@honest("the check called again with calls of one's own", "asking twice is allowed")
def checks_again(room: Classroom) -> bytes:
    notebook = room.solved()
    for exercise in room.judged:
        own = f"from cvlib.check import check\ncheck({exercise.id!r}, {exercise.name})"
        insert_after(notebook, exercise.id, own)
    return to_bytes(notebook)
