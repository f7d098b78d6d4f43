"""Texts for a terminal: aligned columns, and nothing in them that a terminal would obey."""

from __future__ import annotations

from collections.abc import Sequence


def shown(text: str) -> str:
    """A text of others for a terminal: what it cannot print, or would obey, is spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def columns(rows: Sequence[Sequence[str]], *, left: Sequence[int]) -> list[str]:
    """Align the cells of a table; numbers to the right, the ``left`` columns to the left."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (
            cell.ljust(w) if k in left else cell.rjust(w)
            for k, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return lines
