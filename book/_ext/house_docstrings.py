"""The library's docstrings, which are plain text with Unicode equations, as reStructuredText.

Lines that are equations become a block of their own; "Shapes:", "Raises", "Returns" and "Source:"
begin a paragraph; a name between single backticks is code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sphinx.application import Sphinx

_EQUATION = re.compile(r"^[\w′]+(\[[^]]*\]|\([^)]*\))?(, [\w′]+)? \+?= ")
_FIELD = re.compile(r"^(Shapes|Source):|^(Raises|Returns)\b")
_CODE = re.compile(r"(`+[^`]+`+)")


def escape(text: str) -> str:
    """Protect what reStructuredText would read as markup, and set `names` as code."""
    parts = []
    for part in _CODE.split(text):
        if part.startswith("`"):
            parts.append(f"``{part.strip('`')}``")
        else:
            primed = re.sub(r"\b([A-Z])'", r"\1′", part)  # H' is a size, not a quotation
            parts.append(re.sub(r"([*|\\]|_(?=\W|$))", r"\\\1", primed))
    return "".join(parts)


def rewrite(lines: list[str]) -> list[str]:
    """Turn the lines of one docstring into reStructuredText."""
    return list(_rewritten(lines))


def _rewritten(lines: list[str]) -> Iterator[str]:
    in_equation = False
    for line in lines:
        equation = bool(_EQUATION.match(line))
        if equation and not in_equation:
            yield from ("", ".. container:: docstring-equation", "")
        if in_equation and not equation:
            yield ""
        if equation:
            yield f"   | {escape(line)}"
        else:
            if field := _FIELD.match(line):
                yield ""
                line = f"**{field[0].rstrip(':')}**{line[field.end() :]}"
                head, _, tail = line.rpartition("**")
                yield f"{head}**{escape(tail)}"
            else:
                yield escape(line)
        in_equation = equation
    yield ""


def process(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Rewrite the docstrings of the library, and of nothing else."""
    if name.startswith("cvlib."):
        lines[:] = rewrite(lines)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to autodoc."""
    app.connect("autodoc-process-docstring", process)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
