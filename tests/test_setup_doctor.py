"""``make doctor``: what is there, what is missing and what that costs, in one screen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

import doctor  # noqa: E402
import machine  # noqa: E402


def run_doctor(*arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "doctor.py"), *arguments],
        text=True,
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
    )


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A folder that looks like an environment with every pinned package, and has no Python."""
    site = tmp_path / "venv" / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    for name, version in machine.pins().items():
        (site / f"{name.replace('-', '_')}-{version}.dist-info").mkdir()
    return tmp_path / "venv"


def remove(venv: Path, name: str) -> None:
    (folder,) = venv.glob(f"lib/python3.11/site-packages/{name}-*.dist-info")
    folder.rmdir()


def test_everything_is_said_in_one_screen():
    done = run_doctor(sys.prefix)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 100
    for name in (
        "Python",
        "environment",
        "GPU",
        "bubblewrap",
        "Chromium",
        "PostgreSQL",
        "git",
        "processor",
        "memory",
        "disk",
        "writing",
    ):
        assert any(line[4:].startswith(name) for line in lines), name


def test_what_is_missing_has_a_cost_and_a_remedy(tmp_path):
    """Nothing at all on the PATH, and no environment yet."""
    done = run_doctor(str(tmp_path / "none"), path=str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("bubblewrap", "Chromium", "git"):
        (line,) = [x for x in done.stdout.splitlines() if x.startswith(f"  – {name}")]
        assert "not installed: " in line
        assert line.removesuffix(";").rstrip() != line.partition(":")[0]
    assert "nothing is graded" in done.stdout
    assert "install bubblewrap" in " ".join(done.stdout.split())


def test_only_what_is_missing_after_the_set_up(tmp_path):
    done = run_doctor(str(tmp_path / "none"), "--missing", path=str(tmp_path))
    assert "✓" not in done.stdout
    assert "  – Chromium" in done.stdout


def test_an_environment_in_the_tested_versions(venv):
    assert not doctor.environment(venv).cost


def test_uv_may_be_missing_and_nothing_else(venv):
    remove(venv, "uv")
    assert not doctor.environment(venv).cost
    remove(venv, "scipy")
    found = doctor.environment(venv)
    assert found.fatal
    assert f"1 of {len(machine.pins())} packages missing" in found.found
    assert "scipy" in found.found


def test_another_version_is_named_but_stops_nothing(venv):
    remove(venv, "scipy")
    (venv / "lib/python3.11/site-packages/scipy-0.1.dist-info").mkdir()
    found = doctor.environment(venv)
    assert found.cost
    assert not found.fatal
    assert "1 in other versions (scipy)" in found.found


def test_an_environment_that_was_moved_says_so(venv):
    (venv / "bin").mkdir()
    (venv / "bin" / "jupyter").write_text("#!/home/somebody/course/.venv/bin/python\n")
    found = doctor.environment(venv)
    assert found.fatal
    assert "made in another place" in found.found


@pytest.mark.parametrize(
    ("cuda", "names", "said"),
    [("None", [], ""), ("'13.0'", ["NVIDIA H200"], ""),
     ("'13.0'", [], "3 GB"), ("None", ["NVIDIA H200"], "TORCH=cuda")],
)  # fmt: skip
def test_pytorch_and_the_gpu_belong_together(venv, monkeypatch, cuda, names, said):
    folder = venv / "lib/python3.11/site-packages/torch"
    folder.mkdir()
    (folder / "version.py").write_text(f"cuda: Optional[str] = {cuda}\nhip = None\n")
    monkeypatch.setattr(machine, "gpus", lambda: names)
    cost = doctor.pytorch(venv).cost
    assert said in cost
    assert bool(said) == bool(cost)


def test_a_gpu_is_what_its_driver_shows(tmp_path, monkeypatch):
    driver = tmp_path / "nvidia-smi"
    driver.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H200 (UUID: GPU-1)'\n")
    driver.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert machine.gpus() == ["NVIDIA H200"]
    driver.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'; exit 9\n")
    assert machine.gpus() == []


def test_a_python_that_is_too_old_is_fatal(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    found = doctor.python()
    assert found.fatal
    assert "3.11 to 3.14 is needed" in found.cost


def test_a_place_that_cannot_be_written(tmp_path):
    assert machine.writable(tmp_path / "not" / "yet" / "there")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    assert not machine.writable(tmp_path / "file" / "below")
