"""Which of our own sources a score depends on: a rule of folders.

``check`` and every room count, without what they draw and try in the book; of the instructor's
side, what asks, runs and marks. Whoever changes these regrades everybody, and nobody otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

#: Folders of ``cvlib/grading`` on which a score depends, and the others.
COUNT = ("judging", "notebook", "sandbox", "spec")
DO_NOT_COUNT = (
    "commands", "course", "feedback", "gradebook", "lms", "pages", "receipts", "regrading",
    "rehearsal", "report", "running", "similarity", "tamper", "templates",
)  # fmt: skip
#: What a room has for the book alone.
FOR_THE_BOOK = ("experiments", "plots")
#: Files beside the rooms that no answer of a problem set can call.
BESIDE = ("arithmetics.py", "claims.py", "figures.py", "intervals.py")


def counted(library: Path) -> Iterator[Path]:
    """The files of the library whose content a score may depend on, in order."""
    for path in sorted(library.rglob("*.py")):
        if _counts(path.relative_to(library).parts):
            yield path


def _counts(parts: tuple[str, ...]) -> bool:
    place, *rest = parts
    if not rest:
        return place not in BESIDE
    if place == "grading":
        return rest[0] in COUNT
    return not rest[0].startswith(FOR_THE_BOOK)
