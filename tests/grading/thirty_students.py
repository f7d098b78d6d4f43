"""A class of thirty whose scores, times and marks by hand are known."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from nbgrader.api import Gradebook
from tiny_set import SET_ID, TINY

from cvlib.grading.course.course import Course
from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from cvlib.grading.running.running import Options, run_set
from cvlib.grading.spec.loading import LoadedSet

#: How many students handed in what; the name of the first one is meant to be a nuisance.
KINDS = {"right": 10, "sample": 6, "deviation": 4, "blank": 3, "loop": 3, "exit": 2, "vectors": 2}
#: A folder may be called so; the names of a person may hold whatever a class list did.
EVIL = "{{ 7 + 7 }}' onmouseover='alert(1)"
FIRST = 'Eve" onmouseover="alert(1)'
LAST = "</td><script>alert(1)</script><img src=x onerror=alert(1)>"
#: The points for spread, inner, taps and Twice.
POINTS = {
    "right": (4, 3, 1, 2), "sample": (0, 3, 1, 2), "deviation": (0, 3, 0, 2), "blank": (0, 0, 0, 0),
    "loop": (4, 0, 1, 2), "exit": (0, 0, 0, 0), "vectors": (2, 3, 1, 2),
}  # fmt: skip


def notebooks(loaded: LoadedSet) -> dict[str, bytes]:
    room = Classroom(loaded, seed=0)
    head = "import numpy as np\n\n\ndef spread(x):\n    "
    deviation = rewrite(room.solved(), "spread", f"{head}return float(np.std(x))")
    made = {
        "right": room.solved(),
        "sample": rewrite(
            room.solved(), "spread", f"{head}return float(np.var(x, ddof=1)) if x.size > 1 else 0.0"
        ),
        "deviation": rewrite(deviation, "taps", "taps = 9"),
        "blank": room.blank(),
        "loop": rewrite(room.solved(), "inner", "def inner(x, y):\n    while True:\n        pass"),
        "exit": rewrite(room.solved(), "spread", "import os\n\nos._exit(0)"),
        "vectors": rewrite(
            room.solved(), "spread",
            f"{head}if x.ndim > 1:\n        raise ValueError('no answer within 2 s')\n"
            "    return float(np.var(x))",
        ),
    }  # fmt: skip
    return {name: to_bytes(notebook) for name, notebook in made.items()}


def students() -> Iterator[tuple[str, str]]:
    """The name and the kind of work of everybody."""
    for kind, count in KINDS.items():
        for k in range(count):
            yield (EVIL if (kind, k) == ("right", 0) else f"{kind}-{k}"), kind


def class_of_thirty(root: Path, released: Path, tiny: LoadedSet, cluster: str) -> Course:
    """A class of thirty whose scores, times and marks by hand are known."""
    course = Course.open(shutil.copytree(released, root), TINY)
    content = notebooks(tiny)
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        gradebook.update_or_create_assignment(SET_ID, duedate=datetime(2026, 11, 1, 12))
        gradebook.add_student(EVIL, first_name=FIRST, last_name=LAST)
        gradebook.add_student("idle")

    def hand_in(student: str, kind: str) -> None:
        folder = course.submitted / student / SET_ID
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{SET_ID}.ipynb").write_bytes(content[kind])
        if kind in ("sample", "deviation", "blank"):
            hour = 14 if kind == "deviation" else 10
            (folder / "timestamp.txt").write_text(f"2026-11-01 {hour}:30:00 UTC")

    for kind in KINDS:
        hand_in(f"{kind}-{KINDS[kind] - 1}", kind)
    assert run_set(course, SET_ID, Options(scheduler=cluster)).ok
    for student, kind in students():
        hand_in(student, kind)
    report = run_set(course, SET_ID, Options())
    assert (report.graded, len(report.rows)) == (0, 30), "equal notebooks have equal results"
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "cvlib") as gradebook:
        by_hand = [(f"right-{k}", 2.0) for k in range(1, 6)] + [("sample-0", 1.0)]
        for student, given in by_hand:
            mark = gradebook.find_grade("why", SET_ID, SET_ID, student)
            mark.manual_score, mark.needs_manual_grade = given, False
        gradebook.db.commit()
    return course
