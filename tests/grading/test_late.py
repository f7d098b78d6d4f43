"""Late policies: what a rule takes off, to the second, in nbgrader's own gradebook."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from command import here, nbgrader
from nbgrader.api import Gradebook
from traitlets import TraitError

from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.course.due import parse_moment, read_extensions, set_due
from cvlib.grading.gradebook.late import LatePolicy, duration, penalty_now, read_timestamp

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"
#: nbgrader's own way with its session, when a set is added that nobody released.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")

DUE = datetime(2026, 3, 2, 22, 59)
FULL, SCORE = 12.0, 10.0
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SECOND = timedelta(seconds=1)


def settings(**values: Any) -> str:
    lines = [f"c.LatePolicy.{name} = {value!r}" for name, value in values.items()]
    return "\n".join(["c = get_config()", "c.CourseDirectory.course_id = 'a-course'", *lines])


def copy(graded: Course, base: Path, text: str) -> Course:
    """A copy of the graded course, with settings of its own."""
    shutil.copytree(graded.root, base / "course", symlinks=True)
    shutil.copytree(TINY, base / "assignments")
    (base / "assignments" / "nbgrader_config.py").write_text(text)
    return Course.open(base / "course", base / "assignments")


def grade(course: Course, *arguments: str, expect: int = 0) -> str:
    """Run ``cvlib-grade`` on a course."""
    done = here(course.root, course.assignments, *arguments)
    assert done.returncode == expect, f"{arguments}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def gradebook_of(course: Course) -> Iterator[Gradebook]:
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "a-course") as gradebook:
        yield gradebook
        gradebook.db.commit()


class Term:
    """A graded course with a due date, in which anybody can have been late."""

    def __init__(self, course: Course) -> None:
        self.course = course

    def late_by(self, late: timedelta, *, set_id: str = SET_ID, student: str = "right") -> None:
        with gradebook_of(self.course) as gradebook:
            due = gradebook.find_assignment(set_id).duedate
            gradebook.update_or_create_submission(set_id, student, timestamp=due + late)

    def penalty(self, *, set_id: str = SET_ID, student: str = "right", **policy: Any) -> float:
        """What nbgrader's preprocessor takes off under a policy; 0 for no penalty."""
        config = self.course.config()
        for name, value in policy.items():
            config.LatePolicy[name] = value
        with gradebook_of(self.course) as gradebook:
            notebook = gradebook.find_submission_notebook(SET_ID, set_id, student)
            return penalty_now(config, gradebook, notebook)[0] or 0.0

    def another_set(self, name: str, due: datetime) -> None:
        """A second problem set with the same cells, handed in by a student who got 10 points."""
        with gradebook_of(self.course) as gradebook:
            gradebook.add_assignment(name, duedate=due)
            gradebook.add_notebook(SET_ID, name)
            gradebook.add_grade_cell("check", SET_ID, name, max_score=FULL, cell_type="code")
            gradebook.add_submission(name, "right")
            gradebook.find_grade("check", SET_ID, name, "right").auto_score = SCORE


@pytest.fixture(scope="module")
def spring(graded: Course, tmp_path_factory: pytest.TempPathFactory) -> Term:
    """A term in which tests set only when a student handed in."""
    course = copy(graded, tmp_path_factory.mktemp("spring"), settings())
    set_due(course, SET_ID, DUE)
    return Term(course)


@pytest.fixture
def term(graded: Course, tmp_path: Path) -> Term:
    course = copy(graded, tmp_path, settings())
    set_due(course, SET_ID, DUE)
    return Term(course)


@pytest.mark.parametrize(
    ("policy", "late", "lost"),
    [
        ({}, 30 * DAY, 0.0),
        ({"kind": "none"}, 30 * DAY, 0.0),
        ({"kind": "zero"}, SECOND, SCORE),
        ({"kind": "zero"}, timedelta(0), 0.0),
        ({"kind": "per_day"}, SECOND, 1.2),
        ({"kind": "per_day"}, DAY, 1.2),
        ({"kind": "per_day"}, DAY + SECOND, 2.4),
        ({"kind": "per_day"}, DAY + timedelta(microseconds=1), 2.4),
        ({"kind": "per_day", "of": "score"}, DAY, 1.0),
        ({"kind": "per_day", "rate": 50.0}, 9 * DAY, SCORE),
        ({"kind": "per_day", "rate": 25.0, "at_most": 60.0}, 9 * DAY, 7.2),
        ({"kind": "per_hour", "rate": 1.0}, HOUR, 0.12),
        ({"kind": "per_hour", "rate": 1.0}, HOUR + SECOND, 0.24),
        ({"kind": "steps", "steps": [(0, 0.1), (24, 0.5)]}, DAY, 1.2),
        ({"kind": "steps", "steps": [(24, 0.5), (0, 0.1)]}, DAY + SECOND, 6.0),
        ({"kind": "steps", "steps": [(24, 0.5)]}, DAY, 0.0),
        ({"kind": "none", "cutoff": 48.0}, 2 * DAY, 0.0),
        ({"kind": "none", "cutoff": 48.0}, 2 * DAY + SECOND, SCORE),
        ({"kind": "per_day", "cutoff": 48.0, "late_days": 9}, 2 * DAY + SECOND, SCORE),
        ({"kind": "zero", "grace": 15.0}, timedelta(minutes=15), 0.0),
        ({"kind": "zero", "grace": 15.0}, timedelta(minutes=15, seconds=1), SCORE),
    ],
)
def test_what_a_rule_takes_off(
    spring: Term, policy: dict[str, Any], late: timedelta, lost: float
) -> None:
    spring.late_by(late)
    assert spring.penalty(**policy) == pytest.approx(lost)


def test_settings_that_make_no_sense_are_refused(spring: Term) -> None:
    for policy in ({"kind": "sometimes"}, {"steps": [(24, 50)]}, {"rate": -1.0}, {"late_days": -1}):
        spring.late_by(DAY)
        with pytest.raises(TraitError):
            spring.penalty(**policy)


def test_nbgrader_s_own_setting_still_counts(term: Term) -> None:
    (term.course.assignments / "nbgrader_config.py").write_text(
        f"{settings()}\nc.LateSubmissionPlugin.penalty_method = 'zero'\n"
    )
    term.late_by(SECOND)
    assert term.penalty() == SCORE


def test_another_plugin_of_the_instructor_is_kept(term: Term) -> None:
    (term.course.assignments / "nbgrader_config.py").write_text(
        f"{settings()}\nc.AssignLatePenalties.plugin_class = 'nbgrader.plugins.BasePlugin'\n"
    )
    chosen = term.course.config().AssignLatePenalties.plugin_class
    assert chosen == "nbgrader.plugins.BasePlugin"


def test_free_days_are_spent_in_the_order_of_due_dates(term: Term) -> None:
    policy: dict[str, Any] = {"kind": "per_day", "late_days": 3}
    term.another_set("ps91_next", DUE + 7 * DAY)
    term.another_set("ps89_before", DUE - 7 * DAY)
    term.late_by(HOUR, set_id="ps89_before")  # one day
    term.late_by(3 * DAY)  # two are left for three
    term.late_by(HOUR, set_id="ps91_next")  # none is left
    assert term.penalty(set_id="ps89_before", **policy) == 0.0
    assert term.penalty(**policy) == pytest.approx(1.2)
    assert term.penalty(set_id="ps91_next", **policy) == pytest.approx(1.2)
    term.late_by(-HOUR, set_id="ps89_before")
    assert term.penalty(**policy) == 0.0


def test_work_past_the_cutoff_spends_no_free_day(term: Term) -> None:
    policy: dict[str, Any] = {"kind": "per_day", "late_days": 2, "cutoff": 72.0}
    term.another_set("ps89_before", DUE - 20 * DAY)
    term.late_by(5 * DAY, set_id="ps89_before")
    term.late_by(2 * DAY)
    assert term.penalty(set_id="ps89_before", **policy) == SCORE
    assert term.penalty(**policy) == 0.0


def test_extensions_in_the_table(term: Term) -> None:
    path = term.course.root / "extensions.csv"
    term.late_by(2 * DAY)
    zero = {"kind": "zero"}
    assert term.penalty(**zero) == SCORE
    for line, lost in (
        (f"right,{SET_ID},+2 days", 0.0),
        (f"right,{SET_ID},+47 hours", SCORE),
        ("right,*,+48 hours", 0.0),
        ("right,ps91_other,+9 days", SCORE),
        (f"noisy,{SET_ID},+9 days", SCORE),
        (f"right, {SET_ID}, 2026-03-04 23:59 Europe/Berlin", 0.0),
        (f"right,{SET_ID},2026-03-04 23:58:59 Europe/Berlin", SCORE),
        (f"right,{SET_ID},+1 day\nright,*,+2 days", 0.0),
    ):
        path.write_text(f"student,set,due\n{line}\n")
        assert term.penalty(**zero) == lost, line


def test_an_extension_given_in_nbgrader_counts_too(term: Term) -> None:
    term.late_by(2 * DAY)
    (term.course.root / "extensions.csv").write_text(f"student,set,due\nright,{SET_ID},+1 day\n")
    with gradebook_of(term.course) as gradebook:
        gradebook.grant_extension(SET_ID, "right", days=1, hours=23)
    assert term.penalty(kind="per_day") == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("student,due\n", "expected the columns student,set,due, got student,due"),
        ("", "got nothing"),
        ("student,set,due\nada,ps01\n", "line 2: expected a student"),
        ("student,set,due\n\nada,ps01,soon\n", "line 3: expected a time"),
        ("student,set,due\nada,ps01,2026-03-04 12:00\n", "the time zone is missing"),
    ],
)
def test_a_table_of_extensions_that_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "extensions.csv"
    path.write_text(text)
    with pytest.raises(CourseError, match=words):
        read_extensions(path)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-12-01 23:59 Europe/Berlin", "2026-12-01T22:59:00"),
        ("2026-07-01 23:59 Europe/Berlin", "2026-07-01T21:59:00"),
        ("2026-12-01 23:59 America/New_York", "2026-12-02T04:59:00"),
        ("2026-12-01 23:59 +0100", "2026-12-01T22:59:00"),
        ("2026-12-01T23:59:30.25-05:30", "2026-12-02T05:29:30.250000"),
        ("2026-12-01 23:59 UTC", "2026-12-01T23:59:00"),
        ("2026-10-25 02:30 Europe/Berlin", "2026-10-25T01:30:00"),
    ],
)
def test_times_in_many_zones(text: str, utc: str) -> None:
    assert parse_moment(text) == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-12-01 23:59", "the time zone is missing"),
        ("2026-12-01 23:59 Europe/Berln", "'Europe/Berln' is not known"),
        ("2026-12-01 23:59 ../../etc/passwd", "is not known"),
        ("2026-03-29 02:30 Europe/Berlin", "never was"),
        ("2026-13-01 23:59 UTC", "month must be in"),
        ("0001-01-01 00:00 +23:00", "out of the calendar"),
        ("tomorrow", "expected a time such as"),
    ],
)
def test_times_that_nobody_can_read(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_moment(text)


def stamp(folder: Path, content: bytes) -> Path:
    path = folder / "ada" / SET_ID / "timestamp.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_time_stamps_are_read_as_nbgrader_writes_them(tmp_path: Path) -> None:
    for text, expected in (
        ("2026-02-02 15:58:23.948203 UTC", datetime(2026, 2, 2, 15, 58, 23, 948203)),
        (
            "2026-02-02 15:58:23.948203 America/Los_Angeles\n",
            datetime(2026, 2, 2, 23, 58, 23, 948203),
        ),
        ("2026-02-02 15:58:23", datetime(2026, 2, 2, 15, 58, 23)),
        ("2026-02-02T15:58:23Z", datetime(2026, 2, 2, 15, 58, 23)),
        ("2025-10-26 02:30 Europe/Berlin", datetime(2025, 10, 26, 0, 30)),
    ):
        stamp(tmp_path, text.encode())
        found = read_timestamp(tmp_path, "ada", SET_ID)
        assert (found.time, found.remark) == (expected, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected a time"),
        (b"yesterday evening", "expected a time"),
        (b"2026-02-02 15:58 CEST", "'CEST' is not known"),
        (b"\xff\xfe2026", "codec can't decode"),
        (b"2026-02-02 15:58\0 UTC", "expected a time"),
        (b"9" * 1000, "longer than any time stamp"),
    ],
)
def test_a_malformed_time_stamp_is_no_time_but_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    stamp(tmp_path, content)
    found = read_timestamp(tmp_path, "ada", SET_ID)
    assert found.time is None
    assert words in found.remark


def test_a_time_stamp_never_blocks_and_is_never_followed(tmp_path: Path) -> None:
    path = stamp(tmp_path, b"")

    def remark() -> str:
        found = read_timestamp(tmp_path, "ada", SET_ID)
        assert found.time is None
        return found.remark

    path.unlink()
    assert remark() == ""
    os.mkfifo(path)
    assert remark() == "timestamp.txt is not a plain file"
    path.unlink()
    secret = tmp_path / "secret"
    secret.write_text("2026-02-02 15:58:23 UTC")
    path.symlink_to(secret)
    assert "a link" in remark()
    path.unlink()
    path.mkdir()
    assert "plain file" in remark()
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(2**40)  # a tebibyte of nothing
    assert "longer than any time stamp" in remark()
    shutil.move(path.parent, tmp_path / "elsewhere")
    path.parent.symlink_to(tmp_path / "elsewhere")
    assert "a link" in remark()


def test_a_stamp_from_the_future_costs_nothing_until_a_person_has_looked(term: Term) -> None:
    soon = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + DAY
    stamp(term.course.submitted, f"{soon} UTC".encode())
    assert "lies in the future" in read_timestamp(term.course.submitted, "ada", SET_ID).remark
    term.late_by(soon - DUE)
    assert term.penalty(kind="zero") == 0.0
    assert "future" in grade(term.course, "late", SET_ID)


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


def test_durations_are_said_as_a_person_says_them() -> None:
    said = [duration(s) for s in (0.5, 1, 61, 3600, 90061, 864000)]
    assert said == ["less than 1 s", "1 s", "1 min 1 s", "1 h", "1 d 1 h", "10 d"]


def test_the_policy_is_a_plugin_that_nbgrader_accepts(term: Term) -> None:
    from nbgrader.preprocessors import AssignLatePenalties

    assign = AssignLatePenalties(config=term.course.config())
    assign.init_plugin()
    assert type(assign.plugin_inst) is LatePolicy
