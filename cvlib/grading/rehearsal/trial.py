"""A child process: known answers to a problem set, under other draws and other seeds of training.

It reads which folder of assignments, which problem set and which seeds from its input, and prints
one line of JSON a seed: what each known answer reached in each part. The parent chooses the
arithmetic, by our environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cvlib.check.marking import Sheet, ask, local_call
from cvlib.check.strain import Reached, reached
from cvlib.grading.notebook.source import CHECK_PREFIX, MARKS, build_source_notebook
from cvlib.grading.rehearsal.beside import files_beside, folder_with
from cvlib.grading.rehearsal.streams import other_streams
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from cvlib.grading.spec.sheets import generator, make_sheet

NOTEBOOK = "the model solution"
#: Wrong answers to an exercise are tried where a right one uses up more than this of what is
#: allowed, and under every fifth seed: elsewhere the doctor's few draws say as much.
NEAR, EVERY = 0.01, 5
#: Every notebook asks for a name, from which numbers of one's own are drawn; and a name to say.
ASKED, SAID = 'STUDENT = ""', 'STUDENT = "nobody"'


@dataclass(frozen=True)
class Found:
    """The most strained call of one answer in one part, under one seed."""

    exercise: str
    part: str
    who: str
    right: bool
    reached: Reached


def try_answers(loaded: LoadedSet, seed: int) -> Iterator[Found]:
    """Mark the known answers on one draw, everything that is trained being trained anew.

    The set must have been loaded afresh, or it remembers what it has trained. Answers to questions
    are left out: nothing about them is drawn.
    """
    files = files_beside(loaded)
    judged = [e for e in loaded.problem_set.exercises if e.graded_by_judge]
    for exercise in judged:
        exercise.draw(generator(0, exercise.id))  # what is kept of the data is what it always is
    with other_streams(seed):
        names = _run_notebook(loaded, files)
        for exercise in judged:
            if exercise.kind == "answer":
                continue
            sheet = make_sheet(exercise, (), generator(seed, exercise.id))
            right = {NOTEBOOK: names.get(exercise.name)}
            if exercise.kind != "model":  # there the notebook's solution trains the same
                right["the reference"] = exercise.reference
            right |= {v.name: v.target for v in exercise.variants.alternatives}
            found = [f for who, target in right.items() for f in _try(sheet, who, target, True)]
            yield from found
            near = exercise.measure or any(f.reached.strain > NEAR for f in found)
            if near and seed % EVERY == 0:
                for mutant in exercise.variants.mutants:
                    yield from _try(sheet, mutant.name, mutant.target, False)


def _try(sheet: Sheet, who: str, target: Any, right: bool) -> Iterator[Found]:
    replies = ask(sheet, local_call(target, missing=target is None))
    for part in dict.fromkeys(sheet.parts):
        calls = [reached(sheet, k, r) for k, r in enumerate(replies) if sheet.parts[k] == part]
        yield Found(sheet.id, part, who, right, max(calls, key=lambda c: c.strain))


def _run_notebook(loaded: LoadedSet, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What the notebook with the model solutions defines, run in a folder with its files."""
    cells = build_source_notebook(loaded).cells
    names: dict[str, Any] = {"__name__": "__main__"}
    with folder_with(files):
        for cell in cells:
            check = cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith(CHECK_PREFIX)
            if cell.cell_type == "code" and not check:
                source = MARKS.sub("", cell.source).replace(ASKED, SAID)
                with contextlib.redirect_stdout(None):
                    exec(compile(source, "<notebook>", "exec"), names)
    return names


def main() -> None:
    """Try the seeds that we are told."""
    assignments, set_id, seeds = json.load(sys.stdin)
    os.environ.setdefault("MPLBACKEND", "agg")
    for seed in seeds:
        loaded = load_problem_set(assignments, set_id, afresh=True)
        found = [asdict(f) for f in try_answers(loaded, seed)]
        print(json.dumps({"seed": seed, "found": found}), flush=True)


if __name__ == "__main__":
    main()
