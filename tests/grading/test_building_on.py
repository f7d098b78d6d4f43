"""Exercises that build on earlier ones: a mistake is paid for once. And models on hidden data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cvlib.grading.judging.plan import Limits, Plan, foundations, make_plan
from cvlib.grading.judging.result import Result
from cvlib.grading.judging.submission import execute
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.spec.exercise import Exercise, ProblemSet
from cvlib.grading.spec.loading import LoadedSet, load_problem_set

FULL = {"center": 2.0, "spread": 3.0, "standard_score": 4.0, "predict": 1.0}
MEDIAN = "def center(x):\n    return x - np.median(x)"


@pytest.fixture(scope="module")
def chain() -> LoadedSet:
    return load_problem_set(Path(__file__).parent / "chain", "ps91_chain")


@pytest.fixture(scope="module")
def plan(chain: LoadedSet) -> Plan:
    return make_plan(chain, seed=7)


@pytest.fixture
def room(chain: LoadedSet) -> Classroom:
    return Classroom(chain, 7)


def graded(room: Classroom, plan: Plan, **sources: str) -> Result:
    notebook = room.solved()
    for exercise, source in sources.items():
        rewrite(notebook, exercise, source)
    return execute(to_bytes(notebook), plan)


def lost(result: Result) -> dict[str, float]:
    """The points that each exercise lost."""
    scores = {e.id: FULL[e.id] - e.score for e in result.exercises}
    return {name: points for name, points in scores.items() if points}


def test_right_work_gets_full_marks(room, plan):
    assert lost(graded(room, plan)) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        MEDIAN,
        "def center(x):\n    raise NotImplementedError",
        "def center(x):\n    while True:\n        pass",
        "def center(x:",
        "center = 7",
    ],
)
def test_a_wrong_foundation_costs_its_own_points_only(room, plan, wrong):
    result = graded(room, plan, center=wrong)
    assert lost(result) == {"center": 2.0}
    assert "builds on `center`" in result["spread"].text
    assert "graded with our solution" in result["spread"].text
    assert "builds on" not in result["center"].text


def test_two_wrong_foundations_cost_both_and_no_more(room, plan):
    result = graded(room, plan, center=MEDIAN, spread="def spread(x):\n    return 2.0")
    assert lost(result) == {"center": 2.0, "spread": 3.0}


def test_a_mistake_of_ones_own_is_not_forgiven(room, plan):
    own = "def standard_score(x):\n    return 2 * center(x) / spread(x) ** 0.5"
    result = graded(room, plan, center=MEDIAN, standard_score=own)
    assert lost(result) == {"center": 2.0, "standard_score": 4.0}
    assert "builds on" not in result["standard_score"].text


def test_what_was_not_answered_gets_nothing_by_it(room, plan):
    notebook = rewrite(room.blank(), "center", MEDIAN)
    result = execute(to_bytes(notebook), plan)
    assert result.score == 0.0
    assert {e.state for e in result.exercises} == {"incorrect", "not attempted"}


def test_our_solution_cannot_be_handed_on_as_ones_own(room, plan):
    """The replaced function is there in the second round, but its own exercise stays marked."""
    notebook = rewrite(room.blank(), "center", MEDIAN)
    rewrite(notebook, "spread", "spread = center")
    rewrite(notebook, "standard_score", "def standard_score(x):\n    return center(x)")
    assert execute(to_bytes(notebook), plan).score == 0.0


def test_the_second_round_does_not_read_out_our_solution(room, plan):
    reader = (
        "def predict(rows):\n"
        "    calls.append(rows)\n"
        "    if len(calls) == 2:\n"
        "        raise ValueError(repr(In[-3:]))\n"
        "    return truth(rows)"
    )
    right = "found = np.stack([center(row) for row in rows])\n    return "
    truth = f"def truth(rows):\n    {right}(found[:, 2] ** 2 > found[:, 0] ** 2).astype(int)"
    source = f"calls = []\n\n{truth}\n\n{reader}"
    blank = "def center(x):\n    raise NotImplementedError"
    result = graded(room, plan, center=blank, predict=source)["predict"]
    assert result.score == 0.5
    assert "builds on `center`" in result.text
    assert "x.mean" not in result.text
    assert "ValueError" not in result.text


def test_outputs_come_from_the_first_round(room, plan):
    notebook = rewrite(room.solved(), "center", MEDIAN)
    insert_after(notebook, "check-center", "print(center(np.array([0.0, 0.0, 3.0])))")
    result = execute(to_bytes(notebook), plan)
    texts = [o.get("text") for cell in result.outputs for o in cell]
    assert texts == ["[0. 0. 3.]\n"]


def test_a_cell_says_that_it_hung_whichever_run_it_hung_in(room, plan):
    endless = "def spread(x):\n    return 2.0\n\n\nwhile True:\n    pass"
    result = graded(room, replace(plan, limits=Limits(cell_seconds=3.0)), spread=endless)
    assert lost(result) == {"spread": 3.0}
    shown = [o["evalue"] for cell in result.outputs for o in cell if o["output_type"] == "error"]
    assert any("stopped after 3 s" in text for text in shown)


def test_a_model_is_measured_on_hidden_data(room, plan):
    constant = "def predict(rows):\n    return np.zeros(len(rows), int)"
    result = graded(room, plan, predict=constant)
    assert lost(result) == {"predict": 1.0}
    assert "right on 50.0% of 40 predictions, expected at least 95.0%" in result["predict"].text


def test_a_model_with_a_known_mistake_hears_of_it(room, plan):
    # not the mutant itself but a threshold of its own: it agrees on most rows
    own = "def predict(rows):\n    return 1 * (rows[:, 0] + rows[:, 2] > 2)"
    result = graded(room, plan, predict=own)
    assert result["predict"].misconception == "You compared brightness, not pattern."


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("[0]", "expected the shape (40,), got (1,)"),
        ("np.full(len(rows), np.nan)", "expected finite numbers"),
        ("['a'] * 40", "expected"),
        ("None", "starting code"),
    ],
)
def test_a_model_that_does_not_predict_scores_nothing(room, plan, body, finding):
    result = graded(room, plan, predict=f"def predict(rows):\n    return {body}")
    assert lost(result) == {"predict": 1.0}
    assert finding in result["predict"].text


def test_foundations_are_found_through_others(chain):
    problem_set = chain.problem_set
    assert foundations(problem_set, problem_set["standard_score"]) == ("center", "spread")


def test_building_on_something_later_is_refused():
    answer: dict[str, Any] = {
        "points": 1.0, "objective": "o", "section": "a#b", "kind": "answer", "reference": 1,
    }  # fmt: skip
    first = Exercise("first", "F", builds_on=("second",), **answer)
    with pytest.raises(ValueError, match="expected earlier exercises in builds_on"):
        ProblemSet("ps", "P", "c", (first, Exercise("second", "S", **answer)))


def test_a_model_needs_a_measure():
    with pytest.raises(ValueError, match="a model has a measure, and no other kind has"):
        Exercise("m", "M", "o", "a#b", kind="model", reference=1, cases=lambda rng: [])
