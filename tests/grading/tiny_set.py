"""The tiny problem set of these tests, and how its command is called."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

TINY = Path(__file__).parent / "tiny"
SET_ID = "ps90_tiny"
Grade = Callable[..., subprocess.CompletedProcess[str]]
