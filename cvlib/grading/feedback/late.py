"""What cells showed after exercises were marked is not handed back: it could tell on what.

The process that runs a cell after a check has seen the hidden inputs, and a cell can print them.
The graded notebook, which instructors read, keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from nbformat import NotebookNode

from cvlib.grading.course.course import Course
from cvlib.grading.judging.kept_results import KEY_NAME, read_result
from cvlib.grading.judging.narrow import usual_exception
from cvlib.grading.spec.withheld import WITHHOLD_NUMPY

NOTE = "What a cell shows after exercises were marked is not handed back."
WITHHELD = re.compile(r"([\w.]+) is withheld in this exercise")


def late_cells(course: Course, set_id: str, student: str, count: int) -> Collection[int]:
    """The cells of a graded notebook whose outputs stay here: all, where it is not known which."""
    try:
        key = (course.root / "autograded" / student / set_id / KEY_NAME).read_text()
    except OSError:
        return range(count)
    result = read_result(course.results, key)
    known = result is not None and len(result.outputs) == count
    return result.late if known and result is not None else range(count)


def instead(cell: NotebookNode) -> str:
    """What stands in the place of a late cell's outputs, if it has any."""
    if not cell.outputs:
        return ""
    error = next((o for o in cell.outputs if o.output_type == "error"), None)
    if error is None or not cell.metadata.get("nbgrader", {}).get("solution"):
        return NOTE
    return f"{_raised(error)}{NOTE}"


def _raised(error: NotebookNode) -> str:
    """How an answer's cell failed, in words that it cannot choose."""
    withheld = WITHHELD.fullmatch(error.evalue)
    if withheld and withheld[1] in (*WITHHOLD_NUMPY, "cvlib.grading"):
        return f"{error.ename}: {error.evalue}. " if error.ename == "ImportError" else ""
    name = usual_exception(error.ename)
    if error.ename == "Timeout" and error.traceback == [error.evalue]:
        name = "Timeout"
    return f"This cell raised {name}. " if name else ""
