"""The course's own problem sets go through the whole chain: graded, and checked at home."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbgrader.validator import Validator
from traitlets.config import Config

from cvlib.grading.course.course import Course
from cvlib.grading.course.release import release
from cvlib.grading.rehearsal.classroom import Classroom, to_bytes
from cvlib.grading.rehearsal.sample_class import write_sample
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.loading import find_problem_sets, load_problem_set

ASSIGNMENTS = Path(__file__).parents[2] / "assignments"
SETS = find_problem_sets(ASSIGNMENTS)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return Course.open(tmp_path_factory.mktemp("course"), ASSIGNMENTS)


@pytest.mark.parametrize("set_id", SETS)
def test_right_wrong_and_forged_work_gets_what_it_must(
    course: Course, set_id: str, cluster: str
) -> None:
    loaded = load_problem_set(ASSIGNMENTS, set_id)
    members = write_sample(course, loaded, seed=course.seed)
    assert len(members) >= 14
    wrong = [m.name for m in members if m.name.startswith("mutant-")]
    assert len(wrong) >= 3
    chosen = ["right", wrong[0]]
    if set_id == SETS[0]:  # what is odd about a file is odd in every problem set
        chosen += ["partial", "forged", "malformed"]
    report = run_set(course, set_id, Options(students=chosen, scheduler=cluster))
    assert report.graded == len(chosen)
    bad = [(r.student, r.automatic, r.expected, r.note) for r in report.rows if not r.as_expected]
    assert not bad
    assert report.ok


@pytest.mark.parametrize("set_id", SETS)
def test_the_model_solution_passes_every_check_at_home(
    course: Course, set_id: str, tmp_path: Path
) -> None:
    folder = release(course, set_id).folder
    shutil.copytree(folder, tmp_path / set_id)
    notebook = tmp_path / set_id / f"{set_id}.ipynb"
    loaded = load_problem_set(ASSIGNMENTS, set_id)
    solved = to_bytes(Classroom(loaded, 1).solved())
    notebook.write_bytes(solved.replace(rb"STUDENT = \"\"", rb"STUDENT = \"ann\""))
    assert Validator(config=Config()).validate(str(notebook)) == {}


def test_the_course_has_its_own_settings(course: Course) -> None:
    assert SETS, f"no problem set in {ASSIGNMENTS}"
    assert course.config().CourseDirectory.course_id == "deep-computer-vision"
