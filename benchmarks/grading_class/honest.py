"""A class of honest students: everybody is right, and no two files are the same.

Each takes the model solution of an exercise or another right answer to it, calls local things by
other names, and leaves comments, prints and cells of their own, all drawn from a seed.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat
import numpy as np
from nbformat import NotebookNode

from cvlib.grading.normalize import grade_id, is_solution
from cvlib.grading.sample_class import Classroom, to_bytes
from cvlib.grading.spec import LoadedSet

WORDS = ("first", "second", "third", "last", "rough", "careful", "short", "long", "plain", "new")
REMARKS = (
    "# after a long evening", "# see my notes", "# checked by hand on a 3 x 3 case",
    "# could be shorter", "# I hope the border is right",
)  # fmt: skip
OWN_CELLS = (
    "print('still to do:', {count})",
    "import numpy as np\n\n{name} = np.arange(12).reshape(3, 4)\nprint({name}.sum(), {name}.T.shape)",
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
    for exercise in room.judged:
        for variant in loaded.variants.alternatives_of(exercise.id):
            if pasted := room.pasted(variant):
                written[exercise.id].append(pasted[0])
    taken = {e.name for e in loaded.problem_set.exercises}
    rng = np.random.default_rng(seed)
    return [_one(f"student-{k:03d}", written, taken, rng) for k in range(size)]


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
    """Names that only functions give to things, and that nothing else in the cell refers to."""
    local: set[str] = set()
    fixed: set[str] = set()
    for top in tree.body:
        is_function = isinstance(top, ast.FunctionDef)
        for node in ast.walk(top):
            if isinstance(node, ast.Name) and is_function and isinstance(node.ctx, ast.Store):
                local.add(node.id)
            elif isinstance(node, ast.Name) and not is_function:
                fixed.add(node.id)
            elif isinstance(node, ast.FunctionDef) and node is not top and is_function:
                local.add(node.name)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                fixed.add(node.name)
            elif isinstance(node, ast.arg):
                fixed.add(node.arg)
            elif isinstance(node, ast.Global | ast.Nonlocal):
                fixed.update(node.names)
            elif isinstance(node, ast.alias):
                fixed.add((node.asname or node.name).partition(".")[0])
    return local - fixed
