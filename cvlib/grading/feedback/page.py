"""The feedback page of one student: marks and the judge's words, with nothing that can run.

Everything a student wrote is escaped by the template or cleaned after rendering, the page carries
no script, and its content security policy would let none run.
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from nbconvert.exporters import Exporter
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbgrader.api import BaseCell, Comment, Grade
from nbgrader.preprocessors import GetGrades
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from cvlib.grading.course.course import Course
from cvlib.grading.feedback.late import instead, late_cells
from cvlib.grading.judging.result import points
from cvlib.grading.notebook.source import CHECK_PREFIX
from cvlib.grading.pages.clean import IMAGE, LONGEST_KEPT, clean_markdown
from cvlib.grading.pages.templating import templates
from cvlib.grading.receipts.receipt import receipt_path

TEMPLATE = "feedback.html"
LONGEST = 20_000
NO_RESPONSE = "No response."  # what nbgrader notes on an answer left untouched
DELIMITER = re.compile(r"^### (BEGIN|END) MARK SCHEME *$", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?)\s*(?:\(\d[\d.]* points?\))?\s*$", re.MULTILINE)


class GetMarks(GetGrades):
    """Reads the marks from the gradebook, and whether a person has still to give one.

    nbgrader wants one that is given looked at again after each grading; it counts all the same. It
    also asks for each cell alone; here one question serves the page.
    """

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Add the marks and comments of one student."""
        self._rows: dict[type, dict[str, Any]] = {}
        return super().preprocess(nb, resources)

    def _get_comment(self, cell: NotebookNode, resources: Any) -> None:
        cell.metadata.nbgrader["comment"] = self._row(Comment, cell).comment

    def _get_score(self, cell: NotebookNode, resources: Any) -> None:
        grade = self._row(Grade, cell)
        given = grade.manual_score is not None
        cell.metadata.nbgrader |= {
            "score": grade.score,
            "points": grade.max_score,
            "waiting": bool(grade.needs_manual_grade) and not given,
        }

    def _row(self, kind: type, cell: NotebookNode) -> Any:
        if kind not in self._rows:
            asked = self.notebook_id, self.assignment_id, self.student_id
            notebook = self.gradebook.find_submission_notebook(*asked)
            query = self.gradebook.db.query(BaseCell.name, kind).join(kind.cell)  # type: ignore[attr-defined]
            self._rows[kind] = dict(query.filter(kind.notebook_id == notebook.id).all())  # type: ignore[attr-defined]
        return self._rows[kind][cell.metadata.nbgrader["grade_id"]]


class FeedbackExporter(Exporter):
    """Writes a graded notebook as one HTML page that needs nothing else."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: Any = None, **kwargs: Any
    ) -> tuple[str, Any]:
        """Render the page, with the marks that ``GetMarks`` has added."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        names = resources["nbgrader"]
        directory: Any = self.parent
        course = Course(Path(directory.coursedir.root), Path())
        receipt = receipt_path(course, names["assignment"], names["student"])
        late = late_cells(course, names["assignment"], names["student"], len(nb.cells))
        shown = receipt.read_bytes() if receipt.is_file() else b""
        return render(nb, names, shown, late), resources


def render(
    nb: NotebookNode, names: dict[str, Any], receipt: bytes = b"", late: Collection[int] = ()
) -> str:
    """Render a graded notebook; ``names`` holds score, max_score, late_penalty and notebook.

    The outputs of the cells numbered in ``late`` are not shown.
    """
    cells = []
    title, heading = names["notebook"], ""
    for index, cell in enumerate(nb.cells):
        found = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        view = _view(cell, found[1] if found else heading, late=index in late)
        if found and not cell.metadata.get("nbgrader"):
            heading = found[1]
            view["fold"] = True  # the student knows the task; the page is about the answer
            view["html"] = clean_markdown(cell.source.replace(found[0], "", 1).strip())
            if index < 2 and title == names["notebook"]:
                title = heading
            else:
                view["heading"] = clean_markdown(found[0])
        cells.append(view)
    marks = [view["mark"] for view in cells if view["mark"]]
    template = templates().get_template(TEMPLATE)
    return template.render(
        title=title,
        cells=cells,
        marks=marks,
        score=points(names["score"]),
        max_score=points(names["max_score"]),
        late_penalty=points(names["late_penalty"]) if names.get("late_penalty") else "",
        waiting=sum(mark["waiting"] for mark in marks),
        receipt=base64.b64encode(receipt).decode(),
        receipt_name=f"receipt-{names['notebook']}.json",
        code_style=_code_style("default"),
        dark_code_style=_code_style("github-dark"),
    )


def _view(cell: NotebookNode, heading: str, *, late: bool) -> dict[str, Any]:
    about = cell.metadata.get("nbgrader", {})
    view: dict[str, Any] = {"kind": cell.cell_type, "outputs": [], "mark": None, "comment": ""}
    view |= {"heading": "", "fold": False}
    is_check = str(about.get("grade_id", "")).startswith(CHECK_PREFIX) and about.get("grade")
    if is_check:
        view["kind"] = "check"
    elif cell.cell_type == "markdown":
        view["html"] = clean_markdown(DELIMITER.sub("", cell.source), cell.get("attachments"))
    elif cell.cell_type == "code":
        keep = len(cell.source) <= LONGEST_KEPT
        view["html"] = (_highlighted if keep else _highlighted.__wrapped__)(cell.source)
        if not late:
            view["outputs"] = [o for o in map(_output, cell.outputs) if o]
        elif said := instead(cell):
            view["outputs"] = [{"text": said, "image": "", "trace": ""}]
    comment = about.get("comment") or ""
    empty = comment == NO_RESPONSE
    if about.get("grade"):
        said = "".join(o.text for o in cell.get("outputs", []) if o.output_type == "stream")
        text = "Nothing was written here." if empty else said.partition("\n")[2].strip()
        view["mark"] = _mark(about, heading, text)
    if comment and not empty:
        view["comment"] = clean_markdown(comment)
    return view


@functools.lru_cache(maxsize=1024)
def _highlighted(source: str) -> Markup:
    return Markup(highlight(source, PythonLexer(), HtmlFormatter()))


@functools.cache
def _code_style(style: str) -> Markup:
    return Markup(HtmlFormatter(style=style).get_style_defs(".highlight"))


def _words(text: str) -> Markup:
    """The judge's words, with *emphasis* and `code` in the lines that nobody else wrote."""
    lines = []
    for line in text.splitlines():
        html = str(escape(line))
        if line.startswith(("What happened:", "Hint", "Read:")):
            html = re.sub(r"\*([^*`]+)\*", r"<em>\1</em>", html)
            html = re.sub(r"`([^`]+)`", r"<code>\1</code>", html)
        lines.append(html)
    return Markup("\n".join(lines))


def _mark(about: dict[str, Any], heading: str, text: str) -> dict[str, Any]:
    score, most = float(about.get("score") or 0), float(about.get("points") or 0)
    waiting = bool(about.get("waiting"))
    level = "waiting" if waiting else "full" if score >= most else "part" if score > 0 else "none"
    return {
        "id": about["grade_id"], "title": heading or about["grade_id"], "score": points(score),
        "points": points(most), "waiting": waiting, "level": level, "text": _words(text),
    }  # fmt: skip


def _output(output: NotebookNode) -> dict[str, str] | None:
    if output.output_type == "stream":
        return {"text": _short(strip_ansi(output.text)), "image": "", "trace": ""}
    if output.output_type == "error":
        trace = _short(strip_ansi("\n".join(output.traceback)))
        return {"text": f"{output.ename}: {output.evalue}"[:500], "image": "", "trace": trace}
    data = output.get("data", {})
    for kind in ("image/png", "image/jpeg"):
        uri = f"data:{kind};base64,{data.get(kind, '')}".strip()
        if kind in data and IMAGE.match(uri):
            return {"text": "", "image": uri, "trace": ""}
    text = data.get("text/plain", "")
    return {"text": _short(strip_ansi(text)), "image": "", "trace": ""} if text else None


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n… {len(text) - LONGEST} more"
