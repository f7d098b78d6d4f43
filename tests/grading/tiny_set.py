"""The tiny problem set of these tests, and how its command is called."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

TINY = Path(__file__).parent / "tiny"
#: Another small set, whose exercises build on each other.
CHAIN = Path(__file__).parent / "chain"
SET_ID = "ps90_tiny"
Grade = Callable[..., subprocess.CompletedProcess[str]]
#: What stands between two arguments of an exercise there.
INDENT = "\n" + " " * 12
