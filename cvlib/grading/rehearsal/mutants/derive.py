"""The mutants of a piece of code: each operator at each node, and a name that stays."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from cvlib.grading.rehearsal.mutants.operators import OPERATORS

#: A change is told in its surroundings, as far as they fit.
WIDTH = 72
#: What no answer depends on.
UNREAD = (ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.JoinedStr, ast.arguments)


@dataclass(frozen=True)
class Mutant:
    """Code with one small mistake: which, where, and what stood there.

    ``change`` names it: before -> after, and a number where the same is changed twice alike. Edits
    elsewhere leave it as it is.
    """

    operator: str
    line: int
    change: str
    code: str


@dataclass(frozen=True)
class _Place:
    """A node in its tree: the nodes above it, outermost first, and the field that holds it."""

    node: ast.AST
    above: tuple[ast.AST, ...]
    field: str
    index: int | None

    def put(self, node: ast.AST) -> None:
        """Let another node stand here."""
        if self.index is None:
            setattr(self.above[-1], self.field, node)
        else:
            getattr(self.above[-1], self.field)[self.index] = node

    @property
    def line(self) -> int:
        """The line of the node, or of the nearest one above that has a line."""
        chain = (self.node, *reversed(self.above))
        return next((n.lineno for n in chain if hasattr(n, "lineno")), 1)

    @property
    def lines(self) -> range:
        """The lines to which a change belongs: of a function, all."""
        function = isinstance(self.node, ast.FunctionDef)
        last = getattr(self.node, "end_lineno", None) if function else None
        return range(self.line, (last or self.line) + 1)


def derive(tree: ast.Module, wanted: Callable[[int], bool] = lambda line: True) -> Iterator[Mutant]:
    """Each mutant of the code once; ``wanted`` says on which lines."""
    seen, names = {ast.unparse(tree)}, Counter[str]()
    for place in list(_places(tree)):
        if not any(map(wanted, place.lines)):
            continue
        for operator, apply in OPERATORS.items():
            for node in apply(place.node):
                before, after, code = _changed(tree, place, node)
                if code in seen or before == after:
                    continue
                seen.add(code)
                change = f"{before} -> {after}"
                names[change] += 1
                if names[change] > 1:
                    change += f" ({names[change]})"
                yield Mutant(operator, place.line, change, code)


def _changed(tree: ast.Module, place: _Place, node: ast.AST) -> tuple[str, str, str]:
    """What is told of a change, before and after, and the whole code with it."""
    whole = place.node
    for above in reversed(place.above):
        if isinstance(whole, ast.stmt) or len(_text(above)) > WIDTH:
            break
        whole = above
    before = _text(whole)
    place.put(node)
    try:
        after = _text(node if whole is place.node else whole)
        if isinstance(node, ast.FunctionDef):
            known = getattr(place.node, "body", [])
            after = next(ast.unparse(line) for line in node.body if line not in known)
        return before, after, ast.unparse(ast.fix_missing_locations(tree))
    finally:
        place.put(place.node)


def _text(node: ast.AST) -> str:
    """The code of a node on one line; of a block, its head."""
    text = ast.unparse(node).strip()
    if isinstance(node, ast.stmt):
        text = text.split("\n", 1)[0]
    text = " ".join(text.split())
    return text if len(text) <= 2 * WIDTH else f"{text[:WIDTH]} … {text[-WIDTH:]}"


def _places(tree: ast.Module) -> Iterator[_Place]:
    """All nodes that stand for what is computed, in the order of the text."""
    stack = [_Place(node, (tree,), "body", k) for k, node in reversed([*enumerate(tree.body)])]
    while stack:
        place = stack.pop()
        node = place.node
        if isinstance(node, UNREAD) or (isinstance(node, ast.keyword) and node.arg == "strict"):
            continue
        yield place
        below = []
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "bases", "type_params"):
                continue
            several = isinstance(value, list)
            for k, child in enumerate(value if several else [value]):
                if isinstance(child, ast.AST):
                    index = k if several else None
                    below.append(_Place(child, (*place.above, node), field, index))
        stack += reversed(below)
