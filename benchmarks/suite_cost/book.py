"""The pages of the book, and what Sphinx makes of them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from grading_class.cpu_time import Spent, run
from grading_class.places import environment


def book(root: Path) -> tuple[dict[str, float], Spent]:
    """CPU seconds of each page when it was last run here, and what the site takes after that.

    Pages that are not run yet, or have changed, are run first.
    """
    build = [sys.executable, str(root / "book" / "build.py")]
    run([build], [root], environment())
    sphinx, _ = run([[*build, "--force"]], [root], environment())
    pages = json.loads((root / "_build" / "pages.json").read_text("utf-8"))
    return {name: float(page["cpu"]) for name, page in pages.items()}, sphinx
