"""The whole corpus: hostile work gets exactly what it deserves, odd but honest work full marks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from hostile.answers_no_data import PICKLE_TRACE
from hostile.corpus import LONGEST_TEXT, SETS, Member, all_members, set_of, takes_all_it_can
from hostile.outside import BAIT
from traces import left_behind, traces

from cvlib.grading.course.course import Course
from cvlib.grading.course.intake import atomic_write
from cvlib.grading.course.release import SAMPLE_NAME
from cvlib.grading.gradebook.marks import read_marks
from cvlib.grading.judging.plan import Limits, Plan, make_plan
from cvlib.grading.judging.result import Result
from cvlib.grading.judging.submission import execute
from cvlib.grading.notebook.source import CHECK_PREFIX
from cvlib.grading.rehearsal.classroom import Classroom, to_bytes
from cvlib.grading.spec.loading import load_problem_set
from tests.without import needs_wall

#: For what never ends; everything else gets the time that students get.
SHORT = Limits(cell_seconds=3.0, session_seconds=60.0)
#: For a class, in which some never end and others import much.
IN_A_CLASS = Limits(cell_seconds=10.0, session_seconds=120.0)
MEMBERS = all_members()
GOOD = ("good-1", "good-2", "good-3")


@dataclass(frozen=True)
class Verdict:
    """What grading a member gave, and how a good submission fared after it."""

    results: list[Result]
    after: Result | None


@pytest.fixture(scope="module")
def rooms() -> dict[str, tuple[Classroom, Plan]]:
    """Each problem set with its plan."""
    loaded = {name: load_problem_set(folder, name) for name, folder in SETS.items()}
    return {n: (Classroom(s, 7), make_plan(s, seed=7)) for n, s in loaded.items()}


@pytest.fixture(scope="module")
def verdicts(
    request: pytest.FixtureRequest, rooms: dict[str, tuple[Classroom, Plan]]
) -> Iterator[dict[str, Future[Verdict]]]:
    """Grade the members that were asked for, two at a time; whatever they leave fails the test."""
    wanted: list[Member] = [
        cast(Any, item).callspec.params["member"]
        for item in request.session.items
        if item.name.startswith("test_a_member")
    ] or MEMBERS
    request.getfixturevalue("tmp_path_factory").getbasetemp()  # made outside what is watched
    temporary = tempfile.mkdtemp(prefix="h-", dir="/tmp")  # short enough for sockets in it
    before = traces(Path(temporary))
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(2) as pool:
        patch.setattr(tempfile, "tempdir", temporary)
        patch.setenv("CVLIB_BAIT", BAIT)
        yield {m.name: pool.submit(_grade, m, *rooms[set_of(m)]) for m in wanted}
    left = left_behind(Path(temporary), before)
    shutil.rmtree(temporary)
    assert left == set()
    assert not PICKLE_TRACE.exists()


def _grade(member: Member, room: Classroom, plan: Plan) -> Verdict:
    raw = member.make(room)
    runs = 2 if getattr(member.make, "again", False) else 1
    limits = SHORT if getattr(member.make, "endless", False) else plan.limits
    results = [execute(raw, replace(plan, limits=limits)) for _ in range(runs)]
    after = execute(to_bytes(room.solved()), plan) if takes_all_it_can(member) else None
    return Verdict(results, after)


@pytest.mark.parametrize("member", [pytest.param(m, id=m.name) for m in MEMBERS])
def test_a_member_gets_exactly_what_is_due(
    member: Member,
    verdicts: dict[str, Future[Verdict]],
    rooms: dict[str, tuple[Classroom, Plan]],
    record_property: Any,
) -> None:
    room, _ = rooms[set_of(member)]
    due = room.full if member.kind == "honest" else member.score(room)
    record_property("hostile", (member.kind, due))
    verdict = verdicts[member.name].result()
    record_property("scores", [r.score for r in verdict.results])
    for result in verdict.results:
        assert result.score == pytest.approx(due, abs=1e-9), (
            f"{member.technique}: {member.why}\n"
            + "\n".join(f"{e.id} {e.score:g}: {e.text[:300]}" for e in result.exercises)
        )
        assert all(0 <= e.score <= e.max_score for e in result.exercises)
        assert all(len(e.text) <= LONGEST_TEXT for e in result.exercises)
        assert len(result.to_json()) < 20_000_000
    assert verdict.after is None or verdict.after.score == room.full


def test_no_false_accepts_and_no_false_rejects(
    verdicts: dict[str, Future[Verdict]],
    rooms: dict[str, tuple[Classroom, Plan]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    needs_wall()
    accepts, rejects, failures = [], [], []
    graded = [member for member in MEMBERS if member.name in verdicts]
    for member in graded:
        due = member.score(rooms[set_of(member)][0])
        try:
            scores = [result.score for result in verdicts[member.name].result().results]
        except Exception:
            failures.append(member.name)
            continue
        accepts += [member.name] * (max(scores) > due + 1e-9)
        rejects += [member.name] * (min(scores) < due - 1e-9)
    honest = sum(member.kind == "honest" for member in graded)
    with capsys.disabled():
        print(
            f"\n{len(graded) - honest} hostile and {honest} honest submissions: "
            f"false accepts: {len(accepts)}, false rejects: {len(rejects)}, "
            f"failures of the grader: {len(failures)}"
        )
    assert (accepts, rejects, failures) == ([], [], [])


def test_the_corpus_is_large_and_each_member_tries_another_technique() -> None:
    techniques = [member.technique for member in MEMBERS]
    assert len(set(techniques)) == len(techniques)
    assert len({m.name for m in MEMBERS}) == len(MEMBERS)
    assert all(member.why for member in MEMBERS)
    kinds = [member.kind for member in MEMBERS]
    assert kinds.count("hostile") >= 40
    assert kinds.count("honest") >= 15


OPEN_DOORS = ("network", "files_of_the_instructor", "without_the_hollow_finder")


@pytest.mark.parametrize("name", OPEN_DOORS)
def test_without_the_wall_an_attack_finds_what_it_looks_for(
    name: str, rooms: dict[str, tuple[Classroom, Plan]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attack that could not succeed anywhere would prove nothing."""
    monkeypatch.setattr(tempfile, "tempdir", None)  # what it leaves there is not the wall's affair
    (member,) = (m for m in MEMBERS if m.name == name)
    room, plan = rooms[set_of(member)]
    open_plan = replace(plan, unsafe=True, limits=Limits(cell_seconds=60.0))
    assert execute(member.make(room), open_plan).score == room.full


@pytest.fixture(scope="module")
def short_course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course with both problem sets and short limits."""
    root = tmp_path_factory.mktemp("hostile")
    for name, folder in SETS.items():
        shutil.copytree(folder / name, root / "assignments" / name)
    (root / "assignments" / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        f"c.JudgeSettings.cell_seconds = {IN_A_CLASS.cell_seconds}\n"
        f"c.JudgeSettings.session_seconds = {IN_A_CLASS.session_seconds}\n"
    )
    return Course.open(root / "course", root / "assignments")


def run(course: Course, expect: int) -> str:
    """``cvlib-grade run`` with two workers; the exit code is asserted."""
    done = subprocess.run(
        [sys.executable, "-m", "cvlib.grading", "--course", str(course.root),
         "--assignments", str(course.assignments), "run", "--workers", "2"],
        capture_output=True, text=True, timeout=500, check=False,
        env=os.environ | {"CVLIB_BAIT": BAIT},
    )  # fmt: skip
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_a_class_of_them_gets_exactly_what_is_due(short_course: Course) -> None:
    """The real command: workers that grade one bad submission after another, and the gradebook.

    All that take what they can, and some of every other kind: each was graded alone before.
    """
    due: dict[str, dict[str, float]] = {name: {} for name in SETS}
    for set_id, folder in SETS.items():
        room = Classroom(load_problem_set(folder, set_id), short_course.seed)
        work = {good: (to_bytes(room.solved()), room.full) for good in GOOD}
        mine = [m for m in MEMBERS if set_of(m) == set_id]
        for member in [m for k, m in enumerate(mine) if k % 12 == 0 or takes_all_it_can(m)]:
            name = member.name.replace("_", "-")
            score = room.full if member.kind == "honest" else member.score(room)
            work[name] = (member.make(room), score)
            if getattr(member.make, "again", False):
                work[f"{name}-again"] = work[name]
        for student, (raw, score) in work.items():
            atomic_write(short_course.submitted / student / set_id / f"{set_id}.ipynb", raw)
            due[set_id][student] = score
    expectations: dict[str, dict[str, Any]] = {
        set_id: {s: {"score": score, "rule": "what is due"} for s, score in found.items()}
        for set_id, found in due.items()
    }
    atomic_write(short_course.root / SAMPLE_NAME, json.dumps(expectations).encode())
    run(short_course, expect=0)
    assert {set_id: automatic(short_course, set_id) for set_id in SETS} == due
    assert not PICKLE_TRACE.exists()
    # the exit code is no formality: one score that is not the expected one, and it says so
    expectations["ps90_tiny"][GOOD[0]]["score"] -= 1.0
    atomic_write(short_course.root / SAMPLE_NAME, json.dumps(expectations).encode())
    run(short_course, expect=1)


def automatic(course: Course, set_id: str) -> dict[str, float]:
    """The judge's marks of everyone, from the gradebook."""
    return {
        student: sum(v or 0.0 for n, v in marks.automatic.items() if n.startswith(CHECK_PREFIX))
        for student, marks in read_marks(course, set_id).items()
    }
