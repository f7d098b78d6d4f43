"""The sample class: who is in it for which problem set, and that it is written once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tiny_set import SET_ID, TINY, Grade

from cvlib.grading.course.course import Course
from cvlib.grading.course.release import sample_expectations
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.rehearsal.classroom import Classroom
from cvlib.grading.rehearsal.sample_class import refresh_sample, set_with_everyone
from cvlib.grading.rehearsal.sample_members import members
from cvlib.grading.spec.loading import LoadedSet, find_problem_sets, load_problem_set

CHAIN = "ps91_chain"
ASSIGNMENTS = Path(__file__).parents[2] / "assignments"
#: Those who ask what the exercises are worth; the others try the grader itself.
HONEST = {"right", "blank", "partial", "alternative"}


@pytest.fixture
def course(tmp_path: Path) -> Course:
    """Two problem sets: the first in the alphabet has a trained model."""
    shutil.copytree(TINY.parent / "chain" / CHAIN, tmp_path / "a" / "ps89_chain")
    exercises = tmp_path / "a" / "ps89_chain" / "__init__.py"
    exercises.write_text(exercises.read_text().replace(CHAIN, "ps89_chain"))
    shutil.copytree(TINY / SET_ID, tmp_path / "a" / SET_ID)
    return Course.open(tmp_path / "c", tmp_path / "a")


def state(course: Course) -> dict[Path, tuple[int, int]]:
    """Which file is where, and since when."""
    return {p: (p.lstat().st_ino, p.lstat().st_mtime_ns) for p in course.root.rglob("*")}


def test_one_set_has_everyone_and_the_others_who_ask_what_their_exercises_are_worth(
    course: Course,
) -> None:
    assert set_with_everyone(course) == SET_ID, "the first that trains nothing"
    for set_id in course.problem_sets():
        loaded = load_problem_set(course.assignments, set_id)
        refresh_sample(course, loaded, everyone=set_id == set_with_everyone(course))
    chain = set(sample_expectations(course, "ps89_chain"))
    others = {name for name in chain if not name.startswith("mutant-")}
    assert {"right", "blank", "partial"} <= others <= HONEST
    assert len(chain) > len(others)
    assert {"noisy", "loop", "exit", "malformed", "link", "forged"} < set(
        sample_expectations(course, SET_ID)
    )
    shutil.rmtree(course.assignments / SET_ID)
    assert set_with_everyone(course) == "ps89_chain", "then the only one"


def test_the_course_tries_the_grader_on_convolution() -> None:
    """The guides speak of it."""
    course = Course(Path("/nowhere"), ASSIGNMENTS)
    assert set_with_everyone(course) == "ps02_convolution"
    assert len(find_problem_sets(ASSIGNMENTS)) >= 6


def test_mutants_of_a_set_with_a_trained_model_train_nothing(course: Course) -> None:
    room = Classroom(load_problem_set(course.assignments, "ps89_chain"), 1)
    (model,) = room.trained
    wrong = [m for m in members(room, everyone=False) if m.name.startswith("mutant-")]
    solution = room.solution(model.id)
    for member in wrong:
        assert solution not in member.content.decode().replace("\\n", "\n").replace('\\"', '"')
        assert 0 < member.score < room.full - model.points
        assert "trained models" in member.rule


def test_a_sample_that_is_there_is_not_written_again_and_a_damaged_one_is(
    course: Course, tiny: LoadedSet
) -> None:
    count = refresh_sample(course, tiny, everyone=True)
    before = state(course)
    assert refresh_sample(course, tiny, everyone=True) == count
    assert state(course) == before
    path = course.submitted / "blank" / SET_ID / f"{SET_ID}.ipynb"
    right = path.read_bytes()
    path.write_bytes(b"spoiled")
    refresh_sample(course, tiny, everyone=True)
    assert path.read_bytes() == right
    (course.root / ".secret").write_text("7\n")
    before = state(course)
    refresh_sample(course, tiny, everyone=True)
    assert state(course) != before, "other hidden cases, other scores"


def test_members_that_are_no_longer_in_the_class_leave(graded: Course, tmp_path: Path) -> None:
    shutil.copytree(graded.root, tmp_path / "c", symlinks=True)
    course = Course.open(tmp_path / "c", TINY)
    (course.submitted / "ann" / SET_ID).mkdir(parents=True)
    gone = {m for m in sample_expectations(course, SET_ID) if not m.startswith("mutant-")} - HONEST
    assert {"link", "loop"} < gone
    loaded = load_problem_set(TINY, SET_ID)
    assert refresh_sample(course, loaded, everyone=False) == len(
        sample_expectations(course, SET_ID)
    )
    left = {p.name for p in course.submitted.iterdir() if (p / SET_ID).is_dir()}
    assert left == {*sample_expectations(course, SET_ID), "ann"}
    marks = read_marks(course, SET_ID)
    assert all(set(marks[name].automatic.values()) <= {None, 0.0} for name in gone & {*marks})


def test_practising_twice_does_everything_once(
    graded: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    shutil.copytree(graded.root, tmp_path / "c", symlinks=True)
    course = Course.open(tmp_path / "c", TINY)
    members = len(sample_expectations(course, SET_ID))
    first = cvlib_grade(course.root, "practice").stdout  # links into the folder have moved
    before = {p: s for p, s in state(course).items() if not p.name.startswith("grades-")}
    said = cvlib_grade(course.root, "practice").stdout
    after = {p: s for p, s in state(course).items() if not p.name.startswith("grades-")}
    assert after == before
    for text in (first, said):
        assert f"{SET_ID}: {members} sample submissions" in text
        assert f"0 graded now, 0 recorded; sample class: {members} of {members}" in text
    assert f"{SET_ID} is up to date" in said
    assert f"{SET_ID}: 0 pages made" in said
    assert "grades-moodle.csv" in said
