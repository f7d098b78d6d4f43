"""PostgreSQL as the gradebook: a real server, started here, that is killed and comes back."""

from __future__ import annotations

import csv
import signal
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import PATIENCE
from postgres_server import STUDENTS, Room, Server, find_server
from tiny_set import SET_ID

from cvlib.grading.course.course import Course
from cvlib.grading.feedback.make import page_path
from cvlib.grading.gradebook.marks import read_marks
from tests.without import lacking


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
