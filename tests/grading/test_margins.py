"""Margins: what is trained is trained anew under each seed, and a narrow bound is found."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tiny_set import TINY

from cvlib.grading.commands.grade import cli
from cvlib.grading.commands.words import show_margins
from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.rehearsal.margins import Margins, measure_margins, summarize
from cvlib.grading.rehearsal.streams import other_streams
from cvlib.grading.spec.loading import load_problem_set

SET_ID = "ps91_chain"


def course(folder: Path, *changes: tuple[str, str]) -> Course:
    """A course with the chain, its exercises changed."""
    shutil.copytree(TINY.parent / "chain", folder / "a")
    exercises = folder / "a" / SET_ID / "__init__.py"
    text = exercises.read_text()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    exercises.write_text(text)
    return Course.open(folder / "c", folder / "a")


def measure(where: Course, seeds: int) -> Margins:
    return measure_margins(where, load_problem_set(where.assignments, SET_ID), seeds, jobs=2)


#: Every tenth of the hidden points shows both patterns, and nobody can tell which is meant.
AMBIGUOUS = (
    (
        '    for part in ("some", "others"):\n',
        '    for part in ("some", "both"):\n',
    ),
    (
        "        yield Case((rows,), part=part, truth=labels)\n",
        '        if part == "both":\n            rows[::10] = rng.normal(size=(4, 4))\n'
        "        yield Case((rows,), part=part, truth=labels)\n",
    ),
)


def test_a_bound_that_luck_may_miss_is_found_with_who_when_and_by_how_much(tmp_path: Path) -> None:
    found = measure(course(tmp_path, *AMBIGUOUS), 6)
    assert (found.set_id, found.seeds, found.quiet) == (SET_ID, 6, 3)
    assert found.arithmetics[0] == "own"
    rows = {row.part: row for row in found.rows}
    assert set(rows) == {"some", "both"}
    both = rows["both"]
    assert (both.exercise, both.quantity, both.bound) == ("predict", "accuracy", 0.95)
    assert both.value < 1.0
    assert both.margin == pytest.approx(0.05 / (1 - both.value))
    assert both.under.startswith("seed ")
    (told,) = [f for f in found.findings if f.startswith("predict, both")]
    assert f"under {both.under}" in told
    text = show_margins(found)
    assert f"✗ {told}" in text
    assert "3 exercises use less than a hundredth of what is allowed; 1 findings" in text


def test_far_from_every_bound_there_is_nothing_to_say(tmp_path: Path) -> None:
    found = measure(course(tmp_path), 2)
    assert (found.quiet, found.rows, found.findings) == (4, (), [])
    assert "margins over 2 seeds" in show_margins(found)
    assert "no findings" in show_margins(found)


def test_what_was_tried_is_kept_until_the_set_changes(tmp_path: Path) -> None:
    where = course(tmp_path)
    measure(where, 1)
    files = sorted((where.root / "margins").iterdir())
    for file in files:  # a kept try is told from a new one
        line = json.loads(file.read_text())
        assert line["seed"] == 0
        file.write_text(json.dumps(line | {"kept": True}))
    measure(where, 3)
    for file in files:
        lines = [json.loads(text) for text in file.read_text().splitlines()]
        assert [(x["seed"], x.get("kept", False)) for x in lines] == [
            (0, True),
            (1, False),
            (2, False),
        ]
    exercises = where.assignments / SET_ID / "__init__.py"
    exercises.write_text(exercises.read_text() + "\n")
    measure(where, 1)
    assert not {*files} & {*(where.root / "margins").iterdir()}


def test_an_answer_of_ours_that_fails_is_named(tmp_path: Path) -> None:
    where = course(tmp_path)
    notebook = where.assignments / SET_ID / "notebook.md"
    notebook.write_text(notebook.read_text().replace('np.load("points.npz")', 'np.load("lost")'))
    with pytest.raises(CourseError, match=rf"(?s)known answers of {SET_ID} could not.*'lost'"):
        measure(where, 1)


def test_a_notebook_that_asks_for_a_name_is_told_one(tmp_path: Path) -> None:
    where = Course.open(tmp_path / "c", TINY.parent / "own")
    found = measure_margins(where, load_problem_set(where.assignments, "ps92_own"), 1, jobs=1)
    assert found.set_id == "ps92_own"


def line(who: str, right: bool, part: str, strain: float, under: str = "seed 0, own") -> Any:
    reached = {"quantity": "accuracy", "value": 1 - strain / 10, "bound": 0.9, "strain": strain}
    return {"exercise": "e", "part": part, "who": who, "right": right, "reached": reached,
            "under": under}  # fmt: skip


def test_the_narrowest_right_and_the_nearest_wrong_answer_stand_in_a_row() -> None:
    later = "seed 1, own"
    found = [
        line("ann", True, "a", 0.2), line("ann", True, "a", 0.5, later),
        line("bob", True, "a", 0.4), line("ann", True, "b", 0.1), line("bob", True, "b", 0.3),
        # wrong by what loses most in a try; the nearest of two tries is the lucky one
        line("wrong", False, "a", 0.9), line("wrong", False, "b", 4.0),
        line("wrong", False, "a", 0.7, later), line("wrong", False, "b", 1.2, later),
        line("worse", False, "a", 5.0), line("worse", False, "b", 0.1),
    ]  # fmt: skip
    (a, b), quiet = summarize(found)
    assert quiet == 0
    assert (a.who, a.under, a.margin, a.wrong) == ("ann", later, 2.0, "")
    assert (b.who, b.wrong, b.short) == ("bob", "wrong", 1.2)
    margins = Margins("ps", 2, ("own",), (a, b), quiet)
    (told,) = margins.findings
    assert told.startswith("e, b: the wrong answer wrong reaches")


def test_other_streams_are_others_and_the_same_each_time() -> None:
    def drawn() -> list[float]:
        np.random.seed(3)
        random.seed(3)
        torch.manual_seed(3)
        return [
            float(np.random.default_rng(3).normal()),
            float(np.random.default_rng([3, 4]).normal()),
            float(np.random.normal()),
            random.random(),
            float(torch.rand(())),
        ]

    own = drawn()
    streams = []
    for k in (0, 1, 2, 1):
        with other_streams(k):
            streams.append(drawn())
    assert streams[0] == own == drawn()
    assert streams[1] == streams[3]
    for k in range(len(own)):
        assert len({own[k], streams[1][k], streams[2][k]}) == 3
    handed_on = np.random.default_rng(5)
    with other_streams(1):
        assert np.random.default_rng(handed_on) is handed_on


def test_the_audit_prints_them(tmp_path: Path) -> None:
    where = course(tmp_path, *AMBIGUOUS)
    places = ["--course", str(where.root), "--assignments", str(where.assignments)]
    done = CliRunner().invoke(cli, [*places, "doctor", "--seeds", "1", "--audit", "6"])
    assert done.exit_code == 1, done.output
    assert "margins over 6 seeds under own and" in done.output
    assert "✗ predict, both: " in done.output
