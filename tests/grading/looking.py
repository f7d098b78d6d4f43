"""What looking at a notebook of the tiny set gives as evidence."""

from __future__ import annotations

from nbformat import NotebookNode

from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, to_bytes
from cvlib.grading.tamper.evidence import Evidence, first_places
from cvlib.grading.tamper.notebook import look_at_notebook


def look(room: Classroom, content: bytes | NotebookNode) -> list[Evidence]:
    raw = content if isinstance(content, bytes) else to_bytes(content)
    return first_places(look_at_notebook(raw, release_template(room.loaded), room.loaded))


def of_code(room: Classroom, source: str, *, after: str = "spread") -> list[Evidence]:
    """The evidence of one more cell."""
    return look(room, insert_after(room.solved(), after, source))
