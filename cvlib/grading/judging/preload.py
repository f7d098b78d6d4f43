"""What the servers of a problem set import before any submission: what answers to it import.

A server costs up to five seconds of processor time, and may serve every exercise that needs no more
than it has. So what is imported is written in one form, whatever the words in the notebooks.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import sys
from collections.abc import Iterable, Iterator

from cvlib.grading.spec.drivers import source_of
from cvlib.grading.spec.variants import Variant

#: What is there as soon as a package is imported.
COMES_WITH = {
    "numpy": ("numpy.lib.stride_tricks", "numpy.linalg", "numpy.random"),
    "torch": ("torch.nn", "torch.nn.functional", "torch.optim", "torch.utils.data"),
}


def one_form(statements: Iterable[str], withhold: Iterable[str] = ()) -> str:
    """Imports without repetition, order, other names and what is not there or costs nothing."""
    return "\n".join(sorted({line for s in statements for line in _parts(s, tuple(withhold))}))


def _parts(statement: str, withhold: tuple[str, ...]) -> Iterator[str]:
    (node,) = ast.parse(statement).body
    if isinstance(node, ast.Import):
        wanted = [(name.name, "") for name in node.names]
    else:
        assert isinstance(node, ast.ImportFrom)
        wanted = [(node.module or "", name.name) for name in node.names]
    for module, name in wanted:
        root = module.partition(".")[0]
        whole = f"{module}.{name}"
        if root in sys.stdlib_module_names or any(
            f"{whole}.".startswith(f"{w}.") for w in withhold
        ):
            continue
        if module == root or module in COMES_WITH.get(root, ()):
            module, name = (root, "") if root in COMES_WITH else (module, name)
        yield f"from {module} import {name}" if name else f"import {module}"


def imports(sources: Iterable[str]) -> tuple[str, ...]:
    """The import statements in these sources, each once."""
    return tuple(dict.fromkeys(line for source in sources for line in _imports_of(source)))


def imports_of_variants(variants: Iterable[Variant]) -> tuple[str, ...]:
    """The import statements inside other right answers, which students may write, too."""
    sources = []
    for variant in variants:
        with contextlib.suppress(OSError, TypeError):  # a value, or a function without a source
            sources.append(source_of(variant.target))
    return imports(sources)


@functools.lru_cache(maxsize=512)
def _imports_of(source: str) -> tuple[str, ...]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:  # text, or a magic
        return ()
    found = [ast.unparse(n) for n in nodes if isinstance(n, ast.Import | ast.ImportFrom)]
    if "optim" in source:
        found.append("import torch._dynamo")  # what the first optimizer imports, for a second
    return tuple(found)
