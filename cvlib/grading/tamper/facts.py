"""What a piece of Python does, as short facts: imports, names used and set, classes, calls, texts.

Nothing is run. Source that Python cannot parse, or that is too large or too deep, is read by
regular expressions instead, so that a syntax error hides nothing.
"""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_PARSED = 100_000
MAX_READ = 300_000
LONGEST_CHAIN = 12
LONGEST_TEXT = 300
BLOB = re.compile(r"[A-Za-z0-9+/=_\s-]{400,}")
MAGIC = re.compile(r"^([ \t]*)(?:\w[\w, ]*=[ \t]*)?([%!]{1,2})[ \t]*(\w*)[^\n]*", re.MULTILINE)
IMPORT = re.compile(r"^[ \t]*(?:from|import)\s+([\w.]+)", re.MULTILINE)
NAMES = re.compile(r"[A-Za-z_]\w*(?:(?:\(\))?\.\w+)*")
TEXTS = re.compile(r"'([^'\n]{1,300})'|\"([^\"\n]{1,300})\"")
FAILURES = (SyntaxError, ValueError, RecursionError, MemoryError, SystemError, OverflowError)
BY_NAME = (
    "__import__",
    "importlib.import_module",
    "importlib.util.find_spec",
    "importlib.__import__",
    "importlib.find_loader",
    "pkgutil.get_loader",
)
#: A variable that holds one of these is read as that.
MODULES = ("get_ipython", "numpy", "builtins", "cvlib", "sys", "os", "IPython", "importlib", "gc")
CODE_IN_TEXT = ("exec", "eval", "compile")


@dataclass(frozen=True)
class Fact:
    """A kind (import, use, set, call, base, method, text, blob, …), what of, and the line."""

    kind: str
    text: str
    line: int


def read_facts(source: str, aliases: Mapping[str, str] | None = None) -> list[Fact]:
    """The facts of a cell; ``aliases`` are names that imports elsewhere have given."""
    source = source[:MAX_READ]
    ends = [m.start() for m in re.finditer("\n", source)]
    found = [
        Fact("magic", m[2][0] + m[3], bisect(ends, m.start()) + 1) for m in MAGIC.finditer(source)
    ]
    plain = MAGIC.sub(lambda m: f"{m[1]}pass", source) if found else source
    tree = _parse(plain)
    if tree is None:
        return [*found, *_by_expressions(plain, ends)]
    known = read_aliases(tree, aliases)
    try:
        once: dict[tuple[str, str], Fact] = {}
        for fact in _Reader(known).read(tree):
            once.setdefault((fact.kind, fact.text), fact)
        return [*found, *once.values()]
    except RecursionError:
        return [*found, *_by_expressions(plain, ends)]


def _parse(source: str) -> ast.Module | None:
    if len(source) > MAX_PARSED:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a wrong escape in a student's text
            flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            tree = compile(source, "<cell>", "exec", flags, dont_inherit=True)
    except FAILURES:
        return None
    return tree if isinstance(tree, ast.Module) else None


def read_aliases(tree: ast.Module | str, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """The known names, and what each imported name and each new name for it stands for."""
    parsed = _parse(MAGIC.sub(lambda m: f"{m[1]}pass", tree)) if isinstance(tree, str) else tree
    aliases = dict(known or {})
    for node in ast.walk(parsed) if parsed is not None else ():
        if isinstance(node, ast.Import):
            aliases.update({a.asname: a.name for a in node.names if a.asname})
        elif isinstance(node, ast.ImportFrom) and node.module:
            aliases.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
    for node in ast.walk(parsed) if parsed is not None else ():
        match node:  # one more name for a module, or for what is in one
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                whole = _Reader(aliases).dotted(value)
                if whole.partition(".")[0] in MODULES and "?" not in whole:
                    aliases[name] = whole
    return aliases


class _Reader:
    def __init__(self, aliases: Mapping[str, str]) -> None:
        self.aliases = aliases

    def read(self, tree: ast.AST, *, hidden: bool = False) -> Iterator[Fact]:
        guarded = _guarded(tree)
        for node in ast.walk(tree):
            line = getattr(node, "lineno", 1)
            for kind, text in self._of(node):
                kind = f"{kind} if possible" if kind == "import" and node in guarded else kind
                yield Fact(f"hidden {kind}" if hidden else kind, text, line)
            if isinstance(node, ast.Call) and not hidden:
                yield from self._code_in_text(node, line)

    def _of(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        match node:
            case ast.Import(names=names):
                yield from (("import", a.name) for a in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (("import", f"{module}.{a.name}") for a in names)
            case ast.Attribute(ctx=ast.Load()) | ast.Name(ctx=ast.Load()):
                yield "use", self.dotted(node)
            case ast.Name(id=name):
                yield "set", name  # whatever it stood for before
            case ast.Attribute():
                yield "set", self.dotted(node)
            case ast.Subscript(ctx=ast.Store(), value=value):
                yield "set", f"{self.dotted(value)}[]"
            case ast.FunctionDef(name=name):
                yield "set", name
            case ast.ClassDef():
                yield from self._of_class(node)
            case ast.Call():
                yield from self._of_call(node)
            case ast.Constant(value=str(text)):
                yield "text", text[:LONGEST_TEXT]
                if BLOB.fullmatch(text.strip()):
                    yield "blob", f"{len(text)} letters"
            case ast.Constant(value=bytes(data)) if len(data) >= 400:
                yield "blob", f"{len(data)} bytes"

    def _of_class(self, node: ast.ClassDef) -> Iterator[tuple[str, str]]:
        yield from (("base", self.dotted(base)) for base in node.bases)
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                last = inner.body[-1]
                value = last.value if isinstance(last, ast.Return) else None
                always = isinstance(value, ast.Constant) and value.value is True
                yield "method", f"{inner.name} always true" if always else inner.name
            elif isinstance(inner, ast.Assign):
                yield from (("method", t.id) for t in inner.targets if isinstance(t, ast.Name))

    def _of_call(self, node: ast.Call) -> Iterator[tuple[str, str]]:
        name = self.dotted(node.func)
        yield "call", name
        first = node.args[0] if node.args else None
        if name in BY_NAME and isinstance(first, ast.Constant) and isinstance(first.value, str):
            yield "import by name", first.value[:LONGEST_TEXT]
        if name == "setattr" and first is not None and len(node.args) > 1:
            given = node.args[1]
            attribute = str(given.value) if isinstance(given, ast.Constant) else "*"
            yield "set", f"{self.dotted(first)}.{attribute}"

    def _code_in_text(self, node: ast.Call, line: int) -> Iterator[Fact]:
        first = node.args[0] if node.args else None
        if self.dotted(node.func) in CODE_IN_TEXT and isinstance(first, ast.Constant):
            inner = _parse(first.value) if isinstance(first.value, str) else None
            if inner is not None:
                found = self.read(inner, hidden=True)
                yield from (Fact(f.kind, f.text, line) for f in found)

    def dotted(self, node: ast.AST) -> str:
        """``get_ipython().kernel`` as ``get_ipython.kernel``, with the names of modules in full."""
        parts: list[str] = []
        while True:
            match node:
                case ast.Attribute(value=value, attr=attribute):
                    parts.append(attribute)
                    node = value
                case ast.Call(func=inner) | ast.Subscript(value=inner):
                    node = inner
                case ast.Name(id=name):
                    parts.append(self.aliases.get(name, name))
                    break
                case _:
                    parts.append("?")
                    break
            if len(parts) > LONGEST_CHAIN:
                break
        return ".".join(reversed(parts))


def _guarded(tree: ast.AST) -> set[ast.AST]:
    """Imports that may fail: those in a ``try`` that goes on without them."""
    tries = (n for n in ast.walk(tree) if isinstance(n, ast.Try) and n.handlers)
    inside = (inner for t in tries for statement in t.body for inner in ast.walk(statement))
    return {n for n in inside if isinstance(n, ast.Import | ast.ImportFrom)}


def _by_expressions(source: str, ends: list[int]) -> Iterator[Fact]:
    seen: set[tuple[str, str]] = set()
    for kind, pattern in (("import", IMPORT), ("use", NAMES), ("text", TEXTS), ("blob", BLOB)):
        for match in pattern.finditer(source):
            text = next((g for g in match.groups() if g), match[0]).replace("()", "")
            text = f"{len(text)} letters" if kind == "blob" else text[:LONGEST_TEXT]
            if (kind, text) not in seen:
                seen.add((kind, text))
                yield Fact(kind, text, bisect(ends, match.start()) + 1)
