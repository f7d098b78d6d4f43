"""The table of what the syllabus asks for and where the course has it, checked while building.

``{ledger} ledger.toml`` reads rows that claim a section, names of the library and exercises. Each
claim is looked up: the label must exist, the name must import, the problem set must have the
exercise. A claim that is not true is a warning, so the build fails; a row may claim nothing, and
then the table says so. Below it stands what ``doctor --mutate`` has recorded of the exercises.
"""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from problem_set import note_sources
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from tables import table

from cvlib.grading.spec.loading import load_problem_set

logger = logging.getLogger(__name__)

COLUMNS = ("What", "Explained", "Implemented", "Exercised")
NOTHING = "not yet"
#: What ``cvlib-grade doctor --mutate --record`` wrote.
RECORD = Path("book", "mutants.json")


class Ledger(SphinxDirective):
    """``{ledger} <file>``, the file beside the page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Check every claim and lay out the table."""
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        ledger = tomllib.loads(Path(path).read_text("utf-8"))
        rooms = [importlib.import_module(name) for name in ledger["rooms"]]
        self.titles = self._exercise_titles(ledger["problem_set"])
        rows = ledger["row"]
        laid_out = table(COLUMNS, [self._cells(row, rooms) for row in rows], empty=NOTHING)
        laid_out["classes"].append("ledger")
        self.set_source_info(laid_out)
        caught = self._caught(ledger["problem_set"])
        below = [nodes.paragraph("", caught)] if caught else []
        return [nodes.paragraph("", _summary(rows)), laid_out, *below]

    def _exercise_titles(self, set_id: str) -> dict[str, str]:
        assignments = Path(self.env.srcdir) / "assignments"
        note_sources(self.env, assignments / set_id)
        try:
            loaded = load_problem_set(assignments, set_id)
        except FileNotFoundError as error:
            logger.warning("%s", error, location=self.get_location(), type="ledger")
            return {}
        return {e.id: e.title for e in loaded.problem_set.exercises}

    def _caught(self, set_id: str) -> str:
        """How many of the mistakes derived from right answers lose marks, exercise by exercise."""
        path = Path(self.env.srcdir) / RECORD
        if not path.is_file():
            return ""
        self.env.note_dependency(str(path))
        known = json.loads(path.read_text("utf-8")).get(set_id, {})
        parts = [
            f"“{self.titles[exercise]}” {n['killed']} of {n['killed'] + n['survived']}"
            for exercise, n in known.items()
            if exercise in self.titles
        ]
        start = "Mistakes derived from right answers, by small changes, that lose marks: "
        return f"{start}{'; '.join(parts)}." if parts else ""

    def _cells(self, row: dict[str, Any], rooms: Sequence[ModuleType]) -> list[list[nodes.Node]]:
        code: list[nodes.Node] = []
        for name in row.get("code", []):
            homes = [r.__name__ for r in rooms if not isinstance(getattr(r, name, r), ModuleType)]
            if not homes:
                self._wrong(row, f"no {name} in {', '.join(room.__name__ for room in rooms)}")
            code += [_link(f"{home}.{name}", "py", "obj", name) for home in homes[:1]]
        exercised: list[nodes.Node] = []
        for exercise in row.get("exercises", []):
            if exercise not in self.titles:
                self._wrong(row, f"the problem set has no exercise {exercise!r}")
            exercised.append(nodes.Text(self.titles.get(exercise, exercise)))
        exercised += [_link(label, "std", "ref", "") for label in row.get("ungraded", [])]
        return [
            [nodes.Text(row["item"])],
            [_link(label, "std", "ref", "") for label in row.get("sections", [])],
            code,
            exercised,
        ]

    def _wrong(self, row: dict[str, Any], reason: str) -> None:
        logger.warning(
            "ledger row %r: %s", row["item"], reason, location=self.get_location(), type="ledger"
        )


def _summary(rows: Sequence[dict[str, Any]]) -> str:
    def count(*keys: str) -> int:
        return sum(any(row.get(key) for key in keys) for row in rows)

    return (
        f"Of {len(rows)} items, {count('sections')} are explained, {count('code')} implemented and "
        f"{count('exercises', 'ungraded')} exercised."
    )


def _link(target: str, domain: str, kind: str, text: str) -> nodes.Node:
    inner: nodes.Element = nodes.literal("", text) if text else nodes.inline("", target)
    return addnodes.pending_xref(
        "",
        inner,
        refdomain=domain,
        reftype=kind,
        reftarget=target,
        refexplicit=bool(text),
        refwarn=True,
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("ledger", Ledger)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
