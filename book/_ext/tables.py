"""Tables of nodes, as the ledger and the page of claims lay them out."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes

Cells = Sequence[Sequence[nodes.Node]]


def table(
    header: Sequence[str], rows: Sequence[Cells], *, widths: Sequence[int] = (), empty: str = ""
) -> nodes.table:
    """Lay out rows of cells under a header; a cell without content says ``empty``."""
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=width) for width in widths or [1] * len(header)]
    head, body = nodes.thead(), nodes.tbody()
    head += _row([[nodes.Text(title)] for title in header], empty)
    body += [_row(cells, empty) for cells in rows]
    group += [head, body]
    return nodes.table("", group)


def _row(cells: Cells, empty: str) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        entry = nodes.entry()
        for content in cell or [nodes.emphasis("", empty)]:
            entry += nodes.paragraph("", "", content)
        row += entry
    return row
