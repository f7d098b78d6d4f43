"""A table that a page can sort: as HTML, and as Markdown for a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Cell:
    """A value by which to sort, and how it is shown; without a value, a dash and why."""

    value: str | int | float | None
    shown: str = ""
    why: str = ""

    @classmethod
    def millions(cls, count: int) -> Cell:
        """Show a count in millions to three decimals; the exact count sorts."""
        return cls(count, f"{count / 1e6:,.3f}")

    @property
    def text(self) -> str:
        """What is shown."""
        if self.value is None:
            return "–"
        return self.shown or (self.value if isinstance(self.value, str) else f"{self.value:,}")

    @property
    def is_number(self) -> bool:
        """Say whether the cell stands right and sorts by size."""
        return not isinstance(self.value, str)

    def to_html(self, tag: str = "td") -> str:
        """Render as one cell; the first of a row is its head."""
        value = "" if self.value is None else str(self.value)
        sort = f' class="number" data-value="{escape(value)}"' if self.is_number else ""
        why = f' title="{escape(self.why)}"' if self.why else ""
        scope = ' scope="row"' if tag == "th" else ""
        return f"<{tag}{scope}{sort}{why}>{escape(self.text)}</{tag}>"


@dataclass(frozen=True)
class Table:
    """Rows under a head. As the last expression of a cell it displays itself.

    In the book a script gives each column a button that sorts by it; without the script the table
    is a table. Raises ValueError for a row of another length than the head.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"expected {len(self.columns)} cells a row, got {len(row)} in that of "
                    f"{row[0].text if row else 'nothing'!r}"
                )

    def to_html(self) -> str:
        """Render as one element that needs no other file."""
        heads = "".join(f'<th scope="col">{escape(c)}</th>' for c in self.columns)
        body = "".join(
            f"<tr>{row[0].to_html('th')}{''.join(cell.to_html() for cell in row[1:])}</tr>\n"
            for row in self.rows
        )
        return (
            f"<sortable-table><table><caption>{escape(self.caption)}</caption>\n"
            f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}</tbody></table></sortable-table>"
        )

    def to_markdown(self) -> str:
        """Render as a Markdown table, numbers to the right."""
        numbers = [any(row[k].is_number for row in self.rows) for k in range(len(self.columns))]
        lines = [self.columns, ["--:" if number else ":--" for number in numbers]]
        lines += [[cell.text for cell in row] for row in self.rows]
        return "\n".join(
            "| " + " | ".join(text.replace("|", r"\|") for text in line) + " |" for line in lines
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.to_html(), "text/plain": self.to_markdown()}
