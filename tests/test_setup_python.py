"""The set-up names a Python that is too old, and takes a newer one beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for the PATH with what the script needs and no Python, and a Python that is old."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("bash", "sed", "seq", "id", "dirname", "mktemp", "rm", "tail"):
        folder.joinpath(name).symlink_to(Path("/usr/bin", name))
    old = folder / "python3"
    old.write_text("#!/bin/bash\n[[ $2 == *platform* ]] && echo 3.9.2 || exit 1\n")
    old.chmod(0o755)
    return folder


def run_script(tools: Path, venv: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", ".ci/setup.sh", "python3", str(venv)],
        cwd=ROOT,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_is_too_old_is_named(tools, tmp_path):
    done = run_script(tools, tmp_path / "venv")
    assert done.returncode == 1
    assert "Python 3.11 to 3.14 is needed, and python3 is 3.9.2" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_newer_python_beside_it_is_taken(tools, tmp_path):
    name = f"python3.{sys.version_info.minor}"
    (tools / name).write_text(
        f'#!/bin/bash\n[[ $1 == -c ]] && exec "{sys.executable}" "$@"\nexit 7\n'
    )
    (tools / name).chmod(0o755)
    done = run_script(tools, tmp_path / "venv")
    assert f"python3 is 3.9.2, and Python 3.11 to 3.14 is needed: using {name}" in done.stdout
    assert done.returncode == 7
