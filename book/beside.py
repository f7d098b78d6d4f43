"""Run a command, and pages of the book beside it while it runs: ``beside.py <command> ...``.

Much of what ``make`` does first keeps one processor busy. Meanwhile pages are run, one at a time,
the longest first, and kept for the build, which runs the others and says what failed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def beside(root: Path, command: Sequence[str]) -> int:
    """Run pages until the command has ended, and return its exit code."""
    with subprocess.Popen(command) as process:
        from execute import in_order, pages_with_code, run_page  # seconds: the command has begun

        for page in in_order(root, pages_with_code(root)):
            if process.poll() is not None:
                break
            with suppress(RuntimeError):
                run_page(root, page)
        return process.wait()


if __name__ == "__main__":
    sys.exit(beside(ROOT, sys.argv[1:]))
