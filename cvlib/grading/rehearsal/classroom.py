"""What the members of a sample class are made from: the released notebook and known answers."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from typing import Any

import nbformat
import numpy as np
from nbformat import NotebookNode

from cvlib.check.marking import Outcome, Sheet, ask, local_call, mark
from cvlib.grading.notebook.normalize import grade_id, is_solution, release_template
from cvlib.grading.notebook.source import CHECK_PREFIX, model_solutions
from cvlib.grading.spec.draws import submission_seed
from cvlib.grading.spec.drivers import source_of
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import generator, make_sheet
from cvlib.grading.spec.variants import Variant

FORMAT_ERRORS = (SyntaxError, TypeError, OSError)


@dataclass(frozen=True)
class Member:
    """One submission of the sample class: its file, the score it must get, and why."""

    name: str
    content: bytes
    score: float
    rule: str
    link_to: str = ""


class Classroom:
    """What the members of a sample class are made from."""

    def __init__(self, loaded: LoadedSet, seed: int) -> None:
        self.loaded = loaded
        self.seed = seed
        self.judged = [e for e in loaded.problem_set.exercises if e.graded_by_judge]
        self.full = float(sum(e.points for e in self.judged))
        self.trained = [e for e in self.judged if e.kind == "model"]
        self._used = {name for e in self.judged for name in e.builds_on}
        self._sheets: dict[str, Sheet] = {}
        self._blank = release_template(loaded)
        self._solved = release_template(loaded)
        solutions = model_solutions(loaded)
        for cell in self._solved.cells:
            if is_solution(cell):
                cell.source = solutions[grade_id(cell)]

    def solved(self) -> NotebookNode:
        """The model solutions."""
        return nbformat.from_dict(self._solved)

    def blank(self) -> NotebookNode:
        """The notebook as released."""
        return nbformat.from_dict(self._blank)

    def untrained(self) -> NotebookNode:
        """The model solutions but for the trained models, which take most of the time."""
        released = {grade_id(c): c.source for c in self._blank.cells}
        notebook = self.solved()
        for exercise in self.trained:
            rewrite(notebook, exercise.id, released[exercise.id])
        return notebook

    def solution(self, exercise: str) -> str:
        """The model solution of an exercise."""
        return next(c.source for c in self._solved.cells if grade_id(c) == exercise)

    def victims(self) -> list[Exercise]:
        """Function exercises that no other exercise builds on, the last one first."""
        functions = [e for e in self.judged if e.kind == "function"]
        return [e for e in reversed(functions) if e.id not in self._used] or functions[-1:]

    def alternatives(self) -> list[tuple[Exercise, Variant]]:
        """Right answers written differently, first those that no other exercise waits for."""
        exercises = self.loaded.problem_set.exercises
        found = [(e, v) for e in exercises for v in e.variants.alternatives]
        return sorted(found, key=lambda known: known[0].id in self._used)

    def score_in(self, raw: bytes, exercise: Exercise, target: Any) -> float:
        """What the judge gives to an object that we trust, on the draw of a submission."""
        return _marked(_sheet(exercise, submission_seed(self.seed, raw)), target).score

    def outcome_of(self, exercise: Exercise, target: Any) -> Outcome:
        """What the judge finds on an object that we trust, on a draw that no submission has."""
        if exercise.id not in self._sheets:
            self._sheets[exercise.id] = _sheet(exercise, self.seed)
        return _marked(self._sheets[exercise.id], target)

    def pasted(self, exercise: Exercise, variant: Variant) -> tuple[str, Any] | None:
        """The source of a variant as a student would write it, if it stands on its own."""
        if exercise.kind == "answer" and not callable(variant.target):
            return f"{exercise.name} = {variant.target!r}", variant.target
        try:
            tree = ast.parse(source_of(variant.target))
            (definition,) = tree.body
            definition.decorator_list = []  # type: ignore[attr-defined]
            definition.name = exercise.name  # type: ignore[attr-defined]
            source = f"import numpy as np\n\n\n{ast.unparse(tree)}"
            namespace: dict[str, Any] = {"__name__": "student", "np": np}
            exec(compile(source, "<variant>", "exec", dont_inherit=True), namespace)
            target = namespace[exercise.name]
            same = self.outcome_of(exercise, target) == self.outcome_of(exercise, variant.target)
        except (*FORMAT_ERRORS, ValueError, KeyError, NameError):
            return None
        return (source, target) if same else None


def _sheet(exercise: Exercise, seed: int) -> Sheet:
    mutants = exercise.variants.mutants
    return make_sheet(exercise, mutants, generator(seed, exercise.id), lazy=True)


def _marked(sheet: Sheet, target: Any) -> Outcome:
    return mark(sheet, ask(sheet, local_call(target)))


def to_bytes(notebook: NotebookNode) -> bytes:
    """A notebook as JupyterLab would save it."""
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode()


def rewrite(notebook: NotebookNode, exercise: str, source: str) -> NotebookNode:
    """Give a solution cell another source."""
    for cell in notebook.cells:
        if grade_id(cell) == exercise:
            cell.source = source
    return notebook


def insert_after(notebook: NotebookNode, name: str, source: str) -> NotebookNode:
    """Add a code cell of the student's own after the cell with an id, or at the end."""
    ids = [grade_id(c) for c in notebook.cells]
    place = ids.index(name) + 1 if name in ids else len(ids)
    notebook.cells.insert(place, nbformat.v4.new_code_cell(source, id=f"own-{place}"))
    return notebook


def check_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The check cells of a notebook."""
    return [c for c in notebook.cells if grade_id(c).startswith(CHECK_PREFIX)]
