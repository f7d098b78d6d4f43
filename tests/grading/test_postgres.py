"""PostgreSQL as the gradebook: a real server, started here, that is killed and comes back."""

from __future__ import annotations

import contextlib
import csv
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from command import PATIENCE, here, places
from nbgrader.api import Gradebook

from cvlib.grading.course.course import Course
from cvlib.grading.feedback.make import page_path
from cvlib.grading.gradebook.marks import Marks, read_marks
from tests.without import lacking

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"
STUDENTS = ("right", "partial", "noisy", "mutant-spread", "malformed", "blank")


def find_server() -> Path | None:
    """The folder of the server's programs: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    places = [Path(found).parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((p for p in places if all((p / n).exists() for n in ("initdb", "postgres"))), None)


class Server:
    """A PostgreSQL server of its own behind a Unix socket; root starts it as somebody else."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.data = programs, folder, folder / "data"
        self.user: dict[str, Any] = {}
        if os.getuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            owner = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
            self.user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        secret = folder / "secret"
        secret.write_text("chalk\n")
        self._call(
            "initdb",
            "-D",
            self.data,
            "-U",
            "grader",
            "--auth=scram-sha-256",
            "--locale=C",
            f"--pwfile={secret}",
            "--encoding=UTF8",
            "--no-sync",
            "--no-instructions",
        )
        self.process: subprocess.Popen[bytes] | None = None

    def _call(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self.programs / program, *map(str, arguments)],
            cwd=self.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            **self.user,
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.data, "-k", self.folder, "-c",
             "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"],
            cwd=self.folder, stdout=log, stderr=log, **self.user,
        )  # fmt: skip
        for _ in range(300):
            with contextlib.suppress(psycopg2.OperationalError):
                self.connect("postgres").close()
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.1)
        raise AssertionError("the server does not answer")

    def stop(self, how: signal.Signals) -> None:
        """Stop it: SIGINT lets it finish, SIGQUIT is a crash, from which it recovers."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def connect(self, database: str) -> Any:
        """A connection, each statement for itself."""
        connection = psycopg2.connect(
            host=str(self.folder), user="grader", password="chalk", dbname=database
        )
        connection.autocommit = True
        return connection

    def ask(self, database: str, question: str) -> list[tuple[Any, ...]]:
        """The rows that answer a question."""
        with contextlib.closing(self.connect(database)) as connection:
            cursor = connection.cursor()
            cursor.execute(question)
            return cursor.fetchall() if cursor.description else []

    def url(self, database: str, password: str = "chalk") -> str:
        """What stands in a course's configuration."""
        return f"postgresql+psycopg2://grader:{password}@/{database}?host={self.folder}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A running server; without PostgreSQL's programs these tests are left out, but not in CI."""
    programs = find_server()
    if programs is None:
        lacking("no PostgreSQL server here; on Debian and Ubuntu: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="cvlib-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        started = Server(programs, folder)
        started.start()
        try:
            yield started
        finally:
            started.stop(signal.SIGQUIT)


class Room:
    """A course whose gradebook is a database of the server."""

    def __init__(self, server: Server, graded: Course, base: Path, database: str) -> None:
        self.server, self.database, self.base = server, database, base
        server.ask("postgres", f'create database "{database}"')
        shutil.copytree(TINY, base / "assignments")
        self.configure(server.url(database))
        root = base / "course"
        root.mkdir()
        shutil.copyfile(graded.root / ".secret", root / ".secret")
        shutil.copytree(graded.results, root / "results")
        for student in STUDENTS:
            shutil.copytree(graded.submitted / student, root / "submitted" / student)
        self.course = Course.open(root, base / "assignments")

    def configure(self, url: str) -> None:
        """Write the course's settings."""
        (self.base / "assignments" / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.CourseDirectory.db_url = {url!r}\n"
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start ``cvlib-grade`` on the course, a program of its own."""
        where = places(self.course.root, self.course.assignments)
        return subprocess.Popen(
            [sys.executable, "-m", "cvlib.grading", *where, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def call(self, *arguments: str, expect: int = 0) -> str:
        """Run ``cvlib-grade`` to its end; return all that it said."""
        done = here(self.course.root, self.course.assignments, *arguments)
        assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def end(self, process: subprocess.Popen[str]) -> None:
        """Wait for a program, which must end well."""
        said, error = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, f"{said}\n{error}"
        assert "Traceback" not in said + error, said + error

    def gradebook(self) -> Gradebook:
        """nbgrader's view of the database."""
        return Gradebook(self.server.url(self.database), "cvlib")

    def marks(self) -> dict[str, Marks]:
        """The marks of everybody."""
        return read_marks(self.course, SET_ID)

    def scores(self) -> dict[str, dict[str, float | None]]:
        """The judge's marks of everybody."""
        return {student: marks.automatic for student, marks in self.marks().items()}


@pytest.fixture
def room(server: Server, graded: Course, tmp_path: Path) -> Room:
    """A course that is released and handed in, with an empty database."""
    return Room(server, graded, tmp_path, f"gradebook-{uuid.uuid4().hex}")


@pytest.fixture(scope="module")
def due(graded: Course) -> dict[str, dict[str, float | None]]:
    """What SQLite holds for the same submissions."""
    found = read_marks(graded, SET_ID)
    return {student: found[student].automatic for student in STUDENTS}


def test_a_term_with_postgresql(room: Room, due: dict[str, Any], cluster: str) -> None:
    """Release, grade, mark, grade again, make feedback, report, export."""
    assert "released" in room.call("release")
    assert "up to date" in room.call("release")
    assert f"{len(STUDENTS)} recorded" in room.call("run")
    assert not list(room.course.root.glob("*.db"))
    assert room.scores() == due
    assert "0 graded now, 0 recorded" in room.call("run")
    with room.gradebook() as gradebook:
        mark = gradebook.find_grade("why", SET_ID, SET_ID, "right")
        mark.manual_score, mark.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    room.call("run", "--force", "--student", "right", "--scheduler", cluster)
    assert room.marks()["right"].score == 11.5
    assert f"{len(STUDENTS)} pages made" in room.call("feedback")
    assert "11.5 of 12 points" in page_path(room.course, SET_ID, "right").read_text()
    room.call("report")
    assert "11.5" in (room.course.root / "report" / f"{SET_ID}.html").read_text()
    room.call("export")
    with (room.course.root / "grades-csv.csv").open(newline="") as file:
        scores = {row["student"]: row["score"] for row in csv.DictReader(file)}
    assert scores["right"] == "11.5"
    assert scores["mutant-spread"] == "6"
    assert len(scores) == len(STUDENTS)


def test_two_graders_at_once(room: Room, due: dict[str, Any]) -> None:
    """Two machines may share a gradebook: neither loses or doubles a mark."""
    room.call("release")
    halves = STUDENTS[:3], STUDENTS[3:]
    both = [room.start("run", *(f"--student={s}" for s in half)) for half in halves]
    for process in both:
        room.end(process)
    assert room.scores() == due
    both = [
        room.start("run", "--force", "--workers=1", "--student=right", "--student=blank")
        for _ in range(2)
    ]
    for process in both:
        room.end(process)
    assert room.scores() == due
    counts = "select count(*) from submitted_assignment", "select count(*) from grade"
    found = [room.server.ask(room.database, question)[0][0] for question in counts]
    assert found == [len(STUDENTS), 5 * len(STUDENTS)]


def test_a_server_that_dies_while_marks_are_written(room: Room, due: dict[str, Any]) -> None:
    room.call("release")
    process = room.start("run")
    question = "select count(distinct notebook_id) from grade where auto_score is not null"
    while room.server.ask(room.database, question)[0][0] < 2:
        assert process.poll() is None, "it was to be killed before the end"
        time.sleep(0.02)
    room.server.stop(signal.SIGQUIT)
    said, error = process.communicate(timeout=PATIENCE)
    assert process.returncode in (1, 2), f"{said}\n{error}"
    assert "Traceback" not in said + error, said + error
    assert "gradebook" in said + error
    room.server.start()
    for student, automatic in room.scores().items():
        assert automatic in (due[student], dict.fromkeys(due[student])), f"half of {student}"
    assert "0 graded now" in room.call("run")
    assert room.scores() == due
    assert "0 graded now, 0 recorded" in room.call("run")


@pytest.mark.parametrize("trouble", ["stopped", "password", "database"])
def test_a_gradebook_out_of_reach_is_said_in_a_sentence(
    room: Room, due: dict[str, Any], trouble: str
) -> None:
    """Exit 2, and nothing is lost: neither a mark nor a graded notebook."""
    room.call("release")
    room.call("run", "--student", "right", "--student", "blank")
    before = room.scores()
    notebook = room.course.root / "autograded" / "right" / SET_ID / f"{SET_ID}.ipynb"
    content = notebook.read_bytes()
    if trouble == "password":
        room.configure(room.server.url(room.database, "wrong"))
    elif trouble == "database":
        room.configure(room.server.url("no_such"))
    else:
        room.server.stop(signal.SIGINT)
    try:
        for command in (["run"], ["run", "--force"], ["feedback"], ["export"], ["report"]):
            said = room.call(*command, expect=2)
            assert "Error: the gradebook cannot be used" in said
            assert "chalk" not in said, "a password is nobody's to read"
    finally:
        if trouble == "stopped":
            room.server.start()
    room.configure(room.server.url(room.database))
    assert notebook.read_bytes() == content
    assert room.scores() == before
    assert "0 graded now" in room.call("run")
    assert room.scores() == due
