"""What the tests of killed runs need: a class, the real command line, a look at what is left."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import DRAFT, atomic_write
from cvlib.grading.judging.kept_results import KEY_NAME
from cvlib.grading.judging.result import Result
from cvlib.grading.notebook.source import CHECK_PREFIX
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.spec.loading import LoadedSet

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"
PR_SET_CHILD_SUBREAPER = 36
#: On a busy machine processes take their time to end; none may stay.
GONE_SECONDS = 120.0

Marks = dict[str, float | None]
QUERY = """
    SELECT submitted_assignment.student_id, base_cell.name, grade.auto_score FROM grade
    JOIN base_cell ON grade.cell_id = base_cell.id
    JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
    JOIN submitted_assignment ON submitted_notebook.assignment_id = submitted_assignment.id
    WHERE base_cell.name LIKE 'check-%'
"""


class School:
    """A course whose students hand in anew; an even version solves other exercises than an odd."""

    def __init__(self, loaded: LoadedSet, released: Path, root: Path, students: int) -> None:
        self.course = Course.open(shutil.copytree(released, root), TINY)
        self.room = Classroom(loaded, self.course.seed)
        self.students = [f"s{k:02d}" for k in range(students)]
        self.version = 0
        # short, for sockets; our own, so that what is left in it is ours
        self.temporary = Path(tempfile.mkdtemp(prefix="kill", dir="/tmp"))

    def hand_in(self) -> None:
        """Everybody hands in another version; every third one is slow."""
        self.version += 1
        for k, student in enumerate(self.students):
            wrong = "inner" if self.version % 2 else "spread"
            notebook = rewrite(self.room.solved(), wrong, f"def {wrong}(*_):\n    return 0.5")
            text = f"# {student} {self.version}"
            if k % 3 == 0:
                text = f"import time\n\ntime.sleep(0.3)  {text}"
            insert_after(notebook, "spread", text)
            path = self.course.submitted / student / SET_ID / f"{SET_ID}.ipynb"
            atomic_write(path, to_bytes(notebook))

    def due(self, version: int) -> Marks:
        """What each student must get for a version."""
        right = {"spread": 4.0, "inner": 3.0, "taps": 1.0, "Twice": 2.0}
        right["inner" if version % 2 else "spread"] = 0.0
        return {CHECK_PREFIX + name: mark for name, mark in right.items()}

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``cvlib-grade run`` in a process group of its own."""
        with (self.course.root / "run.log").open("wb") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "cvlib.grading",
                    "--course",
                    str(self.course.root),
                    "--assignments",
                    str(TINY),
                    "run",
                    *arguments,
                ],
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=os.environ | {"TMPDIR": str(self.temporary)},
            )

    @property
    def log(self) -> str:
        """What the run said."""
        return (self.course.root / "run.log").read_text("utf-8", "replace")

    def graded_now(self) -> int:
        """How many submissions the run says it graded."""
        found = re.search(r"(\d+) graded now", self.log)
        assert found, self.log
        return int(found[1])

    def results(self) -> dict[str, tuple[int, int]]:
        """Inode and time of every finished result; each must be whole."""
        found = {}
        for path in self.course.results.glob("*.json"):
            assert Result.from_json(path.read_bytes()).key == path.stem
            state = path.stat()
            found[path.name] = (state.st_ino, state.st_mtime_ns)
        return found

    def marks(self) -> dict[str, Marks]:
        """The judge's marks in the gradebook, read without nbgrader."""
        marks: dict[str, Marks] = {}
        file = self.course.root / "gradebook.db"
        if file.is_file():
            with contextlib.closing(sqlite3.connect(file, timeout=30)) as database:
                tables = database.execute("SELECT name FROM sqlite_master").fetchall()
                if ("grade",) in tables:
                    for student, name, score in database.execute(QUERY):
                        marks.setdefault(student, {})[name] = score
        return marks

    def printed(self, student: str) -> Marks:
        """The marks in a student's autograded notebook."""
        path = self.course.root / "autograded" / student / SET_ID / f"{SET_ID}.ipynb"
        cells = nbformat.read(path, as_version=4).cells
        names = [c.metadata.get("nbgrader", {}).get("grade_id", "") for c in cells]
        return {
            name: float(cell.outputs[1].data["text/plain"])
            for name, cell in zip(names, cells, strict=True)
            if name.startswith(CHECK_PREFIX)
        }

    def assert_whole(self, before: dict[str, Marks]) -> None:
        """After a kill: the marks of before or of the new version, and never some of each."""
        for student, marks in self.marks().items():
            allowed = [before.get(student), self.due(self.version)]
            empty = all(mark is None for mark in marks.values()) and before.get(student) is None
            assert marks in allowed or empty, (student, marks)

    def assert_finished(self) -> None:
        """After a run to the end: the new marks, printed alike, and a receipt for each."""
        due = self.due(self.version)
        assert self.marks() == dict.fromkeys(self.students, due)
        for student in self.students:
            assert self.printed(student) == due
            key = (self.course.root / "autograded" / student / SET_ID / KEY_NAME).read_text()
            assert Result.from_json((self.course.results / f"{key}.json").read_bytes()).key == key
            receipt = self.course.root / "receipts" / SET_ID / f"{student}.json"
            assert json.loads(receipt.read_bytes()), student

    def age_leftovers(self) -> None:
        """Let an hour pass for whatever killed runs left behind: the next run removes it then."""
        old = time.time() - 3600
        for path in [*self.temporary.iterdir(), *self.course.root.rglob(".*.????????")]:
            os.utime(path, (old, old), follow_symlinks=False)

    def leftovers(self) -> list[Path]:
        """Directories of kernels and clusters, and drafts of files."""
        drafts = [p for p in self.course.root.rglob(".*") if DRAFT.fullmatch(p.name)]
        return [*self.temporary.glob("cvlib-*"), *drafts]

    def close(self) -> None:
        """Remove the temporary directory."""
        shutil.rmtree(self.temporary)


@contextlib.contextmanager
def orphans_adopted() -> Iterator[Callable[[], list[str]]]:
    """Take on processes whose parent was killed; gives a function that waits for their end.

    It returns the command lines of those that do not end.
    """
    set_subreaper(True)
    before = children()

    def remaining() -> list[str]:
        deadline = time.monotonic() + GONE_SECONDS
        while left := children() - before:
            for pid in left:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
            if time.monotonic() > deadline:
                return [command_line(pid) for pid in left]
            time.sleep(0.02)
        return []

    try:
        yield remaining
    finally:
        for pid in children() - before:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        set_subreaper(False)


def set_subreaper(on: bool) -> None:
    """Whether orphans among our descendants become our children (Linux 3.4)."""
    done = ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)
    assert done == 0, os.strerror(ctypes.get_errno())


def children(parent: int | None = None) -> set[int]:
    """The children of a process, of this one by default."""
    parent = parent or os.getpid()
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == parent:
                found.add(int(path.parent.name))
    return found


def command_line(pid: int) -> str:
    """The command line of a process, empty when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def dask_workers(parent: int) -> list[int]:
    """The worker processes that a nanny started, or the process whose forks those of a run are."""
    found = []
    for pid in children(parent):
        if "spawn_main" in command_line(pid):
            found.append(pid)
        elif "forkserver" in command_line(pid):
            found += children(pid)
    return sorted(found)
