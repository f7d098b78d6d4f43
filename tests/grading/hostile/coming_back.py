"""Submissions that know what an earlier one was asked: every word of it, and the right answers."""

from __future__ import annotations

import json

from cvlib.check.codec import encode
from cvlib.grading.judging.plan import make_plan, plan_for
from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from hostile.corpus import member
from hostile.making import SHAPES, first, on

NEW_CASES = (
    "0: other bytes are asked other cases, so a table of the first hand-in holds none of them"
)

TABLE = """
import json
import numpy as np
from cvlib.check.codec import decode, encode

table = json.loads({table!r})

def look_up(args, kwargs):
    return decode(table[json.dumps(encode([list(args), kwargs]))])

def nearest(args, kwargs):
    flat = lambda x: np.asarray(x[0][0], float).ravel()
    known = [(decode(json.loads(k)), v) for k, v in table.items()]
    here = np.asarray(args[0], float).ravel()
    same = [(k, v) for k, v in known if np.shape(k[0][0]) == np.shape(args[0])]
    return decode(min(same, key=lambda kv: np.abs(flat(kv[0]) - here).sum())[1])

def lie(*args, **kwargs):
    return {how}(args, kwargs)
"""


def asked(room: Classroom, raw: bytes) -> dict[str, object]:
    """All that a submission was asked, with what is right: more than any channel could tell."""
    plan = make_plan(room.loaded, seed=room.seed)
    assert plan.draws is not None
    drawn_plan = plan_for(plan, plan.draws.of("", raw))
    return {
        json.dumps(encode([list(args), dict(kwargs)])): encode(expected)
        for sheet in map(drawn_plan.sheet, plan.items)
        for (args, kwargs), expected in zip(sheet.calls, sheet.expected, strict=True)
    }


def from_a_table(room: Classroom, how: str) -> bytes:
    table = json.dumps(asked(room, to_bytes(room.blank())))
    notebook = first(room.blank(), TABLE.format(table=table, how=how))
    for exercise in room.judged:
        rewrite(notebook, exercise.id, SHAPES[exercise.kind].format(name=exercise.name))
    return to_bytes(notebook)


@on("ps91_chain")
@member("a table of everything that the first hand-in was asked", NEW_CASES)
def table_of_the_first(room: Classroom) -> bytes:
    return from_a_table(room, "look_up")


@on("ps91_chain")
@member("the nearest of everything that the first hand-in was asked", NEW_CASES)
def nearest_of_the_first(room: Classroom) -> bytes:
    return from_a_table(room, "nearest")
