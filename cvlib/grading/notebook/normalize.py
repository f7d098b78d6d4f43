"""Turn whatever a student handed in into a valid notebook that has the cells we released.

The result is rebuilt from the released notebook: its graded and locked cells stand in their order
with their own metadata, and a solution cell takes the student's source, found by its id. Everything
else in the student's file stays in its place as a plain cell without metadata, so no tag, flag,
duplicate or forged output can reach the gradebook.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

import nbformat
from nbformat import NotebookNode

from cvlib.grading.notebook.source import build_source_notebook, exercise_id
from cvlib.grading.spec.loading import LoadedSet

MAX_EXTRA_CELLS = 2000
NOTE = "**About this file.** "
MAX_SOURCE = 1_000_000
IMAGES = ("image/png", "image/jpeg", "image/gif")


@functools.lru_cache(maxsize=8)
def _released(digest: str, source: str) -> str:
    from nbgrader import preprocessors
    from traitlets.config import Config

    config = Config({"ClearMarkScheme": {"enforce_metadata": False}})
    notebook = nbformat.reads(source, as_version=4)
    for name in ("LockCells", "ClearSolutions", "ClearMarkScheme", "ComputeChecksums"):
        notebook, _ = getattr(preprocessors, name)(config=config).preprocess(notebook, {})
    return nbformat.writes(notebook)


def release_template(loaded: LoadedSet) -> NotebookNode:
    """The notebook as students receive it: solutions and marking schemes removed."""
    source = nbformat.writes(build_source_notebook(loaded))
    return nbformat.reads(_released(loaded.digest, source), as_version=4)


def grade_id(cell: Any) -> str:
    """The nbgrader id of a cell, or an empty string."""
    return str(cell.metadata.get("nbgrader", {}).get("grade_id", ""))


def is_solution(cell: Any) -> bool:
    """Whether the cell holds a student's answer."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def normalize(raw: bytes | None, template: NotebookNode) -> tuple[NotebookNode, list[str]]:
    """Rebuild a submission on the released notebook; any bytes give a valid notebook.

    Returns the notebook and remarks, sentences for the student on what had to be mended; they also
    stand in a cell at the top. Normalising a normalised notebook changes nothing.
    """
    cells, problem = _read(raw)
    remarks: list[str] = []
    if problem:
        remarks.append(f"{problem}: graded as an empty submission.")
        rebuilt = [_plain_copy(cell) for cell in template.cells]
    else:
        rebuilt = _rebuild(cells, template.cells, remarks)
    if remarks:
        rebuilt[: int(_has_note(rebuilt))] = [_new("markdown", NOTE + " ".join(remarks))]
    for index, cell in enumerate(rebuilt):
        cell["id"] = f"cell-{index:04d}"
    kept = ("kernelspec", "language_info")
    fields = {
        "cells": [],
        "metadata": {k: template.metadata[k] for k in kept if k in template.metadata},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    notebook = nbformat.from_dict(fields)
    notebook.cells = rebuilt
    return notebook, remarks


def _rebuild(
    cells: list[dict[str, Any]], released: list[NotebookNode], remarks: list[str]
) -> list[NotebookNode]:
    anchors = {grade_id(cell): cell for cell in released if grade_id(cell)}
    found: dict[str, dict[str, Any]] = {}
    following: dict[str, list[NotebookNode]] = {"": []}  # extra cells, by the anchor before them
    here = ""
    repeated: list[str] = []
    allowed = MAX_EXTRA_CELLS
    for cell in cells:
        name = _claimed_id(cell)
        if name in anchors and name not in found:
            here = name
            found[name] = cell
            following[name] = []
            continue
        if name in anchors:
            repeated.append(name)
        extra = _extra(cell)
        allowed -= not (cell is cells[0] and _has_note([extra]))
        if allowed >= 0:
            following[here].append(extra)
    rebuilt = following[""]
    for name in _in_their_order(anchors, found):
        place = len(rebuilt) if name in found else _place_of_missing(name, released, rebuilt)
        rebuilt.insert(place, _anchored(anchors[name], found.get(name)))
        rebuilt += following.get(name, [])
    missing = [n for n in anchors if n not in found]
    changed = [
        n
        for n, a in anchors.items()
        if n in found and not is_solution(a) and _source(found[n]) != a.source
    ]
    for names, text in (
        (missing, "missing and were put back as they were released"),
        (changed, "changed and were restored"),
        (sorted(set(repeated)), "there more than once; the first one was taken"),
    ):
        if names:
            remarks.append(f"These cells were {text}: {', '.join(f'`{n}`' for n in names)}.")
    if allowed < 0:
        remarks.append(f"Only the first {MAX_EXTRA_CELLS} cells of your own were kept.")
    return rebuilt


def _in_their_order(anchors: Iterable[str], found: Iterable[str]) -> list[str]:
    """Our cells, exercise by exercise, as the student's solution cells come.

    A helper may stand before the exercise that was moved down. The cells of an exercise stay
    together, and one without a solution cell follows the exercise before it.
    """
    places = {name: k for k, name in enumerate(found)}
    exercises: dict[str, list[str]] = {}
    for name in anchors:
        exercises.setdefault(exercise_id(name), []).append(name)
    here, order = -1, []
    for exercise in exercises:
        here = places.get(exercise, here)
        order.append((here, exercise))
    order.sort(key=lambda pair: pair[0])
    return [name for _, exercise in order for name in exercises[exercise]]


def _place_of_missing(name: str, released: list[NotebookNode], rebuilt: list[NotebookNode]) -> int:
    """Where to put back a cell: before the text that was released after it, if that is there."""
    before = [k for k, cell in enumerate(rebuilt, start=1) if grade_id(cell)]
    passed = itertools.dropwhile(lambda cell: grade_id(cell) != name, released)
    later = {cell.source for cell in passed if not grade_id(cell)}
    start = before[-1] if before else 0
    places = (k for k in range(start, len(rebuilt)) if rebuilt[k].source in later)
    return next(places, len(rebuilt))


def _has_note(cells: list[NotebookNode]) -> bool:
    """Whether our note on an earlier rebuilding stands at the top."""
    return bool(cells) and cells[0].cell_type == "markdown" and cells[0].source.startswith(NOTE)


def _read(raw: bytes | None) -> tuple[list[dict[str, Any]], str]:
    """The cells of a file, or why there are none."""
    if raw is None:
        return [], "This submission is not a plain file of a sensible size (a link is not followed)"
    try:
        obj = json.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return [], "This file could not be read as a notebook (it is not valid JSON)"
    cells = obj.get("cells") if isinstance(obj, dict) else None
    if not isinstance(cells, list):
        return [], "This file could not be read as a notebook (it has no list of cells)"
    return [cell for cell in cells if isinstance(cell, dict)], ""


def _claimed_id(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    return name if isinstance(name, str) else ""


def _source(cell: dict[str, Any]) -> str:
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        source = ""
    # a lone surrogate is valid JSON but no valid text
    return source[:MAX_SOURCE].encode("utf-8", "replace").decode("utf-8")


def _anchored(anchor: NotebookNode, cell: dict[str, Any] | None) -> NotebookNode:
    rebuilt = _plain_copy(anchor)
    if cell is not None and is_solution(anchor):
        rebuilt.source = _source(cell)
        if anchor.cell_type == "markdown":
            _attach(rebuilt, cell)
    return rebuilt


def _extra(cell: dict[str, Any]) -> NotebookNode:
    kind = cell.get("cell_type")
    made = _new(kind if kind in ("code", "raw") else "markdown", _source(cell))
    if made.cell_type == "markdown":
        _attach(made, cell)
    return made


def _plain_copy(cell: NotebookNode) -> NotebookNode:
    return _new(cell.cell_type, cell.source, json.loads(json.dumps(cell.metadata)))


def _new(kind: str, source: str, metadata: Any = None) -> NotebookNode:
    """A cell; nbformat's own makers would check each against the schema, 2 ms a cell."""
    fields = {"cell_type": kind, "metadata": metadata or {}, "source": source}
    if kind == "code":
        fields |= {"execution_count": None, "outputs": []}
    return nbformat.from_dict(fields)


def _attach(target: NotebookNode, cell: dict[str, Any]) -> None:
    """Keep the pictures pasted into a text cell: a written answer may need one."""
    pictures = dict(_pictures(cell.get("attachments")))
    if pictures:
        target["attachments"] = nbformat.from_dict(pictures)


def _pictures(attachments: Any) -> Iterator[tuple[str, dict[str, str]]]:
    if not isinstance(attachments, dict):
        return
    for name, bundle in attachments.items():
        if isinstance(bundle, dict):
            data = {t: v for t, v in bundle.items() if t in IMAGES and isinstance(v, str)}
            kept = {t: v for t, v in data.items() if v.isascii()}
            if kept:
                yield name.encode("utf-8", "replace").decode("utf-8"), kept
