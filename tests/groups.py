"""What tests have in common: a problem set, a room of the library, a file."""

from __future__ import annotations

import functools
import re
from pathlib import Path

PROBLEM_SET = re.compile(r"ps\d+_[a-z_]+")
LIBRARY = Path(__file__).resolve().parents[1] / "cvlib"


def shared_by(nodeid: str) -> str:
    """What tests that belong into one process have in common.

    The tests of a file share what it trains, grades or opens once; those of a problem set, in
    whichever file, share its draws and the networks behind them.
    """
    file = nodeid.partition("::")[0]
    if Path(file).parent.name == "assignments" and (found := PROBLEM_SET.search(nodeid)):
        return found[0]
    return file


def topic(nodeid: str) -> str:
    """The problem set or the room of the library that a test is about, else its folder's path."""
    file = Path(nodeid.partition("::")[0])
    if file.parent.name == "assignments":
        return shared_by(nodeid)
    if file.parent.name == "cvlib":
        named = [room for room in rooms() if file.stem.startswith(f"test_{room}")]
        return max(named, key=len, default="cvlib")
    return file.parent.as_posix()


@functools.cache
def rooms() -> list[str]:
    """The rooms of the library."""
    return [path.parent.name for path in LIBRARY.glob("*/__init__.py")]
