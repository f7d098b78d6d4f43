"""Notebooks whose cells, metadata or outputs were edited: what the file claims decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import nbformat
from nbformat import NotebookNode

from cvlib.grading.notebook.normalize import grade_id, is_solution
from cvlib.grading.rehearsal.classroom import (
    Classroom,
    check_cells,
    insert_after,
    rewrite,
    to_bytes,
)
from hostile.corpus import member

#: Runs wherever HTML, SVG or a link of it is believed; a page that shows it must not contain any.
ACTIVE = (
    '<script>alert("gotcha")</script><img src=x onerror=alert(1)><svg onload=alert(1)></svg>'
    "<iframe src=javascript:alert(1)></iframe><form action=//evil.example><button>Full marks"
    "</button></form><style>body{display:none}</style><base href=//evil.example>"
    '<a href="javascript:alert(1)">a</a> [b](javascript:alert(1)) ![c](//evil.example/pixel.png) '
    r"$\href{javascript:alert(1)}{d}$ $$\unicode{<img src=x onerror=alert(1)>}$$ <!--"
)


def full(room: Classroom) -> float:
    """All points: the work is right, and the edit neither adds nor costs a point."""
    return room.full


def all_but_the_victim(room: Classroom) -> float:
    """All points but those of one exercise."""
    return room.full - room.victims()[0].points


def the_victim(room: Classroom) -> float:
    """The points of one exercise alone."""
    return float(room.victims()[0].points)


def all_but_the_functions(room: Classroom) -> float:
    """The points of what a released stub does not define again."""
    return room.full - sum(e.points for e in room.judged if e.kind == "function")


def known(notebook: NotebookNode) -> Iterator[NotebookNode]:
    """The cells that carry nbgrader's metadata."""
    return (cell for cell in notebook.cells if grade_id(cell))


def find(notebook: NotebookNode, name: str) -> NotebookNode:
    """The first cell with an id."""
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def wrong(name: str) -> str:
    """A function that is defined, and right for no input."""
    return f"def {name}(*args, **kwargs):\n    return 'full marks'"


def one_solved(room: Classroom) -> NotebookNode:
    """The released notebook with one exercise solved."""
    victim = room.victims()[0]
    return rewrite(room.blank(), victim.id, room.solution(victim.id))


# Metadata.


@member(
    "skip-execution tags on every check cell", "a tag asks nobody: the judge marks what it calls"
)
def skip_execution(room: Classroom) -> bytes:
    notebook = rewrite(room.blank(), room.victims()[0].id, wrong(room.victims()[0].name))
    for cell in notebook.cells:
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
        cell.metadata["deletable"] = cell.metadata["editable"] = True
    return to_bytes(notebook)


@member(
    "a thousand points on each check cell",
    "one exercise is solved and earns its own points: points come from the specification",
    the_victim,
)
def points_raised(room: Classroom) -> bytes:
    notebook = one_solved(room)
    for value, cell in zip(
        [1000.0, 1e308, "10", True, -5.0] * 9, check_cells(notebook), strict=False
    ):
        cell.metadata.nbgrader["points"] = value
    return to_bytes(notebook)


@member("grade, solution, locked and task flags flipped", "flags are put back", full)
def flags_flipped(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in known(notebook):
        for flag in ("grade", "solution", "locked", "task"):
            cell.metadata.nbgrader[flag] = not cell.metadata.nbgrader[flag]
    return to_bytes(notebook)


@member("solution cells that claim to be graded", "what the student may write carries no points")
def graded_solutions(room: Classroom) -> bytes:
    notebook = room.blank()
    for cell in known(notebook):
        if is_solution(cell) and cell.cell_type == "code":
            cell.metadata.nbgrader |= {"grade": True, "points": 100.0}
            cell.source = "100.0"
            cell.outputs = [
                nbformat.v4.new_output("execute_result", {"text/plain": "100.0"}, execution_count=1)
            ]
    return to_bytes(notebook)


@member(
    "check cells that claim to be solutions, so that their source is kept",
    "a check cell's source is the released one, whatever it claims",
)
def solution_turned_check(room: Classroom) -> bytes:
    notebook = room.blank()
    for cell in check_cells(notebook):
        exercise = grade_id(cell).removeprefix("check-")
        cell.metadata.nbgrader |= {"solution": True, "locked": False}
        cell.source = room.solution(exercise)
    # nothing runs a check cell, so an answer that stands there alone is an answer nowhere
    return to_bytes(notebook)


@member("wrong cell types and checksums in the metadata", "both are put back", full)
def types_and_checksums(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in known(notebook):
        cell.metadata.nbgrader |= {"cell_type": "markdown", "checksum": "0" * 32}
    return to_bytes(notebook)


@member("schema versions 0, -1, 99, text, none", "stock nbgrader stops the batch here", full)
def schema_versions(room: Classroom) -> bytes:
    notebook = room.solved()
    versions: list[Any] = [0, -1, 99, "3", None, 2.5, [3], True]
    for k, cell in enumerate(known(notebook)):
        cell.metadata.nbgrader["schema_version"] = versions[k % len(versions)]
        if k % 9 == 8:
            del cell.metadata.nbgrader["schema_version"]
    return to_bytes(notebook)


@member(
    "two solutions under each other's id",
    "each check follows the cell that claims its exercise, so the function of the one that now "
    "comes first is missing when its check comes",
    lambda room: room.full - first_two(room)[1].points,
)
def swapped_ids(room: Classroom) -> bytes:
    notebook = room.solved()
    first, second = first_two(room)
    cells = find(notebook, first.id), find(notebook, second.id)
    for cell, name in zip(cells, (second.id, first.id), strict=True):
        cell.metadata.nbgrader["grade_id"] = name
    return to_bytes(notebook)


def first_two(room: Classroom) -> list[Any]:
    return [e for e in room.judged if e.kind == "function"][:2]


@member("one id claimed by every cell", "the first keeps it, and the stubs come back for the rest")
def one_id_for_all(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in notebook.cells:
        cell.metadata["nbgrader"] = dict(check_cells(notebook)[-1].metadata.nbgrader)
    return to_bytes(notebook)


@member(
    "grade ids that are no names",
    "unknown ids are plain cells; the released stubs follow them, and a function's takes its name",
    all_but_the_functions,
)
def strange_ids(room: Classroom) -> bytes:
    notebook = room.solved()
    odd: list[Any] = [None, 3, [], {"a": 1}, "../x", "check-", "a b", "'; DROP TABLE grade; --"]
    for k, cell in enumerate(known(notebook)):
        cell.metadata.nbgrader["grade_id"] = odd[k % len(odd)]
    notebook.cells = [c for c in notebook.cells if c.cell_type == "code"]
    return to_bytes(notebook)


@member("cell ids that repeat or are no ids", "they are given anew", full)
def notebook_cell_ids(room: Classroom) -> bytes:
    notebook = room.solved()
    for k, cell in enumerate(notebook.cells):
        cell["id"] = ["same", "", "ä b/../c", "x" * 5000, None, 7][k % 6]
    return to_bytes(notebook)


@member("metadata that names preprocessors, papermill and jupytext", "nobody reads it", full)
def metadata_for_tools(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.metadata |= {
        "nbgrader": {"score": 100}, "celltoolbar": "Create Assignment",
        "papermill": {"parameters": {"max_points": 1}, "output_path": "/tmp/x.ipynb"},
        "jupytext": {"formats": "ipynb,py:percent", "text_representation": {"extension": "../x"}},
        "nbconvert": {"preprocessors": ["os.system"], "template_file": "/etc/passwd"},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"x": ACTIVE}}},
        "title": ACTIVE, "language_info": {"name": "../../x", "file_extension": ".sh"},
    }  # fmt: skip
    for cell in notebook.cells:
        cell.metadata["tags"] = ["parameters", "injected-parameters", "hide-input"]
        cell.metadata["execution"] = {"timeout": -1}
    return to_bytes(notebook)


@member("a kernelspec of another language, with an argv", "the kernel is always ours", full)
def foreign_kernelspec(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.metadata["kernelspec"] = {
        "name": "../../ir", "display_name": ACTIVE, "language": "R",
        "argv": ["/bin/sh", "-c", "touch /tmp/owned"], "env": {"LD_PRELOAD": "/tmp/x.so"},
        "metadata": {"kernel_provisioner": {"provisioner_name": "local-provisioner"}},
    }  # fmt: skip
    return to_bytes(notebook)


# Cells.


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


# Aimed at the person who marks, and at the machine.


@member(
    "markdown, raw and written answers full of HTML", "the code is right; no page obeys it", full
)
def active_markdown(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in known(notebook):
        if is_solution(cell) and cell.cell_type == "markdown":
            cell.source = ACTIVE
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(f"# {ACTIVE}"))
    notebook.cells.insert(1, nbformat.v4.new_raw_cell(ACTIVE, metadata={"format": "text/html"}))
    notebook.cells.append(nbformat.v4.new_markdown_cell(f"```html\n{ACTIVE}\n```\n\n{ACTIVE}"))
    notebook.cells.append(nbformat.v4.new_markdown_cell(f"<div>\n\n{ACTIVE}"))
    return to_bytes(notebook)


@member("code, errors and displays full of HTML", "the code is right; no page obeys it", full)
def active_outputs(room: Classroom) -> bytes:
    notebook = room.solved()
    show = (
        "import sys\nfrom IPython.display import HTML, SVG, Javascript, Markdown, display\n"
        f"text = r'''{ACTIVE}'''\nprint(text)\nprint(text, file=sys.stderr)\n"
        "display(HTML(text), SVG(f'<svg xmlns=\"http://www.w3.org/2000/svg\">{text}</svg>'), "
        "Javascript('alert(1)'), Markdown(text))\n"
        "kinds = 'image/png', 'text/latex', 'application/javascript'\n"
        "display(dict.fromkeys(kinds, text), raw=True)\n"
        "raise type(text, (Exception,), {})(text)"
    )
    insert_after(notebook, room.judged[0].id, show)
    insert_after(notebook, "", f"%%html\n{ACTIVE}")
    insert_after(notebook, "", "%%javascript\nalert(1)")
    return to_bytes(notebook)


@member("attachments with HTML, SVG and names that climb", "pictures alone are kept", full)
def active_attachments(room: Classroom) -> bytes:
    notebook = room.solved()
    picture = "iVBORw0KGgo="
    bundle = {
        "a.png": {"image/png": picture, "text/html": ACTIVE},
        "../../../../etc/cron.d/x": {"image/png": picture},
        'x" onerror="alert(1)': {"image/png": '"><script>alert(1)</script>'},
        "b.svg": {"image/svg+xml": f"<svg>{ACTIVE}</svg>"},
        "c": {"text/html": ACTIVE}, "d": ACTIVE, "\ud800": {"image/png": picture},
    }  # fmt: skip
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell["attachments"] = bundle
            cell.source += "".join(
                f"\n\n![p](attachment:{name})" for name in bundle if name.isascii()
            )
    import json

    return json.dumps(notebook).encode()


MAGICS = (
    """\
%%script bash
find / -path '*/ps*/*.py' -o -name 'reference.py' -exec cat '{}' ';' > out.py
""",
    """\
text = !cat ../../source/*/*.ipynb ../../../gradebook.db /proc/1/environ
for line in text: exec(line)
""",
    """\
%run ../../source/ps90_tiny/ps90_tiny.ipynb
""",
    """\
%load_ext cvlib.grading
%load_ext sql
""",
    """\
%cd ../../..
%run ./ps90_tiny/__init__.py
""",
    """\
%env PYTHONPATH=/
%pip install --quiet cvlib
""",
    """\
%%writefile ../../../nbgrader_config.py
c = get_config()
""",
    """\
%reset -f
%autoreload 2
%pdb on
%xmode Verbose
%%capture
%store -r
""",
)


@member("magics that run, install, climb and read", "nothing that they look for is there")
def escaping_magics(room: Classroom) -> bytes:
    notebook = room.blank()
    for k, source in enumerate(MAGICS):
        insert_after(notebook, room.judged[k % len(room.judged)].id, source)
    look = (
        "import os\n"
        "for top in ('/home', '/work', '/root', '/srv', '/mnt', '/tmp', '..', '.'):\n"
        "    for folder, _, names in os.walk(top):\n"
        "        ours = os.path.basename(folder).startswith('ps') and names\n"
        "        for name in ours or {'reference.py', 'out.py'} & set(names):\n"
        "            try:\n                exec(open(os.path.join(folder, name)).read())\n"
        "            except Exception:\n                pass\n"
    )
    for exercise in room.judged:
        take = f"{exercise.name} = PROBLEM_SET['{exercise.id}'].reference"
        insert_after(notebook, exercise.id, look + take)
    return to_bytes(notebook)
