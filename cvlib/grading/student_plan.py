"""The plan of one student: what is drawn for them alone takes the place of the class's.

It is made where the submission is graded, from the sources of the problem set that came along, so
the workers of a large class share that work. The mutants of a right answer are never called.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from cvlib.grading.draws import Draw
from cvlib.grading.drivers import source_of
from cvlib.grading.judge import generator, make_sheet
from cvlib.grading.plan import Item, Plan
from cvlib.grading.spec import LoadedSet, load_problem_set


def plan_for(plan: Plan, draw: Draw, loaded: LoadedSet | None = None) -> Plan:
    """The plan of one student; the problem set comes from the plan where it is not loaded."""
    if draw.digest == plan.digest:
        return plan
    loaded = loaded or _unpacked(plan.set_id, plan.sources)
    items = tuple(_item_for(item, loaded, draw) for item in plan.items)
    return replace(plan, digest=draw.digest, items=items)


def _item_for(item: Item, loaded: LoadedSet, draw: Draw) -> Item:
    exercise = loaded.problem_set[item.sheet.id]
    if draw.seed is None and not exercise.numbers:
        return item
    sheet = make_sheet(
        exercise,
        loaded.variants.mutants_of(exercise.id),
        generator(draw.seed or 0, exercise.id),  # numbers of one's own are drawn by name
        student=draw.student,
        lazy=True,
    )
    return replace(item, sheet=replace(sheet, read=item.sheet.read))


#: Problem sets unpacked in this process, by their sources: one at a time is enough.
_last_unpacked: dict[tuple[str, bytes], LoadedSet] = {}
_unpacking = threading.Lock()


def _unpacked(set_id: str, sources: Mapping[str, bytes]) -> LoadedSet:
    """A problem set from its sources: a worker shares no disk with the course."""
    key = (set_id, b"\0".join(sources.values()))
    with _unpacking:  # the threads of a worker wait for one another
        if key not in _last_unpacked:
            with tempfile.TemporaryDirectory(prefix="cvlib-") as folder:
                for name, source in sources.items():
                    path = Path(folder, set_id, name)
                    path.parent.mkdir(exist_ok=True)
                    path.write_bytes(source)
                loaded = load_problem_set(folder, set_id)
                for exercise in loaded.problem_set.exercises:
                    if exercise.driver is not None:
                        source_of(exercise.driver)  # read while the file is there
            _last_unpacked.clear()
            _last_unpacked[key] = loaded
        return _last_unpacked[key]
