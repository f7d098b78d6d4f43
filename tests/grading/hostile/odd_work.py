"""How honest work is made odd."""

from __future__ import annotations

import nbformat

from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes

MEAN = "float(((x - x.mean()) ** 2).mean())"


def answers(room: Classroom, **sources: str) -> bytes:
    """The solved notebook with other sources for some exercises."""
    notebook = room.solved()
    for name, source in sources.items():
        rewrite(notebook, name, source)
    return to_bytes(notebook)


def with_cell(room: Classroom, source: str, after: str = "") -> bytes:
    """The solved notebook with a cell of the student's own, before everything or after a cell."""
    notebook = room.solved()
    if after:
        return to_bytes(insert_after(notebook, after, source))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(source))
    return to_bytes(notebook)


def doubles(expression: str, *before: str) -> str:
    """A class whose objects double what they are called with, by an expression of ``x``."""
    lines = "".join(f"        {line}\n" for line in before)
    return f"class Twice:\n    def __call__(self, x):\n{lines}        return {expression}"
