"""The peer: the same problem set as a course on stock nbgrader would have it.

The text and the solution cells are the same. In place of the judge, each exercise has an ordinary
nbgrader test cell with hidden tests: it calls the student's object on the very cases that the judge
draws and asserts that each value is right, by the same comparison. The cases lie in a file beside
the instructor's notebook, which nbgrader copies to each submission; as literals in the cell they
would cost it more. Everything else is nbgrader's default, so the tests run in the student's kernel.
"""

from __future__ import annotations

import pickle
import shutil
import sys
from pathlib import Path

import nbformat

from cvlib.check.marking import Sheet
from cvlib.grading.judging.plan import Plan, plan_for
from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.notebook.source import (
    CHECK_PREFIX,
    SCHEME_PREFIX,
    build_source_notebook,
    released_files,
)
from cvlib.grading.spec.loading import LoadedSet
from grading_class.cpu_time import run
from grading_class.honest import Work
from grading_class.places import Place, environment

CONFIG = 'c = get_config()  # noqa: F821\nc.CourseDirectory.course_id = "stock"\n'
TESTS = """\
### BEGIN HIDDEN TESTS
{driver}

import pickle
import shutil
import warnings

from cvlib.check.compare import difference

with open("{file}", "rb") as file:
    cases, tolerance = pickle.load(file)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # nbgrader takes a warning for an error
    for part, args, kwargs, expected, measure in cases:
        got = {call}({name}, *args, **kwargs)
        wrong = measure.finding(expected, got) if measure else difference(expected, got, tolerance)
        assert not wrong, f"{{part}}: {{wrong}}"
### END HIDDEN TESTS
"""


class StockCourse(Place):
    """A course folder with nothing of ours in its configuration."""

    def make(self, loaded: LoadedSet, plan: Plan) -> None:
        """Write the instructor's side and release it with ``nbgrader generate_assignment``."""
        source = self.root / "source" / self.set_id
        source.mkdir(parents=True)
        (self.root / "nbgrader_config.py").write_text(CONFIG)
        assert plan.draws is not None
        drawn_plan = plan_for(plan, plan.draws.of("", None))
        drawn = {item.check_id: drawn_plan.sheet(item) for item in plan.items}
        notebook = build_source_notebook(loaded)
        notebook.cells = [c for c in notebook.cells if not grade_id(c).startswith(SCHEME_PREFIX)]
        for cell in notebook.cells:
            if grade_id(cell).startswith(CHECK_PREFIX):
                cell.source = _test_cell(drawn[grade_id(cell)])
        nbformat.write(notebook, source / f"{self.set_id}.ipynb")
        for sheet in drawn.values():
            (source / _file_name(sheet)).write_bytes(_cases(sheet))
        for name, content in released_files(loaded).items():
            (source / name).write_bytes(content)
        run([[self.tool, "generate_assignment", self.set_id]], [self.root], environment())

    def copied(self, name: str) -> StockCourse:
        """Another course beside this one, released alike, with nothing handed in yet."""
        root = self.root.with_name(name)
        shutil.copytree(self.root, root)
        return StockCourse(root, self.set_id)

    def hand_in(self, works: list[Work]) -> None:
        """Put the work of students into ``submitted/``."""
        released = nbformat.read(
            self.root / "release" / self.set_id / f"{self.set_id}.ipynb", as_version=4
        )
        self.submit({work.student: work.handed_in(released) for work in works})

    @property
    def tool(self) -> str:
        """nbgrader's own command."""
        return str(Path(sys.executable).with_name("nbgrader"))

    @property
    def autograde(self) -> list[str]:
        """The command that grades everybody, one after the other."""
        return [self.tool, "autograde", self.set_id]


def _file_name(sheet: Sheet) -> str:
    return f"hidden_{sheet.id}.pkl"


def _test_cell(sheet: Sheet) -> str:
    driver = sheet.driver_source
    call = driver.split("def ", 1)[1].split("(", 1)[0].strip()
    return TESTS.format(driver=driver, file=_file_name(sheet), call=call, name=sheet.name)


def _cases(sheet: Sheet) -> bytes:
    cases = [
        (part, args, kwargs, expected, sheet.measures.get(part))
        for part, (args, kwargs), expected in zip(
            sheet.parts, sheet.calls, sheet.expected, strict=True
        )
    ]
    return pickle.dumps((cases, sheet.tolerance))
