"""A submission that wants to go on when its kernel is gone: nothing of it lives or changes."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import program
from lingering import ATTACK, MARK, database_port, processes, tree, watched
from tiny_set import SET_ID, TINY

from cvlib.grading.course.course import Course
from cvlib.grading.gradebook.marks import Marks, read_marks
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.spec.loading import LoadedSet


@dataclass(frozen=True)
class Aftermath:
    """What a test needs to know of the course after the attack."""

    course: Course
    seen: int  # processes of the attack, while it ran
    before: dict[str, str]  # the files when the twin had been graded
    after: dict[str, str]
    later: dict[str, str]
    marks: dict[str, Marks]  # when the twin had been graded
    connections: int


@pytest.fixture(scope="module")
def aftermath(
    tmp_path_factory: pytest.TempPathFactory, released: Path, tiny: LoadedSet
) -> Iterator[Aftermath]:
    """Grade ann and a harmless eve; then the hostile one, who answers the same; then wait."""
    root = tmp_path_factory.mktemp("after") / "course"
    shutil.copytree(released, root)
    room = Classroom(tiny, 1)

    def hand_in(student: str, content: bytes) -> None:
        path = root / "submitted" / student / SET_ID / f"{SET_ID}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    answered = rewrite(room.blank(), "taps", "taps = 27")
    hand_in("ann", to_bytes(room.solved()))
    hand_in("eve", to_bytes(answered))
    assert program(root, TINY, "run", "--workers", "1").returncode == 0
    course = Course.open(root, TINY)
    before, marks = tree(root), read_marks(course, SET_ID)
    seen: set[int] = set()
    with database_port() as (port, arrived):
        source = ATTACK.format(course=str(root), ports=[5432, port], mark=MARK, set_id=SET_ID)
        hand_in("eve", to_bytes(insert_after(answered, "spread", source)))
        with watched(seen):
            assert program(root, TINY, "run", "--workers", "1").returncode == 0
        alive = processes(MARK)
        after = tree(root)
        time.sleep(2)
        assert not alive, f"{len(alive)} processes outlived the run"
        yield Aftermath(course, len(seen), before, after, tree(root), marks, len(arrived))


def of_eve(name: str) -> bool:
    """Whether a file is about the one submission that was replaced."""
    return "eve" in Path(name).parts or "eve.json" in name or name.startswith("gradebook.db")


def test_the_attack_was_under_way_and_none_of_it_is_alive(aftermath: Aftermath) -> None:
    assert aftermath.seen >= 2
    assert not processes(MARK)


def test_no_file_differs_from_what_a_harmless_twin_leaves(aftermath: Aftermath) -> None:
    before = {n: c for n, c in aftermath.before.items() if not of_eve(n)}
    after = {n: c for n, c in aftermath.after.items() if not of_eve(n)}
    assert before.items() <= after.items()
    new = {n for n in after if n not in before}
    kept = {n for n in new if n.startswith("receipts/") and "/earlier" in n}  # eve's first receipt
    assert [Path(n).parent.name for n in new - kept] == ["results"]
    about_eve = [{n for n in t if of_eve(n)} for t in (aftermath.before, aftermath.after)]
    assert about_eve[0] == about_eve[1]


def test_nothing_changes_once_the_run_is_over(aftermath: Aftermath) -> None:
    assert aftermath.later == aftermath.after


def test_everybody_has_the_marks_of_before(aftermath: Aftermath) -> None:
    marks = read_marks(aftermath.course, SET_ID)
    assert marks == aftermath.marks
    assert marks["eve"].automatic["check-taps"] == 1.0
    assert marks["eve"].score == 1.0


def test_the_gradebook_can_be_written(aftermath: Aftermath) -> None:
    with contextlib.closing(
        sqlite3.connect(aftermath.course.root / "gradebook.db", timeout=0)
    ) as db:
        db.execute("BEGIN EXCLUSIVE")
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.rollback()


def test_nobody_reached_the_database_port(aftermath: Aftermath) -> None:
    assert aftermath.connections == 0
