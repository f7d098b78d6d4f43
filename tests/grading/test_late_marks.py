"""Due dates and penalties in the whole chain, by our command and by nbgrader's own."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from command import nbgrader
from late_term import DAY, DUE, copy, grade, gradebook_of, settings
from tiny_set import SET_ID

from cvlib.grading.course.course import Course
from cvlib.grading.course.due import set_due

#: nbgrader's own way with its session, when a set is added that nobody released.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


def test_due_dates_are_set_shown_and_removed(graded: Course, tmp_path: Path) -> None:
    course = copy(graded, tmp_path, settings())
    assert grade(course, "due") == f"{SET_ID}: no due date\n"
    said = grade(course, "due", SET_ID, "2026-12-01 23:59 Europe/Berlin")
    assert said == f"{SET_ID}: due 2026-12-01 22:59:00 UTC\n"
    with gradebook_of(course) as gradebook:
        assert gradebook.find_assignment(SET_ID).duedate == datetime(2026, 12, 1, 22, 59)
    grade(course, "due", SET_ID, "2026-12-01 23:59", expect=2)
    assert grade(course, "due") == said
    assert grade(course, "due", SET_ID, "none") == f"{SET_ID}: no due date\n"


@pytest.fixture(scope="module")
def autumn(graded: Course, tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with a policy and a due date; two students were a day and a half late."""
    policy = settings(kind="per_day", rate=20.0, late_days=0)
    course = copy(graded, tmp_path_factory.mktemp("autumn"), policy)
    set_due(course, SET_ID, DUE)
    for student in ("right", "mutant-inner"):
        path = course.submitted / student / SET_ID / "timestamp.txt"
        path.write_text(f"{DUE + 1.5 * DAY} UTC")
    return course


def recorded(course: Course, student: str) -> tuple[float, float]:
    with gradebook_of(course) as gradebook:
        submission = gradebook.find_submission(SET_ID, student)
        return submission.score, round(submission.late_submission_penalty, 6)


def test_our_command_and_nbgrader_s_own_take_off_the_same(autumn: Course, cluster: str) -> None:
    """The real chain, from the stamp on disk to the export; grading again changes nothing."""
    students = ("--student", "right", "--student", "alternative")
    for _ in range(2):
        table = grade(autumn, "run", SET_ID, *students, "--force", "--scheduler", cluster)
        assert recorded(autumn, "right") == (10.0, 4.8)
    assert "late: −4.8" in next(line for line in table.splitlines() if line.startswith("right"))
    assert recorded(autumn, "alternative") == (10.0, 0.0)
    nbgrader(autumn.root, "autograde", SET_ID, "--student", "mutant-inner", "--force")
    assert recorded(autumn, "mutant-inner") == (7.0, 4.8)
    grade(autumn, "export", SET_ID, "--format", "csv")
    rows = (autumn.root / "grades-csv.csv").read_text().splitlines()
    assert f"right,right,{SET_ID},5.2,12" in rows


def test_marks_by_hand_stay_and_the_penalty_follows_when_asked(
    autumn: Course, cluster: str
) -> None:
    grade(autumn, "run", SET_ID, "--student", "right", "--force", "--scheduler", cluster)
    with gradebook_of(autumn) as gradebook:
        why = gradebook.find_grade("why", SET_ID, SET_ID, "right")
        why.manual_score, why.needs_manual_grade = 2.0, False
    (autumn.assignments / "nbgrader_config.py").write_text(
        settings(kind="per_day", rate=25.0, of="score")
    )
    listed = grade(autumn, "late", SET_ID, expect=1)
    assert recorded(autumn, "right") == (12.0, 4.8), "listing writes nothing"
    line = next(line for line in listed.splitlines() if line.startswith("right"))
    assert line.split()[5:7] == ["4.8", "6"]
    assert "1 d 12 h late: 50 % of the score" in line
    grade(autumn, "late", SET_ID, "--write")
    assert recorded(autumn, "right") == (12.0, 6.0)
    with gradebook_of(autumn) as gradebook:
        marks = {
            g.name: g for g in gradebook.find_submission_notebook(SET_ID, SET_ID, "right").grades
        }
        assert (marks["why"].manual_score, marks["check-inner"].auto_score) == (2.0, 3.0)
