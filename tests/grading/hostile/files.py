"""Files that are no notebook, or only just one: each becomes a valid one with its due score."""

from __future__ import annotations

import json
from typing import Any

import nbformat

from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, to_bytes
from hostile.corpus import member
from hostile.editing import all_but_the_victim, full


def edited(room: Classroom, **changes: Any) -> bytes:
    """The solved notebook with other keys at its top."""
    return json.dumps(room.solved() | changes).encode()


def with_cells(room: Classroom, cells: Any) -> bytes:
    """A notebook with these for its cells."""
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


# Versions of the format.


@member(
    "nbformat 99 and a minor version of -7", "what the file says of itself is not believed", full
)
def format_of_the_future(room: Classroom) -> bytes:
    return edited(room, nbformat=99, nbformat_minor=-7)


@member("nbformat as text, and no minor version", "it is not asked", full)
def format_as_text(room: Classroom) -> bytes:
    content = json.loads(edited(room, nbformat="four"))
    del content["nbformat_minor"], content["metadata"]
    return json.dumps(content).encode()


@member("a notebook of format 3", "cells lie in worksheets there: no list of cells, no points")
def format_three(room: Classroom) -> bytes:
    cells = [
        {"cell_type": c.cell_type, "input" if c.cell_type == "code" else "source": c.source,
         "metadata": c.metadata, "outputs": [], "language": "python", "collapsed": False}
        for c in room.solved().cells
    ]  # fmt: skip
    content = {"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells}], "metadata": {}}
    return json.dumps(content).encode()


@member("a notebook of format 2, as a list of worksheets", "no list of cells, no points")
def format_two(room: Classroom) -> bytes:
    return json.dumps({"nbformat": 2, "worksheets": [{"cells": room.solved().cells}]}).encode()


# Damaged files.


@member("a file cut in the middle", "no JSON, no points")
def cut_in_half(room: Classroom) -> bytes:
    content = to_bytes(room.solved())
    return content[: len(content) * 2 // 3]


@member("an empty file", "no JSON, no points")
def empty_file(room: Classroom) -> bytes:
    return b""


@member("Python in place of JSON", "a script is no notebook")
def python_script(room: Classroom) -> bytes:
    return "\n\n".join(room.solution(e.id) for e in room.judged).encode()


@member("binary: the head of a zip archive, then noise", "no text, no points")
def binary_file(room: Classroom) -> bytes:
    return b"PK\x03\x04" + bytes(range(256)) * 40


@member("a number for the whole file", "JSON, and no notebook")
def only_a_number(room: Classroom) -> bytes:
    return b"10.0"


@member("a byte that is no UTF-8", "no text, no points")
def broken_encoding(room: Classroom) -> bytes:
    return to_bytes(room.solved()).replace(b"def ", b"def \xff", 1)


@member("UTF-16 with its byte order mark", "JSON may be written so; the work in it counts", full)
def utf16(room: Classroom) -> bytes:
    return to_bytes(room.solved()).decode().encode("utf-16")


@member("a byte order mark before UTF-8", "some editors write one", full)
def byte_order_mark(room: Classroom) -> bytes:
    return b"\xef\xbb\xbf" + to_bytes(room.solved())


# JSON that hurts.


@member("a million opening brackets", "too deep to read: no points, and no crash")
def deep_nesting(room: Classroom) -> bytes:
    return b'{"cells": ' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}"


@member("deep nesting in the metadata of a cell", "too deep to read: no points, and no crash")
def deep_metadata(room: Classroom) -> bytes:
    deep = b'"metadata": {"x": ' + b'{"y":' * 200_000 + b"1" + b"}" * 200_000 + b"},"
    return to_bytes(room.solved()).replace(b'"metadata": {},', deep, 1)


@member("numbers of a million digits", "a number that Python refuses to read makes no notebook")
def huge_numbers(room: Classroom) -> bytes:
    return edited(room, metadata={"n": 1}).replace(b'"n": 1', b'"n": ' + b"9" * 1_000_000, 1)


@member("NaN, Infinity and 1e999 in the metadata", "they reach nobody", full)
def not_a_number(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in notebook.cells:
        cell["execution_count"] = float("nan")
        cell.metadata["x"] = float("-inf")
        if grade_id(cell).startswith("check-"):
            cell.metadata.nbgrader["points"] = float("inf")
    return to_bytes(notebook).replace(b"-Infinity", b"1e999", 3)


@member("the list of cells twice, empty first", "the last of two equal keys counts", full)
def duplicate_keys(room: Classroom) -> bytes:
    return b'{"cells": [], "cells": 3, ' + to_bytes(room.solved()).lstrip()[1:]


@member("lone surrogates in a comment of each solution", "they become question marks", full)
def lone_surrogates(room: Classroom) -> bytes:
    notebook = room.solved()
    for exercise in room.judged:
        cell = next(c for c in notebook.cells if grade_id(c) == exercise.id)
        cell.source += "\n# \ud800 \udfff"
    return json.dumps(notebook).encode()


@member(
    "NUL and control characters in one solution",
    "Python refuses a NUL, so that cell defines nothing",
    all_but_the_victim,
)
def nul_bytes(room: Classroom) -> bytes:
    notebook = room.solved()
    name = room.victims()[0].id
    cell = next(c for c in notebook.cells if grade_id(c) == name)
    cell.source = "\0" + cell.source + "\x1b[2J\x07\x7f\u202e"
    return json.dumps(notebook).encode()


# Cells that are none.


@member("cells: null", "no list of cells, no points")
def cells_null(room: Classroom) -> bytes:
    return with_cells(room, None)


@member("cells: a dictionary", "no list of cells, no points")
def cells_dictionary(room: Classroom) -> bytes:
    return with_cells(room, {str(k): cell for k, cell in enumerate(room.solved().cells)})


@member("numbers, text and lists between the cells", "what is no cell is passed over", full)
def strangers_between_cells(room: Classroom) -> bytes:
    strangers: list[Any] = [None, 3, "text", [], True, [[]], {}, {"cell_type": "code"}]
    return with_cells(room, [x for c in room.solved().cells for x in (*strangers, c)])


@member(
    "the source of one solution as a list of numbers",
    "it holds no text, so it answers nothing",
    all_but_the_victim,
)
def source_of_numbers(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in notebook.cells:
        if grade_id(cell) == room.victims()[0].id:
            cell["source"] = [1, 2.5, None, {"text": cell.source}, [cell.source]]
    return to_bytes(notebook)


@member("metadata and outputs of wrong types", "they are made anew", full)
def wrong_types(room: Classroom) -> bytes:
    cells = json.loads(json.dumps(room.solved().cells))
    for k, cell in enumerate(cells):
        cell["outputs"] = [None, 3, {"output_type": "alien"}, [[]], "x"][k % 5]
        cell["execution_count"] = "many"
        if not cell["metadata"]:
            cell["metadata"] = [None, [], "x", 4][k % 4]
        cell["attachments"] = [None, 3, [], {"a": {"image/png": 3}}][k % 4]
    return with_cells(room, cells)


# Too much.


@member("a comment of 30 MB in a solution and in a cell of one's own", "both are cut", full)
def enormous_cells(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in notebook.cells:
        if grade_id(cell) == room.victims()[0].id:
            cell.source += "\n# " + "x" * 15_000_000
    insert_after(notebook, "", "# " + "y" * 15_000_000)
    return to_bytes(notebook)


@member(
    "fifty thousand cells before the first solution", "the first 2000 are kept, and all work", full
)
def fifty_thousand_cells(room: Classroom) -> bytes:
    notebook = room.solved()
    flood = [{"cell_type": "code", "source": "", "metadata": {}} for _ in range(50_000)]
    return with_cells(room, [*flood, *notebook.cells])


@member("one line of source for each of a million parts", "the parts make one text again", full)
def source_in_pieces(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in notebook.cells:
        cell["source"] = list(cell.source)
    notebook.cells.append(nbformat.v4.new_markdown_cell(""))
    notebook.cells[-1]["source"] = ["x"] * 1_000_000
    return to_bytes(notebook)
