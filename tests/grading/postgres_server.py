"""A PostgreSQL server of the tests' own, and a course whose gradebook it keeps."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg2
from command import PATIENCE, here, places
from nbgrader.api import Gradebook
from tiny_set import SET_ID, TINY

from cvlib.grading.course.course import Course
from cvlib.grading.gradebook.marks import Marks, read_marks

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
