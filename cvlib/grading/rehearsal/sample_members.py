"""The members of the sample class, each made by one small edit of the released notebook.

Some ask what the exercises are worth: right, blank, partial, written differently, and each known
mistake. The others ask whether the grader can be fooled or broken by what is no answer at all, and
one problem set with all of them says as much as fifteen.
"""

from __future__ import annotations

from collections.abc import Iterator

import nbformat

from cvlib.grading.rehearsal.classroom import (
    Classroom,
    Member,
    check_cells,
    insert_after,
    rewrite,
    to_bytes,
)

EVERYTHING_EQUAL = '''\
import numpy as np


class Equal(np.ndarray):
    """Claims to equal whatever it is compared with."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return True

    def __array_function__(self, function, types, args, kwargs):
        return True

    def __eq__(self, other):
        return True


def {name}(*args, **kwargs):
    return np.zeros(3).view(Equal)
'''

PATCHED = """\
import numpy as np
import numpy.testing
import cvlib.check

for name in ("assert_allclose", "assert_array_equal", "assert_equal", "assert_almost_equal"):
    setattr(np.testing, name, lambda *args, **kwargs: None)
np.allclose = np.array_equal = lambda *args, **kwargs: True
np.isclose = lambda a, b, **kwargs: np.ones(np.shape(a), bool)
cvlib.check.check = check = lambda *args, **kwargs: None
"""

FORGED = """\
import sys

from IPython.display import display

print({points})
sys.displayhook({points})
display({points})
{points}
"""

NOISY = """

_quiet = {name}


def {name}(*args, **kwargs):
    import sys
    import warnings

    print("so far, so good", file=sys.stderr)
    warnings.warn("this is only a warning")
    return _quiet(*args, **kwargs)
"""


def members(room: Classroom, *, everyone: bool = True) -> list[Member]:
    """The members in the order of the table, or those that are made for every problem set."""
    others = [*_noisy(room), *_broken(room), *_hostile(room)] if everyone else []
    return [*_honest(room), *_wrong(room), *others]


def _honest(room: Classroom) -> Iterator[Member]:
    full = room.full
    yield Member("right", to_bytes(room.solved()), full, "all points")
    yield Member("blank", to_bytes(room.blank()), 0.0, "nothing answered: 0")
    half = room.judged[: len(room.judged) // 2]
    partial = room.blank()
    for exercise in half:
        rewrite(partial, exercise.id, room.solution(exercise.id))
    score = float(sum(e.points for e in half))
    yield Member("partial", to_bytes(partial), score, f"the first {len(half)} exercises")
    for exercise, alternative in room.alternatives():
        if pasted := room.pasted(exercise, alternative):
            notebook = rewrite(room.solved(), exercise.id, pasted[0])
            yield Member("alternative", to_bytes(notebook), full, "all points, written differently")
            break


def _wrong(room: Classroom) -> Iterator[Member]:
    """One mutant each for up to four exercises: what builds on a wrong one keeps its marks."""
    reached = room.full - sum(e.points for e in room.trained)
    count = 0
    for exercise in room.judged:
        known = exercise.variants.mutants if exercise.kind in ("function", "answer") else ()
        found = ((m, pasted) for m in known if (pasted := room.pasted(exercise, m)) is not None)
        mutant, pasted = next(found, (None, None))
        if mutant is None or pasted is None or count == 4:
            continue
        count += 1
        raw = to_bytes(rewrite(room.untrained(), exercise.id, pasted[0]))
        kept = room.score_in(raw, exercise, pasted[1])
        rule = f"all points but those that {mutant.name} loses in {exercise.id}"
        rule += " and those of the trained models, not answered here" if room.trained else ""
        name = f"mutant-{exercise.id}".replace("_", "-").lower()
        yield Member(name, raw, reached - exercise.points + kept, rule)


def _noisy(room: Classroom) -> Iterator[Member]:
    victim = room.victims()[0]
    source = room.solution(victim.id) + NOISY.format(name=victim.name)
    notebook = rewrite(room.solved(), victim.id, source)
    rule = "all points: a warning on stderr costs none"
    yield Member("noisy", to_bytes(notebook), room.full, rule)


def _broken(room: Classroom) -> Iterator[Member]:
    full, victim = room.full, room.victims()[0]
    lost = f"all points but those of {victim.id}"
    without = full - victim.points
    loop = f"def {victim.name}(*args, **kwargs):\n    while True:\n        pass"
    yield Member(
        "loop", to_bytes(rewrite(room.solved(), victim.id, loop)), without, f"{lost}: it never ends"
    )
    typo = f"def {victim.name}(:\n    return ("
    yield Member(
        "syntax-error",
        to_bytes(rewrite(room.solved(), victim.id, typo)),
        without,
        f"{lost}: its cell is no Python",
    )
    middle = room.judged[len(room.judged) // 2]
    before = room.judged[: room.judged.index(middle)]
    goodbye = "\n\nimport os\nos._exit(0)"
    exits = rewrite(room.solved(), middle.id, room.solution(middle.id) + goodbye)
    yield Member(
        "exit",
        to_bytes(exits),
        float(sum(e.points for e in before)),
        f"the exercises before {middle.id}, where it ends the process",
    )
    half = to_bytes(room.solved())
    yield Member("malformed", half[: len(half) // 2], 0.0, "no notebook: 0")
    deleted = room.solved()
    gone = check_cells(deleted)[0]
    deleted.cells.remove(gone)
    yield Member("deleted-check", to_bytes(deleted), full, "all points: the check cell comes back")
    twice = room.solved()
    twice.cells += [nbformat.from_dict(c) for c in check_cells(twice)]
    yield Member("duplicated-check", to_bytes(twice), full, "all points: the copies count nothing")
    old = room.solved()
    for cell in old.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["schema_version"] = 0
    yield Member("old-schema", to_bytes(old), full, "all points: our metadata is put back")


def _hostile(room: Classroom) -> Iterator[Member]:
    """Nobody here solves anything, so everybody must score 0."""
    victim = room.victims()[0]
    names = [e.name for e in room.judged if e.kind == "function"]
    garbage = {n: EVERYTHING_EQUAL.format(name=n) for n in names}
    patched = room.blank()
    for exercise in room.judged:
        if exercise.name in garbage:
            rewrite(patched, exercise.id, garbage[exercise.name])
    insert_after(patched, room.judged[0].id, PATCHED)
    yield Member("patched", to_bytes(patched), 0.0, "0: whatever it patches is not the judge's")

    forged = room.blank()
    for exercise in room.judged:
        text = FORGED.format(points=float(exercise.points))
        insert_after(forged, exercise.id, f"{exercise.name} = 'full marks'\n{text}")
    for cell in check_cells(forged):
        points = repr(float(cell.metadata.nbgrader.points))
        cell.source = points
        cell.metadata["tags"] = ["skip-execution"]
        cell.outputs = [
            nbformat.v4.new_output("execute_result", {"text/plain": points}, execution_count=1)
        ]
    yield Member("forged", to_bytes(forged), 0.0, "0: outputs and check cells are the judge's own")

    skipped = room.blank()
    for cell in check_cells(skipped):
        cell.metadata["tags"] = ["skip-execution"]
        cell.metadata.nbgrader["points"] = 1000.0
        cell.metadata.nbgrader["solution"] = True
    rewrite(skipped, victim.id, f"def {victim.name}(*args, **kwargs):\n    return None")
    yield Member("skipped", to_bytes(skipped), 0.0, "0: tags and metadata are put back")
    yield Member("link", b"", 0.0, "0: a link to another's work is not followed", link_to="right")
