"""What edits of a notebook start from, and what the work in it is worth."""

from __future__ import annotations

from collections.abc import Iterator

from nbformat import NotebookNode

from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.rehearsal.classroom import Classroom, rewrite

#: Runs wherever HTML, SVG or a link of it is believed; a page that shows it must not contain any.
ACTIVE = (
    '<script>alert("gotcha")</script><img src=x onerror=alert(1)><svg onload=alert(1)></svg>'
    "<iframe src=javascript:alert(1)></iframe><form action=//evil.example><button>Full marks"
    "</button></form><style>body{display:none}</style><base href=//evil.example>"
    '<a href="javascript:alert(1)">a</a> [b](javascript:alert(1)) ![c](//evil.example/pixel.png) '
    r"$\href{javascript:alert(1)}{d}$ $$\unicode{<img src=x onerror=alert(1)>}$$ <!--"
)


def full(room: Classroom) -> float:
    """All points: the work is right, and the edit neither adds nor costs a point."""
    return room.full


def all_but_the_victim(room: Classroom) -> float:
    """All points but those of one exercise."""
    return room.full - room.victims()[0].points


def the_victim(room: Classroom) -> float:
    """The points of one exercise alone."""
    return float(room.victims()[0].points)


def all_but_the_functions(room: Classroom) -> float:
    """The points of what a released stub does not define again."""
    return room.full - sum(e.points for e in room.judged if e.kind == "function")


def known(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """The cells that carry nbgrader's metadata."""
    return (cell for cell in notebook.cells if grade_id(cell))


def find(notebook: NotebookNode, name: str) -> NotebookNode:
    """The first cell with an id."""
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def wrong(name: str) -> str:
    """A function that is defined, and right for no input."""
    return f"def {name}(*args, **kwargs):\n    return 'full marks'"


def one_solved(room: Classroom) -> NotebookNode:
    """The released notebook with one exercise solved."""
    victim = room.victims()[0]
    return rewrite(room.blank(), victim.id, room.solution(victim.id))
