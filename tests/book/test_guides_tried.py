"""The commands that the guides mark as tried, run as they stand on the tiny problem set."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from guides import ROOT, blocks

TINY = ROOT / "tests" / "grading" / "tiny"
SET_ID = "ps90_tiny"


def tried(name: str, page: str) -> str:
    """The commands of a page that belong together, on the tiny set in place of a real one."""
    texts = [b.text for b in blocks("bash") if b.tried == name and b.page.stem == page]
    assert texts, f"{page}.md has no block marked '% tried: {name}'"
    return "\n".join(texts).replace("ps02_convolution", SET_ID)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder to stand in, with ``assignments/`` as an instructor has it."""
    shutil.copytree(TINY, tmp_path / "assignments")
    return tmp_path


def run_shell(desk: Path, text: str, **environment: str) -> str:
    """Run shell lines as they stand in a guide; background jobs end with the shell."""
    binaries = str(Path(sys.executable).parent)
    home = desk / "home"
    home.mkdir(exist_ok=True)
    settings = dict(os.environ) | {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        ["bash", "-e", "-o", "pipefail", "-c", text],
        cwd=desk,
        env=settings | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=240)
    finally:
        if process.poll() is None or "&\n" in text:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, f"{text}\n{output}"
    return output


def test_the_first_hour_of_an_instructor(desk: Path) -> None:
    said = run_shell(desk, tried("sample", "start"))
    members = re.search(r"sample class: (\d+) of (\d+) score what they must", said)
    assert members
    assert members[1] == members[2]
    assert (desk / "practice/feedback/right" / SET_ID / f"{SET_ID}.html").is_file()


def test_a_due_date_as_the_guide_sets_it(desk: Path) -> None:
    assert "2027-03-01" in run_shell(desk, tried("release", "start"))


def test_the_check_of_an_installation(desk: Path) -> None:
    assert run_shell(desk, tried("install check", "install")).strip() == "ready"


def test_a_cluster_by_hand(desk: Path) -> None:
    port = free_port()
    text = tried("by hand", "clusters").replace("8786", str(port))
    run_shell(desk, "cvlib-grade release && cvlib-grade sample")
    for member in (desk / "_build/course/submitted").iterdir():
        if member.name not in ("right", "blank"):
            shutil.rmtree(member)
    text = text.replace(f"--port {port}", f"--host 127.0.0.1 --port {port}")
    (make_keys,) = [b.text for b in blocks("python") if "get_tls_config_for_role" in b.text]
    (desk / "dask_keys.py").write_text(make_keys)
    run_shell(desk, "HOME=$PWD python dask_keys.py")
    text = f"export DASK_CONFIG=$PWD/.config/dask\n{text}"
    said = run_shell(desk, text + "\nkill %1 %2\nwait || true")
    assert "2 graded now, 2 recorded" in said


def free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_once_around_the_exchange(desk: Path) -> None:
    exchange = desk / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    shown = next(b.text for b in blocks("python") if "c.Exchange.root" in b.text)
    config = shown.replace("/srv/nbgrader/exchange", str(exchange))
    (desk / "assignments" / "nbgrader_config.py").write_text(config)
    student = desk / "student"
    student.mkdir()
    (student / "nbgrader_config.py").write_text(config)
    texts = [
        b.text.replace("ps02_convolution", SET_ID)
        for b in blocks("bash")
        if b.tried == "exchange" and b.page.stem == "jupyterhub"
    ]
    release, hand_in, grade = texts
    options = ["--course", str(desk / "class"), "--assignments", str(desk / "assignments")]
    within = f'cvlib-grade() {{ command cvlib-grade {shlex.join(options)} "$@"; }}\n'
    run_shell(desk, f"{within}cvlib-grade release\n{release}")
    run_shell(student, hand_in)
    said = run_shell(desk / "class", within + grade)
    assert "1 submissions, 1 graded now, 1 recorded" in said
    run_shell(student, f"nbgrader fetch_feedback {SET_ID}")
    (page,) = (student / SET_ID / "feedback").rglob(f"{SET_ID}.html")
    assert "0 of 10" in page.read_text("utf-8") or "Spread" in page.read_text("utf-8")


def test_the_smallest_problem_set_passes_the_doctor(tmp_path: Path) -> None:
    page = ROOT / "book" / "instructors" / "problem_sets.md"
    mine = [b for b in blocks() if b.page == page]
    exercise, order = [b.text for b in mine if b.language == "python"][:2]
    (notebook,) = [b.text for b in mine if b.text.startswith("---\njupytext")]
    folder = tmp_path / "assignments" / "ps20_spread"
    folder.mkdir(parents=True)
    for name, text in (("spread.py", exercise), ("__init__.py", order), ("notebook.md", notebook)):
        (folder / name).write_text(text, "utf-8")
    said = run_shell(tmp_path, "cvlib-grade doctor ps20_spread && cvlib-grade release ps20_spread")
    table = next(b.text for b in mine if b.language == "text" and "kill rate" in b.text)
    assert table in said
