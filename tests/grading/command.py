"""``cvlib-grade`` as a program, and in this process, where nothing has to be imported again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from cvlib.grading.commands.grade import cli

PATIENCE = 500.0
Done = subprocess.CompletedProcess[str]


def program(course: Path, assignments: Path, *arguments: str, path: str | None = None) -> Done:
    """Run it as its user does, perhaps with another search path for programs."""
    command = [sys.executable, "-m", "cvlib.grading", *places(course, assignments), *arguments]
    environment = dict(os.environ) | ({"PATH": path} if path is not None else {})
    return subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, check=False, env=environment
    )


def here(course: Path, assignments: Path, *arguments: str, answer: str = "") -> Done:
    """Run it in this process; an error that it does not expect is raised."""
    command = [*places(course, assignments), *arguments]
    done = CliRunner().invoke(cli, command, input=answer)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(command, done.exit_code, done.stdout, done.stderr)


def nbgrader(course: Path, *arguments: str) -> Done:
    """Run nbgrader's own program in a course folder, which must end well."""
    tools = os.path.dirname(sys.executable)  # it starts others by name
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=course,
        check=False,
        env=os.environ | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, f"{arguments}:\n{done.stdout}\n{done.stderr}"
    return done


def places(course: Path, assignments: Path) -> list[str]:
    """The options that say where everything is."""
    return ["--course", str(course), "--assignments", str(assignments)]
