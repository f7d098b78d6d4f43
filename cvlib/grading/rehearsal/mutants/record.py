"""The record of derived mistakes, which the book's ledger prints: counts for each exercise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cvlib.grading.course.intake import atomic_write

if TYPE_CHECKING:
    from cvlib.grading.rehearsal.mutants.mutate import Mutated


def write_record(path: Path, set_id: str, draws: int, tried: Sequence[Mutated]) -> None:
    """Write the counts of one set into the record; those of the others stay as they are."""
    known = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    known[set_id] = {m.exercise: {"draws": draws, **m.counts} for m in tried}
    text = json.dumps(dict(sorted(known.items())), indent=1) + "\n"
    atomic_write(path, text.encode())
