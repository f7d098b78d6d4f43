"""Notebooks whose cells were doubled, moved, deleted or forged: the last definition counts."""

from __future__ import annotations

import nbformat

from cvlib.grading.rehearsal.classroom import (
    Classroom,
    check_cells,
    insert_after,
    rewrite,
    to_bytes,
)
from hostile.corpus import member
from hostile.editing import (
    ACTIVE,
    all_but_the_functions,
    all_but_the_victim,
    find,
    full,
    known,
    wrong,
)


@member("a wrong answer, then the right one under the same id", "the last definition counts", full)
def wrong_then_right(room: Classroom) -> bytes:
    victim = room.victims()[0]
    return _twice(room, victim.id, wrong(victim.name), room.solution(victim.id))


@member(
    "the right answer, then a wrong one under the same id",
    "the last definition counts, as in the student's own kernel",
    all_but_the_victim,
)
def right_then_wrong(room: Classroom) -> bytes:
    victim = room.victims()[0]
    return _twice(room, victim.id, room.solution(victim.id), wrong(victim.name))


def _twice(room: Classroom, name: str, first: str, second: str) -> bytes:
    notebook = rewrite(room.solved(), name, first)
    again = nbformat.from_dict(find(notebook, name))
    again.source = second
    notebook.cells.insert(notebook.cells.index(find(notebook, name)) + 1, again)
    return to_bytes(notebook)


@member("every cell a hundred times", "the first of each counts, the copies are plain cells", full)
def every_cell_many_times(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.cells = [nbformat.from_dict(c) for c in notebook.cells for _ in range(100)]
    return to_bytes(notebook)


@member("no check cells at all", "they come back", full)
def no_checks(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.cells = [c for c in notebook.cells if c not in check_cells(notebook)]
    return to_bytes(notebook)


@member("a deleted solution cell", "its stub comes back, and earns nothing", all_but_the_victim)
def deleted_solution(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.cells.remove(find(notebook, room.victims()[0].id))
    return to_bytes(notebook)


@member("all cells in reverse order", "the released cells are put back in their order", full)
def reversed_cells(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.cells.reverse()
    return to_bytes(notebook)


@member("every check before its solution", "the check comes after the solution again", full)
def check_before_solution(room: Classroom) -> bytes:
    notebook = room.solved()
    for check in check_cells(notebook):
        notebook.cells.remove(check)
        notebook.cells.insert(0, check)
    return to_bytes(notebook)


@member(
    "solutions turned into markdown or raw cells", "their type is put back, their text runs", full
)
def code_turned_markdown(room: Classroom) -> bytes:
    notebook = room.solved()
    for k, cell in enumerate(c for c in known(notebook) if c.cell_type == "code"):
        cell["cell_type"] = ("markdown", "raw", "heading", None)[k % 4]
    return to_bytes(notebook)


@member(
    "all cells in one",
    "a plain cell; the released stubs follow it, and a function's takes its name",
    all_but_the_functions,
)
def all_cells_in_one(room: Classroom) -> bytes:
    notebook = room.solved()
    source = "\n\n".join(c.source for c in notebook.cells if c.cell_type == "code")
    notebook.cells = [nbformat.v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": 1}})]
    return to_bytes(notebook)


@member("check cells replaced by a lambda and a number", "the judge never runs a check cell")
def edited_checks(room: Classroom) -> bytes:
    notebook = room.blank()
    for k, cell in enumerate(check_cells(notebook)):
        most = float(cell.metadata.nbgrader.points)
        cell.source = (
            f"check = lambda *args, **kwargs: {most}\ncheck()",
            f"print({most})\n{most}",
            f"from IPython.display import display\ndisplay({most})",
            "",
        )[k % 4]
    insert_after(notebook, "", "check = lambda *args, **kwargs: print('All parts are right.')")
    return to_bytes(notebook)


@member("forged outputs under every cell", "outputs are the judge's own; those of the file go")
def forged_outputs(room: Classroom) -> bytes:
    notebook = room.blank()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            marks = repr(float(cell.metadata.get("nbgrader", {}).get("points", 100.0)))
            cell["execution_count"] = 1
            cell.outputs = [
                nbformat.v4.new_output("stream", text=f"{marks} of {marks} points: correct\n"),
                nbformat.v4.new_output("execute_result", {"text/plain": marks}, execution_count=1),
                nbformat.v4.new_output("display_data", {"text/html": ACTIVE, "text/plain": marks}),
            ]
    return to_bytes(notebook)


@member(
    "a cell of one's own for every exercise, named like a check cell of its own",
    "an id that was not released marks nothing",
)
def checks_of_their_own(room: Classroom) -> bytes:
    notebook = room.blank()
    for exercise in room.judged:
        about = {
            "grade_id": f"check-{exercise.id}-2", "grade": True, "solution": False,
            "locked": True, "task": False, "schema_version": 3, "points": 50.0,
        }  # fmt: skip
        notebook.cells.append(nbformat.v4.new_code_cell("50.0", metadata={"nbgrader": about}))
    return to_bytes(notebook)
