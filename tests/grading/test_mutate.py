"""Derived wrong answers: those that no case catches are found, and those that are none are not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cvlib.grading.commands.grade import cli
from cvlib.grading.course.course import Course, CourseError
from cvlib.grading.rehearsal.mutants.alone import alone, more_time
from cvlib.grading.rehearsal.mutants.mutate import Mutated, mutate
from cvlib.grading.spec.loading import load_problem_set
from tests.myst import HEAD

SET_ID = "ps93_limits"

#: How many numbers reach a limit; that none of real numbers equals it, no case would tell.
ABOVE = '''"""How many are there?"""

from cvlib.grading.spec import Case, Exercise, Variants


def numbers(rng):
    for _ in range(4):
        yield Case((rng.normal(size=9).tolist(), float(rng.normal())))
    # more


variants = Variants()
EXERCISE = Exercise(
    "above", "Above", "count", "93_limits#above", cases=numbers, variants=variants,
    reference=lambda x, limit: sum(v >= limit for v in x),
)


@variants.alternative
def counted_down(x, limit):
    count = len(x)
    for v in x:
        count -= v < limit
    return count
'''
TWICE = '''"""Twice as much."""

from cvlib.grading.spec import Case, Exercise

EXERCISE = Exercise(
    "twice", "Twice", "double", "93_limits#twice", reference=lambda x: 2 * x,
    cases=lambda rng: [Case((float(rng.normal()),))],
)
'''
SET = f'''"""Two exercises."""

from cvlib.grading.spec import ProblemSet

from . import above, twice

PROBLEM_SET = ProblemSet(
    id="{SET_ID}", title="Limits", chapter="93_limits",
    exercises=(above.EXERCISE.worth(2), twice.EXERCISE.worth(1)),
)
'''
TEXT = """
# Limits

```{code-cell} python
:tags: [exercise:above]

def above(x, limit):
    ### BEGIN SOLUTION
    return sum(v >= limit for v in x)
    ### END SOLUTION
```

```{code-cell} python
:tags: [exercise:twice]

def twice(x):
    spare = 1 + 1
    ### BEGIN SOLUTION
    return x + x
    ### END SOLUTION
```
"""
EQUAL = "yield Case(([1.0, 2.0, 2.0, 3.0], 2.0))"
LAX = "return sum((v >= limit for v in x)) -> return sum((v > limit for v in x))"
LINE = 1 + (HEAD + TEXT).splitlines().index("    return sum(v >= limit for v in x)")
LAX_TOO = "count -= v < limit -> count -= v <= limit"


def course(folder: Path, *, case: str = "", more: str = "") -> Course:
    """A course with the two exercises, the first with another case or another declaration."""
    source = folder / "a" / SET_ID
    source.mkdir(parents=True, exist_ok=True)
    above = ABOVE.replace("# more", case) + more
    files = {"above.py": above, "twice.py": TWICE, "__init__.py": SET, "notebook.md": HEAD + TEXT}
    for name, text in files.items():
        (source / name).write_text(text)
    return Course.open(folder / "c", source.parent)


def tried(where: Course, draws: int = 4) -> list[Mutated]:
    return mutate(where, load_problem_set(where.assignments, SET_ID), draws=draws, jobs=2)


def test_a_mistake_that_no_case_decides_is_found_with_an_input_that_does(tmp_path: Path) -> None:
    above, twice = tried(course(tmp_path))
    assert {s.change for s in above.survivors} == {LAX, LAX_TOO}
    solution, alternative = above.survivors
    assert (solution.who, solution.file, solution.passed) == (
        "the model solution",
        "notebook.md",
        4,
    )
    assert solution.line == LINE
    assert (alternative.who, alternative.file) == ("counted_down", "above.py")
    (told, _) = above.findings
    assert told.startswith(f"the model solution, notebook.md:{LINE}, strict or lax: {LAX}")
    assert "; full marks on 4 of 4 draws, and wrong on [" in told
    assert 0 < above.kill_rate < 1
    assert above.counts["derived"] == above.killed + above.equal + 2
    # what the student does not write is not changed
    assert (twice.counts["derived"], twice.kill_rate, twice.findings) == (8, 1.0, [])


def test_where_a_case_decides_it_there_is_nothing_to_say(tmp_path: Path) -> None:
    above, _ = tried(course(tmp_path, case=EQUAL))
    assert above.findings == []
    assert above.kill_rate == 1


def test_a_case_that_luck_draws_does_not_do(tmp_path: Path) -> None:
    lucky = f"if rng.random() < 0.5:\n        {EQUAL}"
    above, _ = tried(course(tmp_path, case=lucky), draws=12)
    assert {s.change for s in above.survivors} == {LAX, LAX_TOO}
    assert all(0 < s.passed < 12 and "2.0, 2.0" in s.shown for s in above.survivors)


def test_a_declaration_silences_and_a_stale_one_is_told(tmp_path: Path) -> None:
    declared = (
        f'\n\nvariants.equivalent("{LAX}", "either will do")\n'
        f'variants.equivalent("{LAX_TOO}", "and here", where="counted_down")\n'
    )
    above, _ = tried(course(tmp_path, more=declared))
    assert (above.declared, above.survivors, above.findings) == (2, [], [])
    above, _ = tried(course(tmp_path, case=EQUAL, more=declared))
    assert above.declared == 0
    assert [f.partition(": ")[2] for f in above.findings] == [LAX, LAX_TOO]


def test_what_was_tried_is_kept_until_the_exercise_changes(tmp_path: Path) -> None:
    where = course(tmp_path)
    tried(where)
    folder = where.root / "mutants" / SET_ID
    before = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    assert len(before) == 2
    tried(where)
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir()} == before
    tried(course(tmp_path, case=EQUAL))
    after = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    assert len(after) == 2
    assert [n.partition("-")[0] for n, _ in before.items() & after.items()] == ["twice"]


def test_a_right_answer_that_loses_marks_is_told(tmp_path: Path) -> None:
    where = course(
        tmp_path, more="\n\n@variants.alternative\ndef wrong(x, limit):\n    return -1\n"
    )
    above, _ = tried(where, draws=1)
    assert "wrong loses marks on draw 0 and is not changed" in above.findings


def test_a_mutant_that_never_ends_is_killed(tmp_path: Path) -> None:
    loop = (
        "\n\n@variants.alternative\ndef in_a_loop(x, limit):\n    count = len(x)\n"
        "    while x:\n        count -= x[0] < limit\n        x = x[1:]\n    return count\n"
    )
    where = course(tmp_path, case=EQUAL, more=loop)
    above, _ = tried(where, draws=1)
    (file,) = (where.root / "mutants" / SET_ID).glob("above-*")
    passed = {f["change"]: f["passed"] for f in json.loads(file.read_text())["fates"]}
    assert passed["x = x[1:] -> x = x[0:]"] == 0
    assert above.findings == []


def test_an_exercise_that_cannot_be_tried_is_named(tmp_path: Path) -> None:
    where = course(tmp_path, case="raise ValueError('no numbers today')")
    with pytest.raises(CourseError, match=r"(?s)mutants of above could not.*no numbers today"):
        tried(where)


def forever() -> None:
    while True:
        pass


def too_much() -> int:
    return len(bytearray(1 << 36))


def waits() -> None:
    time.sleep(1000)


@pytest.mark.parametrize("work", [forever, too_much])
def test_what_never_ends_or_takes_everything_does_not_come_back(work: Any) -> None:
    assert alone(work, 0.2) is None


def test_what_waits_is_ended_too() -> None:
    assert alone(waits, 0.001) is None


def test_time_is_given_for_each_call_and_answers_come_back() -> None:
    def spends() -> list[int]:
        for _ in range(4):
            more_time(0.3)
            end = time.process_time() + 0.1
            while time.process_time() < end:
                pass
        print("unheard")
        return [1, 2]

    assert alone(spends, 0.3) == [1, 2]


def test_the_doctor_prints_the_table_and_writes_the_record(tmp_path: Path) -> None:
    where = course(tmp_path)
    record = tmp_path / "record.json"
    record.write_text('{"ps01": {}}')
    places = ["--course", str(where.root), "--assignments", str(where.assignments)]
    options = ["--seeds", "1", "--mutate", "--draws", "3", "--record", str(record)]
    done = CliRunner().invoke(cli, [*places, "doctor", SET_ID, *options])
    assert done.exit_code == 1, done.output
    assert f"✗ above: the model solution, notebook.md:{LINE}, strict or lax: {LAX}" in done.output
    assert "derived mistakes are caught; 2 findings" in done.output
    known = json.loads(record.read_text())
    assert known["ps01"] == {}
    assert known[SET_ID]["twice"] == {
        "draws": 3, "derived": 8, "killed": 8, "equal": 0, "declared": 0, "survived": 0,
    }  # fmt: skip
    assert known[SET_ID]["above"]["survived"] == 2
