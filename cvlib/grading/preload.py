"""What the servers of a problem set import before any submission: what answers to it import."""

from __future__ import annotations

import ast
import contextlib
import functools
from collections.abc import Iterable

from cvlib.grading.drivers import source_of
from cvlib.grading.variants import Variant


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
