"""Evidence in the notebook itself: cells, metadata, outputs, hidden characters, code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

from cvlib.grading.notebook.normalize import MAX_EXTRA_CELLS, grade_id, is_solution
from cvlib.grading.notebook.source import CHECK_PREFIX
from cvlib.grading.pages.hidden import BIDIRECTIONAL, NO_WIDTH, name_of
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.tamper.evidence import Evidence
from cvlib.grading.tamper.facts import MAX_READ, read_aliases, read_facts
from cvlib.grading.tamper.rules import judge_fact, withheld_import

#: Code of one submission that is read closely; a real one has some 30,000 characters.
MAX_CODE = 2 * MAX_READ
FLAGS = ("grade", "solution", "locked", "task", "points", "schema_version", "checksum")
MARKS = re.compile(r"\s*\d+(?:\.\d+)?\s*(?:(?:of|/)\s*\d+(?:\.\d+)?.*)?", re.DOTALL)
NUMBER_ALONE = re.compile(
    r"^\s*(?:(?:print|display|sys\.displayhook)\s*\()?\s*\d+(?:\.\d*)?\s*\)?\s*;?$"
)
TAKES_CHECK = re.compile(r"\bcheck\s*=[^=]|\bdef\s+check\b")
ACTIVE = re.compile(
    r"<\s*script\b|<\s*iframe\b|\bon\w{3,20}\s*=\s*[\"'\w]|javascript:", re.IGNORECASE
)
SAVED = "an editor or a converter wrote the file anew"


@dataclass(frozen=True)
class Cell:
    """A cell as it was handed in, its number from 1, and the exercise around it."""

    number: int
    kind: str
    source: str
    metadata: dict[str, Any]
    outputs: list[Any]
    name: str
    exercise: str

    def place(self, line: int = 0) -> str:
        """Where a person finds it."""
        where = f"cell {self.number}" + (f" ({self.name or self.exercise})" if self.exercise or
                                         self.name else "")  # fmt: skip
        return f"{where}, line {line}" if line else where


def look_at_notebook(raw: bytes, template: NotebookNode, loaded: LoadedSet) -> Iterator[Evidence]:
    """Everything a person should see in a file that was handed in; it runs nothing."""
    released = {grade_id(cell): cell for cell in template.cells if grade_id(cell)}
    cells = read_cells(raw, released)
    if cells is None:
        yield Evidence("note", "the file", "is no notebook", "an upload that broke off")
        return
    yield from _structure(cells, released)
    given = {cell.source for cell in template.cells}
    own = [c for c in cells if c.source not in given]
    for cell in cells:
        if cell.name in released:
            yield from _metadata(cell, released[cell.name])
        elif cell.name and cell.metadata.get("nbgrader", {}).get("grade") is True:
            yield Evidence("odd", cell.place(), "claims to be a graded cell that was not released",
                           "it was copied from another problem set")  # fmt: skip
        yield from _outputs(cell)
    for cell in own:
        yield from _characters(cell)
    aliases: dict[str, str] = {}
    for cell in template.cells:
        aliases = read_aliases(cell.source, aliases) if cell.cell_type == "code" else aliases
    yield from _code([c for c in own if c.kind == "code"], loaded, aliases)


def read_cells(raw: bytes, released: dict[str, NotebookNode]) -> list[Cell] | None:
    """The cells of a file, or ``None`` when it is no notebook."""
    try:
        found = json.loads(raw.removeprefix(b"\xef\xbb\xbf"))["cells"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return None
    if not isinstance(found, list):
        return None
    cells: list[Cell] = []
    here = ""
    for number, cell in enumerate(found[: MAX_EXTRA_CELLS + len(released)], 1):
        if not isinstance(cell, dict):
            continue
        metadata = cell.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        about = metadata.get("nbgrader")
        metadata = metadata | {"nbgrader": about if isinstance(about, dict) else {}}
        name = metadata["nbgrader"].get("grade_id")
        name = name if isinstance(name, str) else ""
        if name in released and is_solution(released[name]):
            here = name
        outputs = cell.get("outputs")
        cells.append(
            Cell(number, str(cell.get("cell_type")), _text(cell.get("source")), metadata,
                 outputs if isinstance(outputs, list) else [], name, here)
        )  # fmt: skip
    return cells


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return value[:MAX_READ].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _structure(cells: list[Cell], released: dict[str, NotebookNode]) -> Iterator[Evidence]:
    names = [cell.name for cell in cells if cell.name in released]
    first = list(dict.fromkeys(names))
    if missing := [name for name in released if name not in first]:
        some = ", ".join(missing[:4]) + (
            f" and {len(missing) - 4} more" if len(missing) > 4 else ""
        )
        yield Evidence("note", "the file", f"released cells are missing: {some}",
                       "deleted by accident, or moved to another notebook")  # fmt: skip
    for name in sorted({n for n in first if names.count(n) > 1}):
        yield Evidence("note", name, f"stands {names.count(name)} times", "a cell was copied")
    if first != [name for name in released if name in first]:
        yield Evidence("note", "the file", "released cells stand in another order",
                       "exercises were done in another order")  # fmt: skip
    for cell in cells:
        anchor = released.get(cell.name)
        if anchor is None or is_solution(anchor) or cell.source == anchor.source:
            continue
        lines = [line.partition("#")[0] for line in cell.source.replace(";", "\n").split("\n")]
        if any(map(NUMBER_ALONE.match, lines)):
            yield Evidence("serious", cell.place(), "a released check was replaced by a number",
                           "they noted their points there")  # fmt: skip
        elif any(map(TAKES_CHECK.search, lines)):
            yield Evidence("serious", cell.place(), "a released check was given another meaning",
                           "they tried what the check does")  # fmt: skip
        else:
            yield Evidence("note", cell.place(), "a released cell was changed",
                           "typed into the wrong cell")  # fmt: skip


def _metadata(cell: Cell, anchor: NotebookNode) -> Iterator[Evidence]:
    tags = cell.metadata.get("tags")
    if isinstance(tags, list) and "skip-execution" in tags:
        level = "serious" if cell.name.startswith(CHECK_PREFIX) else "note"
        yield Evidence(level, cell.place(), "is tagged skip-execution",
                       "a slow cell was to be passed over")  # fmt: skip
    was, now = anchor.metadata["nbgrader"], cell.metadata["nbgrader"]
    edited = [f for f in FLAGS if f in now and f in was and not _same(was[f], now[f])]
    for flag in edited:
        level = "odd" if flag in ("schema_version", "checksum", "task") else "serious"
        text = f"nbgrader's {flag} is {str(now[flag])[:40]!r}, released as {str(was[flag])[:40]!r}"
        innocent = SAVED if level == "odd" else "an instructor's toolbar was open in their editor"
        yield Evidence(level, cell.place(), text, innocent)


def _same(one: Any, two: Any) -> bool:
    """Whether two values of metadata are equal; 4 and 4.0 are, True and 1 are not."""
    if isinstance(one, bool) or isinstance(two, bool):
        return one is two
    return bool(one == two)


def _outputs(cell: Cell) -> Iterator[Evidence]:
    for output in cell.outputs[:50] if cell.name.startswith(CHECK_PREFIX) else []:
        data = output.get("data") if isinstance(output, dict) else None
        plain = data.get("text/plain") if isinstance(data, dict) else None
        text = _text(plain if plain is not None else output.get("text") if isinstance(output, dict)
                     else None)  # fmt: skip
        if text and MARKS.fullmatch(text):
            yield Evidence("serious" if plain is not None else "odd", cell.place(),
                           f"an output that looks like marks: {text.strip()[:40]!r}",
                           "they evaluated a number there")  # fmt: skip


def _characters(cell: Cell) -> Iterator[Evidence]:
    code = cell.kind == "code"
    for pattern, level, what in (
        (BIDIRECTIONAL, "serious" if code else "note", "is shown in another order than it is read"),
        (NO_WIDTH, "odd" if code else "note", "holds characters that cannot be seen"),
    ):
        if found := pattern.search(cell.source):
            line = cell.source.count("\n", 0, found.start()) + 1
            yield Evidence(level, cell.place(line), f"{what}: {name_of(found[0])}",
                           "pasted from a web page or a text in Hebrew or Arabic")  # fmt: skip
    if not code and (found := ACTIVE.search(cell.source)):
        line = cell.source.count("\n", 0, found.start()) + 1
        yield Evidence("odd", cell.place(line), f"active HTML: {found[0][:30]!r}",
                       "copied from a web page")  # fmt: skip


def _code(cells: list[Cell], loaded: LoadedSet, aliases: dict[str, str]) -> Iterator[Evidence]:
    exercises = {e.id: e for e in loaded.problem_set.exercises}
    everywhere = [set(e.withhold) for e in exercises.values() if e.graded_by_judge]
    common = tuple(set.intersection(*everywhere)) if everywhere else ()
    left = MAX_CODE
    for cell in cells:
        if left > 0:
            aliases = read_aliases(cell.source, aliases)
            left -= len(cell.source)
    left = MAX_CODE
    for cell in cells:
        if left <= 0:
            yield Evidence("odd", cell.place(), "so much code that the rest was not read",
                           "data was pasted into a cell")  # fmt: skip
            return
        left -= len(cell.source)
        exercise = exercises.get(cell.exercise)
        withheld = tuple(exercise.withhold) if exercise is not None else common
        for fact in read_facts(cell.source, aliases):
            rule = withheld_import(fact, withheld, answer=cell.name in exercises)
            rule = rule or judge_fact(fact)
            if rule is not None:
                said = f"{rule.what}: {fact.text[:80]}" if rule.pattern else rule.what
                yield Evidence(rule.severity, cell.place(fact.line), said, rule.innocent)
