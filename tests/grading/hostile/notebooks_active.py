"""Notebooks aimed at the person who marks, and at the machine."""

from __future__ import annotations

import nbformat

from cvlib.grading.notebook.normalize import is_solution
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, to_bytes
from hostile.corpus import member
from hostile.editing import ACTIVE, full, known


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
