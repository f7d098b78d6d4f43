"""Late policies: what a rule takes off, to the second, in nbgrader's own gradebook."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from late_term import (
    DAY,
    DUE,
    HOUR,
    SCORE,
    SECOND,
    Term,
    copy,
    grade,
    gradebook_of,
    settings,
    stamp,
)
from tiny_set import SET_ID
from traitlets import TraitError

from cvlib.grading.course.course import Course
from cvlib.grading.course.due import set_due
from cvlib.grading.gradebook.late import LatePolicy, read_timestamp

#: nbgrader's own way with its session, when a set is added that nobody released.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")


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


def test_a_stamp_from_the_future_costs_nothing_until_a_person_has_looked(term: Term) -> None:
    soon = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + DAY
    stamp(term.course.submitted, f"{soon} UTC".encode())
    assert "lies in the future" in read_timestamp(term.course.submitted, "ada", SET_ID).remark
    term.late_by(soon - DUE)
    assert term.penalty(kind="zero") == 0.0
    assert "future" in grade(term.course, "late", SET_ID)


def test_the_policy_is_a_plugin_that_nbgrader_accepts(term: Term) -> None:
    from nbgrader.preprocessors import AssignLatePenalties

    assign = AssignLatePenalties(config=term.course.config())
    assign.init_plugin()
    assert type(assign.plugin_inst) is LatePolicy
