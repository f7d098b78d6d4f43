"""The right answers of an exercise as code: what can be changed in them, and how they are made.

The model solution is its cell, run after those it needs. The reference and the alternatives are
definitions of the set's own files, with the other definitions there that they call. What the
library computes is left alone: no student writes that.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from nbformat import NotebookNode

from cvlib.grading.judging.plan import foundations
from cvlib.grading.notebook.source import build_source_notebook
from cvlib.grading.rehearsal.mutants.derive import Mutant, derive
from cvlib.grading.rehearsal.mutants.operators import IGNORED, ignored
from cvlib.grading.spec.exercise import Exercise
from cvlib.grading.spec.loading import PACKAGE, LoadedSet

SOLUTION, REFERENCE = "the model solution", "the reference"


@dataclass(frozen=True)
class Answer:
    """A right answer: its code, where that stands, and the names that it finds when it is run."""

    who: str
    file: str
    above: int
    tree: ast.Module
    name: str
    names: Mapping[str, Any] = field(repr=False)
    lines: frozenset[int]

    def mutants(self) -> Iterator[Mutant]:
        """The answer with one small mistake."""
        return derive(self.tree, self.lines.__contains__)

    def make(self, code: str = "") -> Any:
        """The function or class that the code defines; without a code, the right one."""
        names = {**self.names, IGNORED: ignored}
        exec(compiled(code or ast.unparse(self.tree)), names)
        return names[self.name]


def right_answers(loaded: LoadedSet, exercise: Exercise) -> list[Answer]:
    """The right answers that have code to change; no line stands in two of them."""
    known = [(REFERENCE, exercise.reference)]
    known += [(v.name, v.target) for v in exercise.variants.alternatives]
    taken: set[tuple[str, int]] = set()
    found = [model_solution(loaded, exercise)]
    for who, target in known:
        answer = defined(loaded, who, target, taken)
        if answer is not None:
            found.append(answer)
    return found


def model_solution(loaded: LoadedSet, exercise: Exercise) -> Answer:
    """The cell of the model solution, its names being what the cells before it define."""
    *before, cell = needed_cells(loaded, exercise)
    names: dict[str, Any] = {"__name__": "__main__"}
    for earlier in before:
        # a cell that looks at an answer that we have left out may fail
        with contextlib.suppress(Exception), contextlib.redirect_stdout(None):
            exec(compiled(earlier.source), names)
    lines, inside = set(), False
    for k, line in enumerate(cell.source.splitlines(), 1):
        inside = (inside or "### BEGIN SOLUTION" in line) and "### END SOLUTION" not in line
        lines |= {k} if inside else set()
    text = loaded.notebook_path.read_text("utf-8")
    above = text[: max(text.find(cell.source), 0)].count("\n")
    tree = ast.parse(cell.source)
    file = loaded.notebook_path.name
    return Answer(SOLUTION, file, above, tree, exercise.name, names, frozenset(lines))


def needed_cells(loaded: LoadedSet, exercise: Exercise) -> list[NotebookNode]:
    """The code cells up to an exercise's own, of other exercises only those that it builds on."""
    needed = {*foundations(loaded.problem_set, exercise), exercise.id}
    found = []
    for cell in build_source_notebook(loaded).cells:
        owner = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        foreign = owner != "" and owner not in needed  # a check cell is foreign, too
        if cell.cell_type == "code" and not foreign:
            found.append(cell)
        if owner == exercise.id:
            break
    return found


def compiled(code: str) -> CodeType:
    """Code to execute; its annotations stay text."""
    flags = __future__.annotations.compiler_flag
    return compile(code, "<answer>", "exec", flags=flags, dont_inherit=True)


def defined(loaded: LoadedSet, who: str, target: Any, taken: set[tuple[str, int]]) -> Answer | None:
    """The definition of a target in a file of the set, and whatever it calls that stands there."""
    module = sys.modules.get(str(getattr(target, "__module__", "")))
    name = getattr(inspect.unwrap(target), "__name__", "")
    if module is None or not module.__name__.startswith(f"{PACKAGE}.{loaded.problem_set.id}"):
        return None
    path = Path(str(module.__file__))
    there = {
        node.name: node
        for node in ast.parse(loaded.sources[path.name]).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    if name not in there:
        return None
    called = {name}
    while more := {n for c in called for n in _names(there[c]) if n in there} - called:
        called |= more
    body = [node for n, node in there.items() if n in called]
    for node in body:
        node.decorator_list = [d for d in node.decorator_list if not _registers(d)]
    new = [node for node in body if (path.name, node.lineno) not in taken]
    taken |= {(path.name, node.lineno) for node in new}
    lines = {k for node in new for k in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    tree = ast.Module(list(body), [])
    return Answer(who, path.name, 0, tree, name, vars(module), frozenset(lines))


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}


def _registers(decorator: ast.expr) -> bool:
    """Whether a decorator only enters an answer into the list of variants."""
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(function, ast.Attribute) and function.attr in ("mutant", "alternative")
