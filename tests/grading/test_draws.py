"""Hidden cases of each submission's own: from a seed that needs the secret and the very bytes."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from tiny_set import SET_ID, TINY

from cvlib.check.marking import Sheet
from cvlib.grading.course.course import Course
from cvlib.grading.judging.drawn import Sheets
from cvlib.grading.judging.plan import Limits, Plan, make_plan, plan_for
from cvlib.grading.judging.submission import execute
from cvlib.grading.notebook.source import public_cases
from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from cvlib.grading.running.running import Options, run_settings
from cvlib.grading.spec.draws import Draws, submission_seed
from cvlib.grading.spec.loading import LoadedSet


def first_sheet(plan: Plan, student: str, raw: bytes | None) -> Sheet:
    assert plan.draws is not None
    drawn_plan = plan_for(plan, plan.draws.of(student, raw))
    return drawn_plan.sheet(plan.items[0])


def test_other_bytes_are_asked_other_cases_and_the_same_bytes_the_same(tiny: LoadedSet) -> None:
    plan = make_plan(tiny, seed=7)
    ann, bob, copied, more = (
        first_sheet(plan, student, raw)
        for student, raw in (("ann", b"{}"), ("bob", b"{ }"), ("bob", b"{}"), ("ann", b"{}\n"))
    )
    inputs = [sheet.calls[1][0][0] for sheet in (ann, bob, copied, more)]
    assert not np.array_equal(inputs[0], inputs[1])
    assert not np.array_equal(inputs[0], inputs[3])
    assert np.array_equal(inputs[0], inputs[2])
    assert ann.expected == copied.expected != bob.expected
    values = [tuple(m.values) for m in ann.misconceptions]
    assert len(values) == 2
    assert values == [tuple(m.values) for m in copied.misconceptions]
    assert b"numbers" not in public_cases(tiny)


def test_a_draw_needs_the_secret() -> None:
    assert submission_seed(7, b"{}") == submission_seed(7, b"{}")
    works = (b"{}", b"{ }", b"", None)
    seeds = {submission_seed(secret, raw) for secret in (7, 8) for raw in works}
    assert len(seeds) == 8
    assert min(seeds) > 2**64
    draws = Draws("digest", 123456789)
    assert "123456789" not in repr(draws)
    assert b"123456789" not in pickle.dumps(draws.of("ann", b"{}"))


def test_only_what_is_answered_is_drawn(
    tiny: LoadedSet, room: Classroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    draw = Sheets._drawn

    def watched(sheets: Sheets, name: str, read: str) -> Sheet:
        drawn.append(name)
        return draw(sheets, name, read)

    monkeypatch.setattr(Sheets, "_drawn", watched)
    plan = make_plan(tiny, seed=7)
    assert execute(to_bytes(room.blank()), plan).score == 0.0
    assert drawn == []
    notebook = rewrite(room.blank(), "spread", room.solution("spread"))
    result = execute(to_bytes(notebook), plan)
    assert result.score == result["spread"].max_score
    assert drawn == ["spread"]
    others = [e for e in result.exercises if e.id != "spread"]
    assert {e.state for e in others} == {"not attempted"}


def test_the_name_counts_only_where_it_is_asked_for(own: LoadedSet, tiny: LoadedSet) -> None:
    assert len({make_plan(tiny, seed=7).draws.digest_of(s) for s in ("ann", "bob")}) == 1  # type: ignore[union-attr]
    assert len({make_plan(own, seed=7).draws.digest_of(s) for s in ("ann", "bob")}) == 2  # type: ignore[union-attr]


def test_a_worker_gets_no_secret(own: LoadedSet) -> None:
    plan = make_plan(own, seed=123456789, limits=Limits())
    sent = pickle.dumps(replace(plan, draws=None))
    assert b"123456789" not in sent
    assert (123456789).to_bytes(4, "little") not in sent


def test_a_course_that_still_sets_what_went_can_be_graded(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    course = Course.open(tmp_path_factory.mktemp("older"), TINY)
    before = run_settings(course, Options())
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.JudgeSettings.per_student = True\nc.JudgeSettings.cell_seconds = 7.0\n")
    after = run_settings(course, Options())
    assert after.pop("limits") == Limits(cell_seconds=7.0)
    assert before.pop("limits") == Limits()
    assert after == before
    assert course.problem_sets() == [SET_ID]
