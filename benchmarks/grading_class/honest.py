"""A class of honest students: everybody is right, and no two files are the same.

Each takes the model solution of an exercise or another right answer to it, calls local things by
other names, and leaves comments, prints and cells of their own, all drawn from a seed.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import nbformat
import numpy as np
from nbformat import NotebookNode

from cvlib.grading.notebook.normalize import grade_id, is_solution
from cvlib.grading.rehearsal.classroom import Classroom, to_bytes
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import LoadedSet

WORDS = ("first", "second", "third", "last", "rough", "careful", "short", "long", "plain", "new")
REMARKS = (
    "# after a long evening",
    "# see my notes",
    "# checked by hand on a 3 x 3 case",
    "# could be shorter",
    "# I hope the border is right",
)
OWN_CELLS = (
    "print('still to do:', {count})",
    "import numpy as np\n\n{name} = np.arange(12).reshape(3, 4)\nprint({name}.T.shape)",
    "for {name} in range({count}):\n    print('step', {name})",
    "{name} = [k**2 for k in range({count})]\n{name}",
    "# nothing to see here\nNone",
)


@dataclass(frozen=True)
class Work:
    """What one student wrote: solution cells by exercise, and cells of their own after them."""

    student: str
    solutions: dict[str, str]
    own: dict[str, str]

    def handed_in(self, released: NotebookNode) -> bytes:
        """The file: this work in a released notebook, ours or the one of a stock course."""
        cells = [nbformat.v4.new_markdown_cell(f"Handed in by {self.student}.", id="name")]
        for cell in nbformat.from_dict(released).cells:
            name = grade_id(cell)
            if is_solution(cell) and name in self.solutions:
                cell.source = self.solutions[name]
            cells.append(cell)
            if is_solution(cell) and name in self.own:
                new = nbformat.v4.new_code_cell(self.own[name], id=f"own-{len(cells)}")
                cells.append(new)
        notebook = nbformat.from_dict(released)
        notebook.cells = cells
        return to_bytes(notebook)


def honest_class(loaded: LoadedSet, size: int, seed: int) -> list[Work]:
    """The work of ``size`` students; the same seed gives the same class."""
    room = Classroom(loaded, seed)
    written = {e.id: [room.solution(e.id)] for e in loaded.problem_set.exercises}
    called = {name for e in room.judged for name in e.builds_on}  # 3.0 for 3 would stop what calls
    for exercise in room.judged:
        for variant in exercise.variants.alternatives:
            pasted = None if exercise.id in called else room.pasted(exercise, variant)
            if pasted and _stands_alone(room, exercise, pasted[0]):
                written[exercise.id].append(pasted[0])
    taken = {e.name for e in loaded.problem_set.exercises}
    rng = np.random.default_rng(seed)
    return [_one(f"student-{k:03d}", written, taken, rng) for k in range(size)]


def _stands_alone(room: Classroom, exercise: Exercise, source: str) -> bool:
    """Whether an answer gets all points with nothing but its cell; annotations count, too."""
    namespace: dict[str, Any] = {"__name__": "student", "np": np}  # as the first cell has it
    exec(compile(source, "<answer>", "exec", dont_inherit=True), namespace)
    return room.outcome_of(exercise, namespace[exercise.name]).score == exercise.points


def _one(
    student: str, written: dict[str, list[str]], taken: set[str], rng: np.random.Generator
) -> Work:
    solutions, own = {}, {}
    for exercise, answers in written.items():
        source = answers[int(rng.integers(len(answers)))]
        if rng.random() < 0.5:
            source = renamed(source, str(rng.choice(WORDS)), taken)
        if rng.random() < 0.5:
            source = f"{source}\n{rng.choice(REMARKS)}"
        solutions[exercise] = source
        if rng.random() < 0.3:
            count = int(rng.integers(2, 9))
            own[exercise] = _choose(OWN_CELLS, rng).format(count=count, name=f"mine_{count}")
    return Work(student, solutions, own)


def _choose(texts: Sequence[str], rng: np.random.Generator) -> str:
    return texts[int(rng.integers(len(texts)))]


def renamed(source: str, word: str, taken: set[str]) -> str:
    """The same program with other names for what is local to its functions.

    A text that is no Python, such as a written answer, stays as it is.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    local = _local_names(tree) - taken - set(dir(builtins))
    if not local:
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in local:
            node.id = f"{word}_{node.id}"
        if isinstance(node, ast.FunctionDef) and node.name in local:
            node.name = f"{word}_{node.name}"
    return ast.unparse(tree)


def _local_names(tree: ast.Module) -> set[str]:
    """Names that only functions give to things; what a class or the cell itself names is kept."""
    local: set[str] = set()
    kept: set[str] = set()
    functions = [top for top in tree.body if isinstance(top, ast.FunctionDef)]
    inner = {node for f in functions for node in ast.walk(f)} - set(functions)
    in_classes = {n for node in inner if isinstance(node, ast.ClassDef) for n in ast.walk(node)}
    for node in ast.walk(tree):
        free = node in inner and node not in in_classes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            (local if free else kept).add(node.id)
        elif isinstance(node, ast.Name) and node not in inner:
            kept.add(node.id)
        elif isinstance(node, ast.FunctionDef):
            (local if free else kept).add(node.name)
        elif isinstance(node, ast.ClassDef):
            kept.add(node.name)
        elif isinstance(node, ast.arg):
            kept.add(node.arg)
        elif isinstance(node, ast.Global | ast.Nonlocal):
            kept.update(node.names)
        elif isinstance(node, ast.alias):
            kept.add((node.asname or node.name).partition(".")[0])
    return local - kept
