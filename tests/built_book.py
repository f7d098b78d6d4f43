"""The finished site, made once for all tests that look at it."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RELEASE = "import sys; from cvlib.grading.cli import main; sys.argv[1:] = ['release']; main()"


def built_site() -> Path:
    """Release the problem sets and build the book as ``make`` does; quick when up to date."""
    lock = ROOT / "_build" / "tests.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        _run([sys.executable, "-c", RELEASE], "the problem sets were not released")
        _run([sys.executable, str(ROOT / "book" / "build.py")], "the book was not built")
    return ROOT / "_build" / "html"


def _run(command: list[str], failure: str) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"{failure}:\n{result.stdout[-6000:]}\n{result.stderr[-3000:]}")
