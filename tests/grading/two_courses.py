"""The same course twice, graded by our command and by nbgrader's, and how the two are compared."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from tiny_set import SET_ID

from cvlib.grading.course.course import Course

#: What names a row, in place of its random id: a column of its own, and the rows it belongs to.
NAMES: dict[str, tuple[str, tuple[str, ...]]] = {
    "assignment": ("name", ()),
    "notebook": ("name", ("assignment_id",)),
    "base_cell": ("name", ("notebook_id",)),
    "source_cell": ("name", ("notebook_id",)),
    "submitted_assignment": ("student_id", ("assignment_id",)),
    "submitted_notebook": ("notebook_id", ("assignment_id",)),
}


class Twins:
    """The same course twice: graded by our command, and by nbgrader's."""

    def __init__(self, ours: Course, stock: Course) -> None:
        self.ours, self.stock = ours, stock

    def __iter__(self) -> Iterator[Course]:
        return iter((self.ours, self.stock))

    def hand_in(self, student: str, content: bytes, stamp: str = "") -> None:
        """A submission of both courses."""
        for course in self:
            folder = course.submitted / student / SET_ID
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{SET_ID}.ipynb").write_bytes(content)
            if stamp:
                (folder / "timestamp.txt").write_text(stamp)

    @contextmanager
    def gradebooks(self) -> Iterator[tuple[Gradebook, Gradebook]]:
        """Both gradebooks, to give a mark in each."""
        with open_gradebook(self.ours) as one, open_gradebook(self.stock) as two:
            yield one, two
            one.db.commit()
            two.db.commit()

    def grade(self, *students: str, force: bool = False) -> None:
        """Grade some students, or all, in each course by its own command."""
        again = ["--force"] if force else []
        chosen = [word for s in students for word in ("--student", s)]
        call(
            self.ours,
            "cvlib.grading",
            "--course",
            str(self.ours.root),
            "--assignments",
            str(self.ours.assignments),
            "run",
            SET_ID,
            *chosen,
            *again,
        )
        for student in students or ("*",):
            call(self.stock, "nbgrader", "autograde", SET_ID, "--student", student, *again)

    def assert_same(self) -> None:
        """Compare every table, and every file in ``autograded/``."""
        ours, stock = rows(self.ours), rows(self.stock)
        assert sorted(ours) == sorted(stock)
        for table in ours:
            assert ours[table] == stock[table], table
        one, two = autograded(self.ours), autograded(self.stock)
        assert sorted(one) == sorted(two)
        for name in one:
            assert one[name] == two[name], name


def call(course: Course, module: str, *arguments: str) -> None:
    bin_folder = os.path.dirname(sys.executable)
    environment = os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=course.root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{arguments}:\n{done.stdout}\n{done.stderr}"


def open_gradebook(course: Course) -> Gradebook:
    return Gradebook(f"sqlite:///{course.root}/gradebook.db", "a-course")


def rows(course: Course) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, with names where the ids are random."""
    with closing(sqlite3.connect(course.root / "gradebook.db")) as database:
        database.row_factory = sqlite3.Row
        names = [
            r[0] for r in database.execute("select name from sqlite_master where type='table'")
        ]
        tables = {n: [dict(r) for r in database.execute(f'select * from "{n}"')] for n in names}
    assert {*NAMES, "grade", "comment", "student", "grade_cells"} <= set(tables)
    known: dict[str, str] = {}
    for table, (own, parents) in NAMES.items():
        for row in tables[table]:
            parts: list[Any] = [known.get(row[p], row[p]) for p in (*parents, own)]
            known[row["id"]] = "/".join([table, *parts])
    told: dict[str, list[dict[str, Any]]] = {}
    for table, found in tables.items():
        for row in found:
            if table in ("grade", "comment"):
                del row["id"]
        named = [{k: known.get(v, v) for k, v in row.items()} for row in found]
        told[table] = sorted(named, key=repr)
    return told


def autograded(course: Course) -> dict[str, Any]:
    """Every file below ``autograded/``; of a notebook all but the ids of its cells."""
    found: dict[str, Any] = {}
    for path in sorted((course.root / "autograded").rglob("*")):
        name = str(path.relative_to(course.root))
        if path.suffix == ".ipynb":
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                cell.pop("id", None)
            found[name] = (oct(path.stat().st_mode), notebook)
        else:
            found[name] = path.read_bytes() if path.is_file() else "folder"
    return found


def marks(course: Course, student: str) -> dict[str, tuple[Any, ...]]:
    with open_gradebook(course) as gradebook:
        notebook = gradebook.find_submission_notebook(SET_ID, SET_ID, student)
        return {
            g.name: (g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
            for g in notebook.grades
        }
