"""``benchmarks/suite.py`` runs and prints its tables; what it measures is nobody's test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cvlib.grading.commands.grade import cli

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "benchmarks"))  # scripts, not a part of the package

from grading_class.cpu_time import Spent  # noqa: E402
from suite_cost import problem_sets  # noqa: E402
from suite_cost.problem_sets import STEPS  # noqa: E402
from suite_cost.suite import by  # noqa: E402
from suite_cost.table import of_book, of_sets  # noqa: E402

TESTS = "tests/cvlib/test_datasets_idx.py"


def test_prints_what_tests_take_by_folder_room_and_file(tmp_path):
    command = [sys.executable, "benchmarks/suite.py", "--only", "tests"]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "found"), TESTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "found").read_text())["tests"]
    each = [spent["cpu"] for name, spent in found.items() if name.startswith(TESTS)]
    assert len(each) == len(found) - 1, "the other one is collecting"
    assert found["collecting"]["cpu"] > 0
    (line,) = [row for row in done.stdout.splitlines() if row.startswith("datasets ")]
    cpu, _, count = line.split()[1:]
    assert int(count) == len(each)
    assert float(cpu) == pytest.approx(sum(each), abs=0.06)


def test_groups_are_added_up_and_the_dearest_comes_first():
    tests = {"a/1": Spent(1.0, 2.0), "b/1": Spent(1.0, 4.0), "a/2": Spent(1.0, 3.0)}
    found = by(lambda name: name[0], tests)
    assert list(found.items()) == [("a", (2, Spent(2.0, 5.0))), ("b", (1, Spent(1.0, 4.0)))]


def test_prints_a_line_for_each_problem_set_and_page():
    steps = {step: Spent(10.0, float(k)) for k, step in enumerate(STEPS)}
    rows = list(of_sets({"ps01_x": steps}, Spent(1.0, 0.5)))
    assert rows[2].split() == ["ps01_x", *(f"{k:.1f}" for k in range(len(STEPS))), "50"]
    pages = list(of_book({"chapters/01_x": 3.0, "chapters/02_y": 5.0}, Spent(9.0, 7.0)))
    assert [row.split()[-1] for row in pages[1:]] == ["5.0", "3.0", "7.0"]


def test_each_step_is_a_command_and_takes_time(tmp_path, monkeypatch):
    assert set(STEPS) <= set(cli.commands)
    monkeypatch.setattr(problem_sets, "STEPS", ("release",))
    place = ("ps90_tiny", ROOT / "tests" / "grading" / "tiny", tmp_path)
    assert problem_sets.steps(*place)["release"].cpu > 0
    assert (tmp_path / "ps90_tiny" / "release" / "ps90_tiny").is_dir()
    assert problem_sets.start(*place).cpu > 0
