"""The finished site, made once for all tests that look at it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.once import once

ROOT = Path(__file__).resolve().parents[1]
RELEASE = (
    "import sys; from cvlib.grading.commands.grade import main; sys.argv[1:] = ['release']; main()"
)


def built_site(factory: pytest.TempPathFactory) -> Path:
    """Release the problem sets and build the book as ``make`` does, once for all processes.

    What ``make`` has built already is found up to date, and no page is executed again.
    """
    once(factory, "book", lambda folder: _build())
    return ROOT / "_build" / "html"


def _build() -> None:
    _run([sys.executable, "-c", RELEASE], "the problem sets were not released")
    _run([sys.executable, str(ROOT / "book" / "build.py")], "the book was not built")


def _run(command: list[str], failure: str) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode != 0:
        raise AssertionError(f"{failure}:\n{result.stdout[-6000:]}\n{result.stderr[-3000:]}")
