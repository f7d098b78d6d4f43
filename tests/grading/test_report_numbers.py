"""The numbers of the class report: intervals, correlations, time limits and delays."""

from __future__ import annotations

import pytest
from scipy import stats

from cvlib.grading.judging.result import ExerciseResult, Result
from cvlib.grading.report.data import Work
from cvlib.grading.report.numbers import (
    correlation,
    ended_its_process,
    has_hung_cell,
    ran_over,
    wilson,
)
from cvlib.grading.report.report import duration


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (3, 10), (10, 10), (57, 200)])
def test_the_interval_is_wilsons(hits: int, n: int) -> None:
    right = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    found = wilson(hits / n, n)
    assert (found.low, found.high) == pytest.approx((right.low, right.high), abs=1e-6)


def test_no_correlation_is_made_up() -> None:
    assert "too few" in correlation([1.0] * 9, [2.0] * 9)[1]
    same, other = [1.0] * 12, [float(k) for k in range(12)]
    assert correlation(same, other) == (None, "everybody has the same points")
    assert correlation(other, same)[1] == "everybody has the same points in the rest of the set"
    perfect, _ = correlation(other, other)
    assert perfect is not None
    assert perfect.value == pytest.approx(1.0)
    assert perfect.high <= 1.0


@pytest.mark.parametrize(
    ("text", "over"),
    [
        ("✗ a: no answer within 2 s: is there a loop that never ends?", True),
        ("✓ a\n✗ b, c: d: no answer within 0.5 s: is there a loop that never ends?", True),
        ("The 120 s for the whole notebook were used up before this exercise: is there", True),
        ("✗ a: your code raised E: no answer within 2 s: is there a loop", False),
        ("All 2 parts are right.", False),
    ],
)
def test_time_limits_are_read_from_the_judges_words_alone(text: str, over: bool) -> None:
    parts = {"a": False, "b": False, "c: d": False}
    assert ran_over(ExerciseResult("x", "X", 0.0, 1.0, "incorrect", text, "", parts)) == over


def test_a_stopped_cell_and_an_ended_process_are_noticed() -> None:
    stopped = {"output_type": "error", "ename": "Timeout", "evalue": "stopped after 30 s: is"}
    dead = "✗ a: the Python process of the notebook ended before it answered"
    exercise = ExerciseResult("x", "X", 0.0, 1.0, "incorrect", dead, "", {"a": False})
    work = Work("ann", "", {}, Result("k", (exercise,), ([stopped],), (), 1.0))
    assert has_hung_cell(work)
    assert ended_its_process(work)
    calm = ExerciseResult("x", "X", 1.0, 1.0, "correct", "The answer is right.", "", {"a": True})
    work = Work("ann", "", {}, Result("k", (calm,), ([],), (), 1.0))
    assert not has_hung_cell(work)
    assert not ended_its_process(work)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(20, "under a minute"), (1500, "25 min"), (9000, "2 h 30 min"), (100_800, "1 d 4 h")],
)
def test_a_delay_is_said_in_two_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said
