"""What may stand in ``submitted/`` instead of a plain notebook in a folder with a plain name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from command import here
from strange_things import FILE, PLACES, STAMPS, stamp_pipe, things_beside
from tiny_set import SET_ID, TINY, Grade

from cvlib.grading.course.course import Course
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from cvlib.grading.spec.loading import LoadedSet

FULL = 10.0
#: Names that are no trouble, though options, formats, shells and tables read them otherwise.
HARMLESS = (
    "-rf", "--force", "{student_id}", "%s", "$(id)", "~", "a'b", "ann smith",
    "ünï 平均", "ann@x.example", "=1+1", "x+y", "a,b;c", "ann.", "con", "a" * 200,
)  # fmt: skip
#: Names that a page, a terminal, nbgrader's patterns or its settings read as something else.
HARMFUL = (
    "<img src=x onerror=alert(1)>", '"><script>alert(1)<!--', "new\nline", "esc\x1b[2Jape",
    "\u202eevil", " ann", "ann ", "*", "[a-z]", "a?",
)  # fmt: skip


def hand_in(root: Path, student: str, content: bytes) -> Path:
    path = root / "submitted" / student / SET_ID / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def automatic(root: Path) -> dict[str, float]:
    return {
        student: sum(v or 0.0 for name, v in marks.automatic.items() if name != "why")
        for student, marks in read_marks(Course.open(root, TINY), SET_ID).items()
    }


@pytest.fixture(scope="module")
def solved(tiny: LoadedSet) -> bytes:
    return to_bytes(Classroom(tiny, 1).solved())


@pytest.fixture(scope="module")
def named(
    tmp_path_factory: pytest.TempPathFactory,
    released: Path,
    solved: bytes,
    tiny: LoadedSet,
    cluster: str,
) -> tuple[Path, str]:
    """A course of students with strange names and of one ann, who solved but one exercise."""
    root: Path = tmp_path_factory.mktemp("names") / "course"
    shutil.copytree(released, root)
    for name in (*HARMLESS, *HARMFUL):
        hand_in(root, name, solved)
    hand_in(root, "ann", to_bytes(rewrite(Classroom(tiny, 1).blank(), "taps", "taps = 27")))
    done = here(root, TINY, "run", "--scheduler", cluster)
    return root, done.stdout + done.stderr


@pytest.mark.parametrize("name", HARMLESS, ids=repr)
def test_a_harmless_name_is_graded(named: tuple[Path, str], name: str) -> None:
    assert automatic(named[0])[name] == FULL


@pytest.mark.parametrize("name", HARMFUL, ids=repr)
def test_a_harmful_name_is_refused_and_shown_without_harm(
    named: tuple[Path, str], name: str
) -> None:
    root, shown = named
    assert name not in automatic(root)
    assert not (root / "autograded" / name).exists()
    assert repr(name) in shown, "it was passed over in silence"
    assert name.isprintable() or name not in shown


def test_nobody_takes_the_place_of_ann(named: tuple[Path, str], cvlib_grade: Grade) -> None:
    root, _ = named
    marks = automatic(root)
    assert marks["ann"] == 1.0
    assert set(marks) == {"ann", *HARMLESS}
    cvlib_grade(root, "feedback")
    for page in (root / "feedback").rglob("*.html"):
        assert not BeautifulSoup(page.read_text(), "html.parser").find_all(["script", "img"])


def test_a_name_that_is_no_text_stops_nobody(
    released: Path, tmp_path: Path, cvlib_grade: Grade, solved: bytes, cluster: str
) -> None:
    root = shutil.copytree(released, tmp_path / "course")
    hand_in(root, "ann", solved)
    hand_in(root, os.fsdecode(b"\xff"), solved)
    done = cvlib_grade(root, "run", "--scheduler", cluster, expect=1)
    assert automatic(root) == {"ann": FULL}
    assert "\\udcff" in done.stdout
    cvlib_grade(root, "feedback")


@pytest.fixture(scope="module")
def strange(
    tmp_path_factory: pytest.TempPathFactory,
    released: Path,
    cvlib_grade: Grade,
    solved: bytes,
    cluster: str,
) -> tuple[Path, dict[str, float]]:
    """A course where the notebook or the time stamp of nearly everybody is something else."""
    root: Path = tmp_path_factory.mktemp("files") / "course"
    shutil.copytree(released, root)
    hand_in(root, "ann", solved)
    for place in PLACES:
        path = hand_in(root, place.__name__, b"")
        path.unlink()
        place(path, root)
    for make in STAMPS:
        make(hand_in(root, make.__name__, solved).parent / "timestamp.txt")
    things_beside(hand_in(root, "things_beside", solved).parent, root)
    here(root, TINY, "run", "--scheduler", cluster)
    cvlib_grade(root, "feedback")
    return root, automatic(root)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_in_the_place_of_the_notebook(
    strange: tuple[Path, dict[str, float]], place: Callable[[Path, Path], None]
) -> None:
    # a linked gradebook changes while it is graded, so that it may end without a mark
    assert strange[1].get(place.__name__, 0.0) == 0.0


@pytest.mark.parametrize("make", STAMPS, ids=lambda make: make.__name__)
def test_in_the_place_of_the_time_stamp(
    strange: tuple[Path, dict[str, float]], make: Callable[[Path], None]
) -> None:
    assert strange[1][make.__name__] == FULL


def test_nothing_was_written_through_a_link_or_read_from_one(
    strange: tuple[Path, dict[str, float]],
) -> None:
    root, marks = strange
    secret = (root / ".secret").read_bytes().strip()
    assert int(secret) == Course.open(root, TINY).seed
    assert (root / "gradebook.db").read_bytes()[:15] == b"SQLite format 3"
    assert marks["ann"] == marks["things_beside"] == FULL
    for kept in [*(root / "autograded").rglob("*"), *(root / "feedback").rglob("*")]:
        assert not kept.is_symlink()
        assert not kept.is_file() or secret not in kept.read_bytes()
    left = {p.name for p in (root / "autograded" / "things_beside").rglob("*") if p.is_file()}
    assert left <= {FILE, ".result-key", "timestamp.txt", "public_cases.json"}


def test_a_pipe_in_the_place_of_the_time_stamp_stops_nobody(
    released: Path, tmp_path: Path, cvlib_grade: Grade, solved: bytes, cluster: str
) -> None:
    root = shutil.copytree(released, tmp_path / "course")
    hand_in(root, "ann", solved)
    stamp_pipe(hand_in(root, "eve", solved).parent / "timestamp.txt")
    cvlib_grade(root, "run", "--scheduler", cluster)
    assert automatic(root) == {"ann": FULL, "eve": FULL}
