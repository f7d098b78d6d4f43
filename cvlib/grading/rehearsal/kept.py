"""Files that hold what was tried, until something changes on which it depends."""

from __future__ import annotations

from pathlib import Path


def kept_file(folder: Path, name: str, state: str, suffix: str) -> Path:
    """Where what has that name is kept in a state, a digest; what is of other states is removed."""
    file = folder / f"{name}-{state[:16]}{suffix}"
    for older in folder.glob(f"{name}-{'?' * 16}{suffix}"):
        if older != file:
            older.unlink()
    return file
