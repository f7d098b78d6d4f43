"""The plan of one student: what is drawn for them alone takes the place of the class's.

It is made where the submission is graded, from the sources of the problem set that came along, so
the workers of a large class share that work. The mutants of a right answer are never called.
"""

from __future__ import annotations

from dataclasses import replace

from cvlib.grading.judging.plan import Item, Plan
from cvlib.grading.spec.draws import Draw
from cvlib.grading.spec.loading import LoadedSet
from cvlib.grading.spec.sheets import generator, make_sheet


def plan_for(plan: Plan, draw: Draw) -> Plan:
    """The plan of one student."""
    if draw.digest == plan.digest:
        return plan
    loaded = plan.origin.load()
    items = tuple(_item_for(item, loaded, draw) for item in plan.items)
    return replace(plan, digest=draw.digest, items=items)


def _item_for(item: Item, loaded: LoadedSet, draw: Draw) -> Item:
    exercise = loaded.problem_set[item.sheet.id]
    if draw.seed is None and not exercise.numbers:
        return item
    sheet = make_sheet(
        exercise,
        exercise.variants.mutants,
        generator(draw.seed or 0, exercise.id),  # numbers of one's own are drawn by name
        student=draw.student,
        lazy=True,
    )
    return replace(item, sheet=replace(sheet, read=item.sheet.read))
