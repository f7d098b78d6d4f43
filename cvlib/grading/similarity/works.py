"""What the students of a class wrote: the text at each exercise, and its fingerprints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from nbformat import NotebookNode

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import find_students, read_submission
from cvlib.grading.notebook.normalize import NOTE, grade_id, is_solution, normalize
from cvlib.grading.similarity.tokens import (
    CODE,
    PROSE,
    Shape,
    Tokens,
    code_tokens,
    fingerprints,
    prose_tokens,
)

#: Characters of one submission that are compared; a real one has some 30,000.
MAX_CHARACTERS = 300_000

Place = tuple[str, str]  # exercise, "code" or "prose"


@dataclass(frozen=True)
class Work:
    """What one student wrote: the text at each place, and whether all of it is compared."""

    student: str
    texts: dict[Place, str]
    complete: bool = True

    def fingerprints(self) -> dict[Place, np.ndarray]:
        """The fingerprints at each place."""
        found = {
            place: fingerprints(tokens_of(place, t), shape_of(place))
            for place, t in self.texts.items()
        }
        return {place: hashes for place, hashes in found.items() if len(hashes)}


def read_class(course: Course, set_id: str, template: NotebookNode) -> list[Work]:
    """What everybody handed in that can be read."""
    given = frozenset(cell.source for cell in template.cells)
    works = []
    for student in find_students(course.submitted, set_id):
        submission = read_submission(course.submitted, student, set_id)
        if submission is not None and submission.raw is not None:
            notebook, _ = normalize(submission.raw, template)
            works.append(read_work(student, notebook, given))
    return works


def read_work(student: str, notebook: NotebookNode, given: frozenset[str] = frozenset()) -> Work:
    """What a student wrote in a normalised notebook, without cells that are as they were given.

    A cell of the student's own belongs to the exercise before it.
    """
    texts: dict[Place, list[str]] = {}
    here, left = "", MAX_CHARACTERS
    for cell in notebook.cells:
        own = is_solution(cell) or not (grade_id(cell) or cell.source.startswith(NOTE))
        here = grade_id(cell) if is_solution(cell) else here
        if own and cell.source not in given and cell.cell_type in ("code", "markdown"):
            kind = "code" if cell.cell_type == "code" else "prose"
            texts.setdefault((here, kind), []).append(cell.source[: max(0, left)])
            left -= len(cell.source)
    joined = {place: "\n".join(parts) for place, parts in texts.items()}
    return Work(student, joined, complete=left >= 0)


def tokens_of(place: Place, text: str) -> Tokens:
    """The tokens of the text at a place."""
    return code_tokens(text) if place[1] == "code" else prose_tokens(text)


def shape_of(place: Place) -> Shape:
    """How the text at a place is fingerprinted."""
    return CODE if place[1] == "code" else PROSE
