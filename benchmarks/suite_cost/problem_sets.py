"""Each problem set alone through the steps of ``make grade``, in a course of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from grading_class.cpu_time import Spent, run
from grading_class.places import environment

STEPS = ("release", "sample", "run", "feedback", "export")


def steps(set_id: str, assignments: Path, folder: Path) -> dict[str, Spent]:
    """What every step takes for one problem set and its sample class.

    ``make`` takes all sets and steps at once, so what is done once, it pays once; here each pays.
    """
    return {step: _one(step, set_id, assignments, folder) for step in STEPS}


def start(set_id: str, assignments: Path, folder: Path) -> Spent:
    """What a command takes that finds nothing to do, after the steps: importing and looking."""
    return _one("release", set_id, assignments, folder)


def _one(step: str, set_id: str, assignments: Path, folder: Path) -> Spent:
    places = ["--course", str(folder / set_id), "--assignments", str(assignments)]
    command = [sys.executable, "-m", "cvlib.grading", *places, step, set_id]
    spent, _ = run([command], [folder], environment() | {"OMP_NUM_THREADS": "1"})
    return spent
