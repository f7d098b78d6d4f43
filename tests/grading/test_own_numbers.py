"""Numbers of each student's own: of the name, told to nobody else, far enough apart."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from own_set import right

from cvlib.check import CheckFailed, check, personal
from cvlib.check.marking import local_call, mark
from cvlib.check.own_numbers import draw_numbers
from cvlib.check.public import PUBLIC_FILE
from cvlib.grading.notebook.source import public_cases
from cvlib.grading.spec import read_own_key
from cvlib.grading.spec.exercise import Exercise, keys
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import make_sheet


def test_numbers_are_of_the_name_however_it_is_written() -> None:
    choices: dict[str, Any] = {"a": range(100), "b": ("x", "y")}
    assert draw_numbers("e", choices, "Ann") == draw_numbers("e", choices, "  ann\n")
    assert draw_numbers("e", choices, 17) == draw_numbers("e", choices, "17")
    drawn = [draw_numbers("e", choices, f"s{k}")["a"] for k in range(3000)]
    counts = np.bincount(drawn, minlength=100)
    assert counts.min() > 8  # 30 expected each
    assert counts.max() < 60
    # what students were asked must never change
    assert draw_numbers("e", choices, "ann") == {"a": 97, "b": "y"}


def test_neighbours_seldom_share_an_answer(own: LoadedSet) -> None:
    answers = [right(own, f"s{k}") for k in range(200)]
    pairs = list(itertools.combinations(answers, 2))
    assert sum(a == b for a, b in pairs) / len(pairs) < 0.01


@pytest.fixture
def desk(own: LoadedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A student's folder, with the files of the release."""
    (tmp_path / PUBLIC_FILE).write_bytes(public_cases(own))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    monkeypatch.setattr("cvlib.check.asked._asked", {})
    return tmp_path


@pytest.mark.usefixtures("desk")
def test_check_says_for_whom_it_looked(
    own: LoadedSet, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CheckFailed, match="with the name under which you hand in"):
        check("taps", 5)
    with pytest.raises(CheckFailed, match="got '  '"):
        personal("taps", "  ")
    with pytest.raises(KeyError, match="asks everybody the same"):
        personal("legs", "ann")
    numbers = personal("taps", "ann")
    assert numbers == draw_numbers("taps", own.problem_set["taps"].numbers, "ann")
    assert f"the numbers of ann are kernel = {numbers['kernel']}" in capsys.readouterr().out
    check("taps", 5)
    assert "If you hand in under another name, the value is marked wrong" in capsys.readouterr().out
    check("taps", lambda kernel, channels, filters: kernel)
    with pytest.raises(CheckFailed, match="expected"):
        check("taps", "many")
    with pytest.raises(CheckFailed, match=r"unexpected keyword argument .filters"):
        check("taps", lambda kernel, channels: kernel)
    monkeypatch.setenv("JUPYTERHUB_USER", "bob")
    with pytest.raises(CheckFailed, match="logged in as bob"):
        check("taps", 5)
    monkeypatch.setenv("JUPYTERHUB_USER", "ANN")
    check("taps", 5)


def test_the_release_holds_choices_and_nobodys_answer(own: LoadedSet) -> None:
    exercises = json.loads(public_cases(own))["exercises"]
    assert [n for n, _ in exercises["taps"]["numbers"]] == ["kernel", "channels", "filters"]
    assert exercises["taps"]["expected"] == {"l": [{"i": "0"}]}
    assert "numbers" not in exercises["legs"]


@pytest.mark.parametrize(
    ("numbers", "reference", "message"),
    [
        ({"k": range(20)}, lambda k: k, "20 ways, expected 100"),
        ({"k": range(200)}, lambda k: k % 2, "of all pairs of students have the same answer"),
        ({"k": range(200)}, lambda k: [0] * (k % 3), "answers of one form"),
    ],
)
def test_numbers_that_would_not_tell_students_apart_are_an_error(
    numbers: Any, reference: Any, message: str
) -> None:
    def sheet() -> None:
        exercise = Exercise(
            "e", "E", "o", "1#a", kind="answer", reference=reference, numbers=numbers
        )
        make_sheet(exercise, [], np.random.default_rng(0), public=True)

    with pytest.raises(ValueError, match=message):
        sheet()


def test_the_entries_of_an_answer_are_parts_with_the_same_numbers() -> None:
    exercise = Exercise(
        "e", "E", "o", "1#a", points=2.0, kind="answer", driver=read_own_key,
        reference=lambda k: {"one": k, "two": 2 * k}, cases=keys({"one": 0, "two": 0}),
        numbers={"k": range(200)},
    )  # fmt: skip
    rng = np.random.default_rng(0)
    sheet = make_sheet(exercise, [], rng, student="ann")
    (k,) = {kwargs["k"] for _, kwargs in sheet.calls}
    for answer, score in (
        ({"one": k, "two": 2 * k}, 2.0),
        (lambda k: {"one": k, "two": 2 * k}, 2.0),
        ({"one": k, "two": None}, 1.0),
        ({"two": 2 * k}, 1.0),
    ):
        call = local_call(answer)
        replies = call(sheet.name, sheet.driver_source, sheet.calls, sheet.seconds)
        assert mark(sheet, replies).score == score
    replies = local_call([k, 2 * k])(sheet.name, sheet.driver_source, sheet.calls, sheet.seconds)
    assert "TypeError: expected a dict, got list" in mark(sheet, replies).text
    same = replace(exercise, reference=lambda k: {"one": k, "two": 0})
    make_sheet(same, [], rng, public=True)  # one entry of the two tells students apart


def test_only_an_answer_has_numbers() -> None:
    with pytest.raises(ValueError, match="an answer has numbers"):
        Exercise(
            "e", "E", "o", "1#a", reference=abs, cases=lambda rng: [], numbers={"k": range(200)}
        )
