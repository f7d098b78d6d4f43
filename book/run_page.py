"""Run one page in a kernel, to its end whatever fails: ``run_page.py <page> <result> <seconds>``.

The result is a JSON file: the executed notebook, what failed, the claims, the library's files that
the page used, and what it cost. A claim that does not hold is noted and the page goes on, so that
one run names all that broke; the environment chooses the arithmetic and the seeds.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nbformat
from calibration import cpu_seconds_of_the_loop
from myst_nb.core.read import myst_nb_reader_plugin
from nbclient import NotebookClient

from cvlib.claims import CLAIMS, claims_in

#: Asked of the kernel at the end: which files of the library the page has imported.
IMPORTED = (
    "import sys as _sys; print('\\n'.join(sorted(getattr(m, '__file__', None) or '' "
    "for n, m in list(_sys.modules.items()) if n.split('.')[0] == 'cvlib')))"
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def run(page: Path, seconds: int) -> dict[str, Any]:
    """Run a page and return what is to be kept of it."""
    before = cpu_seconds_of_the_loop()
    notebook = myst_nb_reader_plugin(str(page))
    notebook.cells.append(nbformat.v4.new_code_cell(IMPORTED))
    client = NotebookClient(
        notebook,
        allow_errors=True,
        timeout=seconds,
        kernel_name="python3",
        record_timing=False,
        resources={"metadata": {"path": str(page.parent)}},
    )
    client.execute()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = notebook.cells.pop()
    if not said.outputs:
        raise RuntimeError("the kernel did not answer at the end of the page")
    imported = "".join(o.get("text", "") for o in said.outputs).splitlines()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    return {
        "errors": [in_a_line(o) for o in outputs if o.output_type == "error"],
        "claims": [asdict(claim) for claim in claims_in(notebook.cells)],
        "imported": [name for name in imported if name],
        "cpu": round(usage.ru_utime + usage.ru_stime, 2),
        "calibration": round((before + cpu_seconds_of_the_loop()) / 2, 4),
        "notebook": nbformat.writes(notebook),
    }


def in_a_line(error: nbformat.NotebookNode) -> str:
    """Say what a cell raised, and on which line of it."""
    marked = [_ANSI.sub("", t) for t in "\n".join(error.traceback).splitlines()]
    arrows = [line.partition("> ")[2] for line in marked if line.startswith("-")]
    line = next((a.split(" ", 1)[-1].strip() for a in arrows if " " in a.strip()), "")
    said = f"{error.ename}: {error.evalue}".strip().splitlines()[0].rstrip(": ")
    return f"{said}, in `{line}`" if line else said


def main() -> int:
    """Command line."""
    page, result, seconds = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    os.environ[CLAIMS] = "record"
    found = run(page, seconds)
    result.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
