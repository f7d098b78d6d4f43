"""The command line: help, errors in words, exit codes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from cvlib.grading.commands.grade import cli
from cvlib.grading.course.course import Course

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"
Grade = Callable[..., subprocess.CompletedProcess[str]]


def run(*arguments: str, expect: int) -> str:
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exit_code == expect, result.output
    assert "Traceback" not in result.output
    return result.output


@pytest.mark.parametrize(
    "command",
    ["", "release", "sample", "run", "feedback", "export", "practice", "doctor", "where"],
)
def test_every_command_has_help(command: str) -> None:
    text = run(*command.split(), "--help", expect=0)
    assert "Usage:" in text
    assert len(text.splitlines()) > 4


def test_help_imports_little() -> None:
    heavy = (
        "import sys, cvlib.grading.commands.grade; "
        "print({'numpy', 'nbgrader', 'torch'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()", "the command line imports what its help does not need"


def test_wrong_use_exits_with_two_and_says_why(tmp_path: Path) -> None:
    course = ["--course", str(tmp_path / "c"), "--assignments", str(TINY)]
    assert "does not exist" in run(
        "--course", str(tmp_path), "--assignments", "/nowhere", "run", expect=2
    )
    assert "it has ps90_tiny" in run(*course, "release", "ps01_nothing", expect=2)
    assert "No such option" in run(*course, "run", "--fast", expect=2)
    assert "-o needs --format" in run(*course, "export", "-o", str(tmp_path / "x.csv"), expect=2)
    assert "no gradebook" in run(*course, "export", expect=2)


def test_a_broken_problem_set_is_named(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "assignments")
    (tmp_path / "assignments" / SET_ID / "notebook.md").unlink()
    text = run(
        "--course",
        str(tmp_path / "c"),
        "--assignments",
        str(tmp_path / "assignments"),
        "release",
        expect=2,
    )
    assert "notebook.md not found" in text


def test_an_unknown_student_is_named(graded: Course) -> None:
    text = run(
        "--course",
        str(graded.root),
        "--assignments",
        str(TINY),
        "run",
        "--student",
        "zoe",
        expect=2,
    )
    assert "no submission of ps90_tiny by zoe" in text


def test_the_table_shows_the_sample_class(graded: Course) -> None:
    text = run("--course", str(graded.root), "--assignments", str(TINY), "run", expect=0)
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert lines["right"].split()[1:6] == ["10", "12", "10", "10", "✓"]
    assert "symbolic link" in lines["link"]
    assert "0 graded now, 0 recorded" in text


def test_a_sample_score_that_is_not_what_it_must_be_is_a_finding(
    graded: Course, tmp_path: Path
) -> None:
    shutil.copytree(graded.root, tmp_path / "c", symlinks=True)
    target = tmp_path / "c" / "submitted" / "right" / SET_ID / f"{SET_ID}.ipynb"
    target.write_bytes(b"")
    text = run(
        "--course",
        str(tmp_path / "c"),
        "--assignments",
        str(TINY),
        "run",
        "--student",
        "right",
        expect=1,
    )
    assert "✗" in text


def test_the_doctor_finds_nothing_in_a_sound_set_and_names_a_weak_exercise(tmp_path: Path) -> None:
    assert "nothing to mend" in run(
        "--course", str(tmp_path / "c"), "--assignments", str(TINY), "doctor", expect=0
    )
    shutil.copytree(TINY, tmp_path / "assignments")
    path = tmp_path / "assignments" / SET_ID / "__init__.py"
    weak = "for n in (2, 5):\n        yield Case((rng.normal(size=n), rng.normal(size=n)))"
    assert weak in path.read_text()
    path.write_text(path.read_text().replace(weak, "yield Case((np.zeros(3), np.zeros(3)))"))
    text = run(
        "--course",
        str(tmp_path / "d"),
        "--assignments",
        str(tmp_path / "assignments"),
        "doctor",
        expect=1,
    )
    assert "✗ inner: the mutant rolled gets full marks" in text


def test_without_a_sandbox_nothing_is_graded_and_the_remedy_is_given(
    graded: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    shutil.copytree(graded.root, tmp_path / "c", symlinks=True)
    before = (tmp_path / "c" / "gradebook.db").read_bytes()
    empty = tmp_path / "bin"
    empty.mkdir()
    done = cvlib_grade(
        tmp_path / "c", "run", "--force", "--student", "right", expect=3, path=str(empty)
    )
    assert "bubblewrap is not installed" in done.stderr
    assert "apt-get install bubblewrap" in done.stderr
    assert "Traceback" not in done.stderr
    report = run(
        "--course",
        str(tmp_path / "c"),
        "--assignments",
        str(TINY),
        "run",
        "--student",
        "right",
        expect=0,
    )
    assert "0 graded now" in report, "a failure of ours must touch no score"
    assert len(before) == len((tmp_path / "c" / "gradebook.db").read_bytes())


def test_unsafe_grades_without_the_sandbox(
    graded: Course, tmp_path: Path, cvlib_grade: Grade
) -> None:
    shutil.copytree(graded.root, tmp_path / "c", symlinks=True)
    empty = tmp_path / "bin"
    empty.mkdir()
    done = cvlib_grade(tmp_path / "c", "run", "--unsafe", "--student", "right", path=str(empty))
    assert "1 graded now, 1 recorded" in done.stdout
    assert "1 of 1 score what they must" in done.stdout


def test_an_unreachable_cluster_is_named(graded: Course, cvlib_grade: Grade) -> None:
    done = cvlib_grade(
        graded.root,
        "run",
        "--force",
        "--student",
        "blank",
        "--scheduler",
        "tcp://127.0.0.1:9",
        "--no-tls",
        expect=2,
    )
    assert "127.0.0.1:9" in done.stderr


def test_where_says_what_is_there_and_how_to_make_the_rest(graded: Course, tmp_path: Path) -> None:
    text = run(
        "--course",
        str(graded.root),
        "--assignments",
        str(TINY),
        "where",
        "--html",
        str(tmp_path),
        expect=0,
    )
    assert "gradebook.db" in text
    assert "not made yet: make book" in text
    for command in ("report", "export", "canvas --into FILE", "students FILE"):
        assert f"cvlib-grade {command}" in text
