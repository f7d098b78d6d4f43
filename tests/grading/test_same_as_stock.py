"""What ``cvlib-grade run`` leaves behind is what the stock ``nbgrader autograde`` would have left.

Two copies of one course live through the same term: in one our command grades, in the other
nbgrader's own. After every step both gradebooks hold the same rows in every table, apart from the
random ids, and both ``autograded/`` folders the same notebooks.
"""

from __future__ import annotations

import shutil
from datetime import datetime

import pytest
from tiny_set import SET_ID, TINY
from two_courses import Twins, marks, open_gradebook, rows

from cvlib.grading.course.course import Course
from cvlib.grading.course.release import release
from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.spec.loading import LoadedSet

SETTINGS = '''
from nbgrader.plugins import LateSubmissionPlugin


class TenthAnHour(LateSubmissionPlugin):
    """A tenth of a point for every hour."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return min(score, round(total_seconds_late / 36000, 3))


c = get_config()
c.CourseDirectory.course_id = "a-course"
c.AssignLatePenalties.plugin_class = TenthAnHour
'''
DUE = datetime(2026, 11, 1, 12, 0)
STAMPS = {
    "right": "2026-11-01 10:00:00 UTC",
    "noisy": "2026-11-01 22:00:00 UTC",
    "blank": "2026-11-02 12:00:00 UTC",
    "mutant-spread": "2026-11-01 12:30:00 UTC",
    "malformed": "2026-11-01 12:00:01 UTC",
}


@pytest.fixture(scope="module")
def twins(graded: Course, tmp_path_factory: pytest.TempPathFactory) -> Twins:
    """Two courses with one secret, one class and one due date, in which nothing is graded yet."""
    base = tmp_path_factory.mktemp("twins")
    shutil.copytree(TINY, base / "assignments")
    (base / "assignments" / "nbgrader_config.py").write_text(SETTINGS)
    courses = []
    for name in ("ours", "stock"):
        root = base / name
        root.mkdir()
        shutil.copyfile(graded.root / ".secret", root / ".secret")
        shutil.copytree(graded.results, root / "results")
        course = Course.open(root, base / "assignments")
        release(course, SET_ID)
        for student in sorted(p.name for p in graded.submitted.iterdir() if p.name != "link"):
            folder = course.submitted / student / SET_ID
            shutil.copytree(graded.submitted / student / SET_ID, folder)
            if student in STAMPS:
                (folder / "timestamp.txt").write_text(STAMPS[student])
        with open_gradebook(course) as gradebook:
            gradebook.update_or_create_assignment(SET_ID, duedate=DUE)
            gradebook.add_student("right", first_name="Ada", last_name="L.", email="ada@x.example")
        courses.append(course)
    return Twins(*courses)


@pytest.fixture(scope="module")
def first(twins: Twins) -> Twins:
    """After the first grading."""
    twins.grade()
    return twins


def test_the_first_grading(first: Twins) -> None:
    first.assert_same()
    found = rows(first.ours)
    assert len(found["submitted_assignment"]) >= 13
    assert len(found["grade"]) == 5 * len(found["submitted_assignment"])
    assert "No response." in {c["auto_comment"] for c in found["comment"]}


def test_late_work_and_its_penalty(first: Twins) -> None:
    """On time, without a stamp, half a day late, and later than there are points."""
    with open_gradebook(first.ours) as gradebook:
        late = {
            s.student.id: (s.total_seconds_late, s.late_submission_penalty)
            for s in gradebook.assignment_submissions(SET_ID)
        }
    assert late["right"] == (0, 0.0)
    assert late["alternative"] == (0, 0.0)
    assert late["noisy"] == (36000, 1.0)
    assert late["mutant-spread"] == (1800, 0.05)
    assert late["blank"] == (86400, 0.0), "no more than the points there are"


def test_grading_all_again_by_force(first: Twins) -> None:
    before = rows(first.ours)
    first.grade("right", "noisy", "malformed", force=True)
    first.assert_same()
    assert rows(first.ours) == before


def test_a_changed_submission(first: Twins, tiny: LoadedSet) -> None:
    room = Classroom(tiny, seed=0)
    better = insert_after(room.solved(), "spread", "print('a cell of mine')")
    first.hand_in("blank", to_bytes(better), "2026-11-02 13:00:00 UTC")
    worse = rewrite(room.solved(), "inner", "def inner(x, y):\n    return 0.0")
    first.hand_in("right", to_bytes(worse), "2026-11-01 11:00:00 UTC")
    first.hand_in("alternative", b"not a notebook any more")
    first.grade("blank", "right")  # nbgrader goes by the newer stamp
    first.grade("alternative", force=True)  # which has none
    first.assert_same()
    assert marks(first.ours, "right")["check-inner"] == (0.0, None, None, False)
    assert marks(first.ours, "blank")["check-inner"] == (3.0, None, None, False)
    assert marks(first.ours, "alternative")["check-inner"][0] == 0.0


def test_a_mark_and_a_comment_of_a_person_stay(first: Twins) -> None:
    with first.gradebooks() as both:
        for gradebook in both:
            why = gradebook.find_grade("why", SET_ID, SET_ID, "noisy")
            why.manual_score, why.extra_credit, why.needs_manual_grade = 1.5, 0.5, False
            inner = gradebook.find_grade("check-inner", SET_ID, SET_ID, "noisy")
            inner.manual_score = 2.0  # where the judge had given 3
            comment = gradebook.find_comment("why", SET_ID, SET_ID, "noisy")
            comment.manual_comment = "A *good* start"
            gradebook.find_submission_notebook(SET_ID, SET_ID, "noisy").flagged = True
    first.grade("noisy", force=True)
    first.assert_same()
    after = marks(first.ours, "noisy")
    assert after["why"][1:3] == (1.5, 0.5)
    assert after["check-inner"][:2] == (3.0, 2.0)


def test_a_mark_stays_when_the_submission_changes(first: Twins, tiny: LoadedSet) -> None:
    room = Classroom(tiny, seed=0)
    changed = room.solved()
    for cell in changed.cells:
        if grade_id(cell) == "why":
            cell.source = "Another reason, with <b>HTML</b> and $x^2$."
    first.hand_in("noisy", to_bytes(changed), "2026-11-01 23:00:00 UTC")
    first.grade("noisy")
    first.assert_same()
    after = marks(first.ours, "noisy")
    assert after["why"][1:3] == (1.5, 0.5)
    assert after["why"][3], "a person looks again: the answer is another one"


def test_a_mark_of_a_person_does_not_survive_its_removal(first: Twins) -> None:
    with first.gradebooks() as both:
        for gradebook in both:
            why = gradebook.find_grade("why", SET_ID, SET_ID, "noisy")
            why.manual_score, why.needs_manual_grade = None, True
    first.grade("noisy", force=True)
    first.assert_same()
    assert marks(first.ours, "noisy")["why"][:2] == (None, None)


def test_a_submission_that_was_taken_away_keeps_its_rows(first: Twins) -> None:
    for course in first:
        shutil.rmtree(course.submitted / "duplicated-check")
    before = rows(first.ours)["grade"]
    first.grade()
    first.assert_same()
    assert rows(first.ours)["grade"] == before


def test_a_due_date_that_moves_changes_the_penalty(first: Twins) -> None:
    for course in first:
        stamp = course.submitted / "right" / SET_ID / "timestamp.txt"
        stamp.write_text("2026-11-01 11:00:00 UTC")
    with first.gradebooks() as both:
        for gradebook in both:
            gradebook.update_or_create_assignment(SET_ID, duedate=datetime(2026, 11, 1, 9, 0))
            gradebook.grant_extension(SET_ID, "noisy", days=3)
    first.grade("right", "noisy", force=True)
    first.assert_same()
    with open_gradebook(first.ours) as gradebook:
        assert gradebook.find_submission(SET_ID, "right").late_submission_penalty == 0.2
        assert not gradebook.find_submission(SET_ID, "noisy").late_submission_penalty
