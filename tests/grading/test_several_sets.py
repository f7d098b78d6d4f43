"""Several problem sets in one run: one stream of submissions, and a report for each set."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_set import SET_ID, TINY

from cvlib.check.marking import Reply, Sheet, mark
from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.judging.kept_results import KEY_NAME
from cvlib.grading.judging.plan import Plan, make_plan, plan_for
from cvlib.grading.judging.preload import COMES_WITH, one_form
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.running.batch import Graded
from cvlib.grading.running.one_set import OneSet
from cvlib.grading.running.running import Options, run_sets
from cvlib.grading.spec.draws import Draw
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from cvlib.grading.spec.variants import Variants

CHAIN = "ps91_chain"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """Two problem sets, nothing handed in."""
    folder = tmp_path_factory.mktemp("several")
    for place in (TINY / SET_ID, TINY.parent / "chain" / CHAIN):
        shutil.copytree(place, folder / "assignments" / place.name)
    return Course.open(folder / "c", folder / "assignments")


def hand_in(course: Course, set_id: str, student: str, content: bytes) -> None:
    atomic_write(course.submitted / student / set_id / f"{set_id}.ipynb", content)


def test_while_one_waits_for_its_time_limit_the_other_sets_go_on(course: Course) -> None:
    rooms = {s: Classroom(load_problem_set(course.assignments, s), 1) for s in (SET_ID, CHAIN)}
    slow = rewrite(rooms[SET_ID].blank(), "spread", rooms[SET_ID].solution("spread"))
    insert_after(slow, "spread", "import time\n\ntime.sleep(25)")
    hand_in(course, SET_ID, "slow", to_bytes(slow))
    for student in ("ann", "bob", "cem"):
        hand_in(course, CHAIN, student, b"no notebook")
    hand_in(course, CHAIN, "dora", to_bytes(rooms[CHAIN].solved()))
    (course.submitted / "eve" / CHAIN).mkdir(parents=True)
    seen: list[Any] = []

    def progress(items: Any, total: int, label: str) -> Any:
        seen.append((total, label))
        for graded in items:
            assert isinstance(graded, Graded)
            seen.append((graded.set_id, graded.student))
            yield graded

    tiny, chain = run_sets(course, [SET_ID, CHAIN], Options(workers=2), progress)
    assert seen[0] == (5, "grading 2 problem sets")
    assert len(seen) == 6
    assert seen[-1] == (SET_ID, "slow"), "four others were graded while it slept"
    assert (tiny.set_id, tiny.graded, tiny.recorded, tiny.ok) == (SET_ID, 1, 1, True)
    assert (chain.set_id, chain.graded, chain.recorded, chain.ok) == (CHAIN, 4, 4, False)
    scores = {row.student: row.automatic for row in chain.rows if row.marks}
    full = rooms[CHAIN].full
    assert scores == {"ann": 0.0, "bob": 0.0, "cem": 0.0, "dora": full}
    (missing,) = [row for row in chain.rows if row.failed]
    assert (missing.student, missing.note.split(":")[0]) == (
        "eve",
        f"expected {CHAIN}.ipynb, found no notebook",
    )
    assert {row.student: row.automatic for row in tiny.rows} == {"slow": 4.0}
    again = run_sets(course, [CHAIN, SET_ID], Options())
    assert [(r.set_id, r.graded, r.recorded) for r in again] == [(CHAIN, 0, 0), (SET_ID, 0, 0)]


def test_what_took_longest_last_time_comes_first(graded: Course, tmp_path: Path) -> None:
    shutil.copytree(graded.root, tmp_path / "c", symlinks=True)
    copy = Course.open(tmp_path / "c", TINY)
    for seconds, name in ((500.0, "partial"), (300.0, "blank"), (400.0, "right")):
        key = (copy.root / "autograded" / name / SET_ID / KEY_NAME).read_text()
        path = copy.results / f"{key}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"seconds": seconds}))
    one = OneSet(copy, SET_ID, Options(force=True))
    assert one.pending[:3] == ["partial", "right", "blank"]
    assert one.longest == 500.0
    assert sorted(one.pending) == sorted(p.parent.name for p in copy.submitted.glob(f"*/{SET_ID}"))
    assert OneSet(copy, SET_ID, Options()).pending == []


def test_a_mutant_is_called_when_a_wrong_answer_is_compared_and_not_before(
    tiny: LoadedSet,
) -> None:
    called: list[int] = []
    variants = Variants()

    @variants.mutant("You added.")
    def adds(x: Any, y: Any) -> Any:
        called.append(len(x))
        return x.sum() + y.sum()

    others = {e.id: e for e in tiny.problem_set.exercises}
    inner = replace(others["inner"], variants=variants)
    changed = replace(tiny.problem_set, exercises=tuple((others | {"inner": inner}).values()))
    plan = make_plan(replace(tiny, problem_set=changed), seed=1, files={})
    assert plan.draws is not None
    sheet = sheet_of(plan, plan.draws.of("ann", b"{}"), "inner")
    assert mark(sheet, [Reply("ok", e) for e in sheet.expected]).state == "correct"
    assert not called
    sums = [Reply("ok", float(x.sum() + y.sum())) for (x, y), _ in sheet.calls]
    assert mark(sheet, sums).misconception == "You added."
    assert called == [2, 5]
    mark(sheet, sums)
    assert called == [2, 5], "what is worked out is kept"


def sheet_of(plan: Plan, draw: Draw, name: str) -> Sheet:
    """What an exercise of one submission is marked by."""
    drawn_plan = plan_for(plan, draw)
    return next(drawn_plan.sheet(item) for item in plan.items if item.id == name)


def test_a_plan_that_was_sent_still_names_mistakes(tiny: LoadedSet) -> None:
    plan = make_plan(tiny, seed=1)
    assert plan.draws is not None
    sent = pickle.loads(pickle.dumps(replace(plan, draws=None)))
    sheet = sheet_of(sent, plan.draws.of("ann", b"{}"), "spread")
    squares = [Reply("ok", float(x.std())) for (x,), _ in sheet.calls]
    assert mark(sheet, squares).misconception.startswith("You took the standard deviation")


def test_imports_have_one_form_whatever_the_words() -> None:
    ours = ["import numpy as np", "from torch import nn, optim", "import math"]
    theirs = [
        "import torch",
        "from numpy.linalg import norm",
        "import torch.nn.functional as F",
        "from collections import Counter",
        "import numpy",
    ]
    assert one_form(ours) == one_form(theirs) == "import numpy\nimport torch"
    assert one_form(ours, withhold=["torch"]) == "import numpy"
    assert one_form(["from scipy import sparse, signal"], ["scipy.signal"]) == (
        "from scipy import sparse"
    )
    assert one_form(["import torchvision"], ["torch"]) == "import torchvision"


def test_what_comes_with_a_package_is_there_once_it_is_imported() -> None:
    for package, modules in COMES_WITH.items():
        there = f"import sys, {package}, numpy.random; print(*{modules} - sys.modules.keys())"
        code = there.replace(f"{modules}", repr(set(modules)))
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == ""
