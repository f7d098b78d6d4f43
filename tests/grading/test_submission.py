"""Grading one notebook: what a bad cell costs, which session a cell's outputs come from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from cvlib.grading.judging.plan import Limits, Plan, make_plan, plan_digest
from cvlib.grading.judging.result import Result, safe_outputs
from cvlib.grading.judging.submission import execute, grade
from cvlib.grading.notebook.normalize import grade_id, normalize, release_template
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.sandbox.session import Session
from cvlib.grading.spec.loading import LoadedSet


@pytest.fixture(scope="module")
def plan(tiny: LoadedSet) -> Plan:
    return make_plan(tiny, seed=7)


@pytest.fixture
def room(tiny: LoadedSet) -> Classroom:
    return Classroom(tiny, 7)


def scores(result: Result) -> dict[str, float]:
    return {e.id: e.score for e in result.exercises}


def outputs_of(result: Result, room: Classroom, raw: bytes, name: str) -> list[dict[str, Any]]:
    notebook, _ = normalize(raw, release_template(room.loaded))
    return result.outputs[[grade_id(c) for c in notebook.cells].index(name)]


def test_grading_is_a_function_of_its_inputs(room: Classroom) -> None:
    raw = to_bytes(rewrite(room.solved(), "taps", "taps = 9"))
    one, two = (grade(raw, room.loaded, seed=7) for _ in range(2))
    assert (one.key, one.exercises, one.outputs) == (two.key, two.exercises, two.outputs)
    assert scores(one) == {"spread": 4.0, "inner": 3.0, "taps": 0.0, "Twice": 2.0}
    assert one["taps"].misconception == "You counted one channel of three."
    assert (one.score, one.max_score) == (9.0, 10.0)


def test_a_cell_that_never_ends_costs_itself_alone(room: Classroom, plan: Plan) -> None:
    endless = room.solution("inner") + "\n\nprint('so far')\nwhile True:\n    pass"
    raw = to_bytes(rewrite(room.solved(), "inner", endless))
    result = execute(raw, replace(plan, limits=Limits(cell_seconds=2.0)))
    assert scores(result) == {"spread": 4.0, "inner": 0.0, "taps": 1.0, "Twice": 2.0}
    outputs = outputs_of(result, room, raw, "inner")
    texts: list[Any] = [o.get("text", o.get("evalue")) for o in outputs]
    assert texts[0] == "so far\n"
    assert "stopped after 2 s" in texts[-1]


def test_a_function_that_never_ends_costs_its_exercise_alone(room: Classroom, plan: Plan) -> None:
    loop = "def spread(x):\n    while True:\n        pass"
    result = execute(to_bytes(rewrite(room.solved(), "spread", loop)), plan)
    assert scores(result) == {"spread": 0.0, "inner": 3.0, "taps": 1.0, "Twice": 2.0}
    assert "never ends" in result["spread"].text


def test_an_error_costs_its_cell_and_is_shown(room: Classroom, plan: Plan) -> None:
    raw = to_bytes(rewrite(room.solved(), "spread", "1 / 0"))
    result = execute(raw, plan)
    assert scores(result) == {"spread": 0.0, "inner": 3.0, "taps": 1.0, "Twice": 2.0}
    (shown,) = outputs_of(result, room, raw, "spread")
    assert shown["ename"] == "ZeroDivisionError"


def test_after_the_process_ends_later_exercises_get_nothing_in_any_session(
    room: Classroom, plan: Plan
) -> None:
    notebook = insert_after(room.solved(), "check-spread", "import os\nos._exit(0)")
    result = execute(to_bytes(notebook), plan)
    assert scores(result) == {"spread": 4.0, "inner": 0.0, "taps": 0.0, "Twice": 0.0}
    assert "ended in the cell `import os`" in result["Twice"].text


def test_time_for_the_whole_notebook_is_limited(room: Classroom, plan: Plan) -> None:
    enough = 3.0 + 3 * math.ceil(execute(to_bytes(room.solved()), plan).seconds)
    short = replace(plan, limits=Limits(cell_seconds=10 * enough, session_seconds=enough))
    notebook = insert_after(room.solved(), "check-spread", "import time\ntime.sleep(10_000)")
    result = execute(to_bytes(notebook), short)
    assert scores(result)["spread"] == 4.0
    assert scores(result)["inner"] == 0.0
    assert f"{enough:g} s for the whole notebook" in result["inner"].text


def test_an_answer_in_a_cell_of_ones_own_counts(room: Classroom, plan: Plan) -> None:
    notebook = insert_after(room.blank(), "taps", "taps = 27")
    assert scores(execute(to_bytes(notebook), plan)) == {
        "spread": 0.0,
        "inner": 0.0,
        "taps": 1.0,
        "Twice": 0.0,
    }


def test_nothing_answered_starts_no_session(
    room: Classroom, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Session] = []
    enter = Session.__enter__

    def watched(session: Session) -> Session:
        opened.append(session)
        return enter(session)

    monkeypatch.setattr(Session, "__enter__", watched)
    result = execute(to_bytes(room.blank()), plan)
    assert opened == []
    execute(to_bytes(insert_after(room.blank(), "taps", "taps = 27")), plan)
    assert opened, "else none would have been seen"
    assert {e.state for e in result.exercises} == {"not attempted"}
    assert all(o == [] for o in result.outputs)


def test_outputs_come_from_the_session_of_the_exercise(room: Classroom, plan: Plan) -> None:
    show = (
        "\n\ntry:\n    import torch\n    print(torch.__name__, torch.tensor([1]).shape)\n"
        "except ImportError as error:\n    print(error)"
    )
    notebook = rewrite(room.solved(), "spread", room.solution("spread") + show)
    raw = to_bytes(rewrite(notebook, "Twice", room.solution("Twice") + show))
    result = execute(raw, plan)
    assert result.score == 10.0
    assert "withheld" in outputs_of(result, room, raw, "spread")[0]["text"]
    assert "torch torch.Size([1])" in outputs_of(result, room, raw, "Twice")[0]["text"]


def test_the_key_depends_on_everything_a_score_does(tiny: LoadedSet) -> None:
    digests = {
        plan_digest(tiny, seed=1),
        plan_digest(tiny, seed=2),
        plan_digest(tiny, seed=1, unsafe=True),
        plan_digest(tiny, seed=1, limits=Limits(cell_seconds=1.0)),
    }
    assert len(digests) == 4
    assert plan_digest(tiny, seed=1) in digests


def test_only_text_and_pictures_are_kept_of_outputs() -> None:
    hostile: list[dict[str, Any]] = [
        {"output_type": "execute_result", "data": {"text/plain": "4.0", "text/html": "<b>"}},
        {"output_type": "display_data", "data": {"application/javascript": "alert(1)"}},
        {"output_type": "display_data", "data": {"image/svg+xml": "<svg onload=x>"}},
        {"output_type": "update_display_data", "data": {"text/plain": "x"}},
        {"output_type": "stream", "name": "weird", "text": "hello"},
    ]
    assert safe_outputs(hostile) == [
        {"output_type": "display_data", "data": {"text/plain": "4.0"}, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": "hello"},
    ]


def test_a_deleted_import_cell_costs_nothing(room: Classroom, plan: Plan) -> None:
    notebook = room.solved()
    notebook.cells = [c for c in notebook.cells if "import numpy" not in c.source]
    uses_numpy = "def spread(x):\n    return float(np.mean((x - np.mean(x)) ** 2))"
    result = execute(to_bytes(rewrite(notebook, "spread", uses_numpy)), plan)
    assert scores(result) == {"spread": 4.0, "inner": 3.0, "taps": 1.0, "Twice": 2.0}
