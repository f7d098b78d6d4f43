"""The benchmark of grading runs, on a fair peer; how fast anything is, is nobody's test."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cvlib.grading.sandbox.policy import Policy
from cvlib.grading.sandbox.session import Session
from cvlib.grading.spec.loading import LoadedSet, load_problem_set

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"

sys.path.append(str(BENCHMARKS))  # scripts, not a part of the package

from grading_class.cpu_time import Counter, InheritedCounter, LookingCounter  # noqa: E402
from grading_class.honest import honest_class, renamed  # noqa: E402
from grading_class.measuring import VoidError, _all_full  # noqa: E402
from grading_class.ours import OurCourse  # noqa: E402

BURN = """
import time
start = time.process_time()
while time.process_time() - start < {seconds}:
    pass
"""


def burnt_in_a_sandbox(kind: type[InheritedCounter] | type[LookingCounter]) -> float:
    policy = Policy()
    with Counter(kind) as counter:
        with Session(policy) as session:  # starts the server, whose imports are not the burn
            assert session.run("1", timeout=30).status == "ok"
        used = []
        for seconds in (0, 2):
            before = counter.read()
            with Session(policy) as session:
                assert session.run(BURN.format(seconds=seconds), timeout=100).status == "ok"
                time.sleep(0.1)  # for the one that looks: it sees nothing of the last moment
            used.append(counter.read() - before)
        return used[1] - used[0]


@pytest.mark.parametrize("kind", [InheritedCounter, LookingCounter])
def test_what_a_killed_sandbox_has_used_is_counted(kind):
    with ThreadPoolExecutor(1) as fresh:  # a thread has servers of its own
        try:
            assert fresh.submit(burnt_in_a_sandbox, kind).result() == pytest.approx(2.0, rel=0.1)
        except OSError as error:
            pytest.skip(f"this machine does not allow the counter: {error}")


def test_everybody_in_the_class_wrote_something_else(tiny: LoadedSet, tmp_path):
    works = honest_class(tiny, 12, seed=1)
    course = OurCourse(tmp_path, SET_ID, TINY)
    course.hand_in(tiny, works)
    contents = {course.submitted(work.student).read_bytes() for work in works}
    assert len(contents) == 12
    assert len({work.solutions["inner"] for work in works}) > 3
    assert honest_class(tiny, 12, seed=1) == works
    assert honest_class(tiny, 12, seed=2) != works


def test_renaming_keeps_arguments_exercises_and_meaning():
    source = (
        "def spread(x, ddof=0):\n    total = sum(x)\n    def mean(count):\n"
        "        return total / count\n    return mean(count=len(x)) - ddof\n"
    )
    other = renamed(source, "new", {"spread"})
    assert "new_total" in other
    assert "new_mean" in other
    assert "new_x" not in other
    namespaces: list[dict[str, Any]] = []
    for text in (source, other):
        namespaces.append({})
        exec(text, namespaces[-1])
    assert [n["spread"]([2, 4], ddof=1) for n in namespaces] == [2, 2]
    assert renamed("Because *this* is so.", "new", set()) == "Because *this* is so."


def test_a_lost_mark_makes_the_comparison_void(graded):
    course = OurCourse(graded.root, SET_ID, graded.assignments)
    works = honest_class(load_problem_set(TINY, SET_ID), 1, seed=1)
    with pytest.raises(VoidError, match="expected 10 points"):
        _all_full(course, works, 10.0)


def test_measures_the_class_side_by_side(tmp_path):
    file = tmp_path / "found.json"
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "grading.py"), "--class", "4", "--stock", "3",
         "--split", "1", "--set", SET_ID, "--assignments", str(TINY), "--json", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "4 honest students, all with full marks everywhere" in done.stdout
    found = json.loads(file.read_text())
    assert found["stock"]["students"] == found["through"]["students"] == 3
    assert found["split"]["graded"] == 1
    assert found["ours"]["cpu"] > 4 * found["floor"] > 0
    assert found["overhead"] == pytest.approx(found["ours"]["cpu"] / 4 - found["floor"])
    each = found["split"]["each"]
    assert {"cells", "calls", "starting sessions", "gradebook: writing"} <= set(each)
    assert all(seconds > 0 for seconds in each.values())
