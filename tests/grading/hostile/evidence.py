"""Who knows where a driver looks: replaced helpers, verdicts from frames, values read twice."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom, rewrite, to_bytes
from hostile.corpus import honest, member
from hostile.making import append, first, instead, on, points

SET = "ps93_evidence"
NOTHING = "0: the judge looks at what comes, with what is its own"


def answered(room: Classroom, source: str) -> bytes:
    """A first cell, and exercises that call what it defines: ``lie``, and ``Lie`` for the class."""
    notebook = first(room.blank(), source)
    rewrite(notebook, "halve", "def halve(labels):\n    return lie(labels)")
    rewrite(notebook, "is_slope", "def is_slope(f, g, x):\n    return lie(f, g, x)")
    rewrite(notebook, "Shrink", "class Shrink(Lie):\n    pass")
    return to_bytes(notebook)


STUB = """
class Lie:
    def __init__(self, arrays): self.arrays = arrays
    def step(self, factor): self.arrays[:] = [a * factor for a in self.arrays]
"""


@member("patched: the driver's helpers say that all is well", NOTHING)
@on(SET)
def helpers_replaced(room: Classroom) -> bytes:
    return answered(
        room,
        STUB
        + """
import numpy as np

def lie(*args): return True
whole = np.asarray
def asarray(value, *args, **kwargs):
    return np.arange(4) if value is True else whole(value, *args, **kwargs)
np.asarray = np.array = asarray
np.bincount = lambda *args, **kwargs: np.ones(9)
np.sort = np.unique = lambda values, *args, **kwargs: values
np.allclose = np.array_equal = lambda *args, **kwargs: True
""",
    )


@member("the codec and json of the process answer for the student", NOTHING)
@on(SET)
def codec_replaced(room: Classroom) -> bytes:
    return answered(
        room,
        STUB
        + """
import gc, json, types
import cvlib.check.codec as codec, cvlib.check.looking as looking, cvlib.check.marking as marking

def lie(*args): return "right"
SAID = {"d": [["each once", {"l": []}], ["of each class", {"l": []}]]}
for module in (codec, looking, marking):
    for name in ("encode", "looked", "mark", "difference"):
        if hasattr(module, name):
            setattr(module, name, lambda *args, **kwargs: SAID)
json.dumps = lambda *args, **kwargs: json.encoder.JSONEncoder().encode(SAID)
for found in gc.get_objects():
    if isinstance(found, types.FunctionType) and found.__name__ in ("encode", "one_call"):
        found.__defaults__ = None
""",
    )


@member("verdicts are looked for in frames, closures, names and source", NOTHING)
@on(SET)
def verdicts_from_frames(room: Classroom) -> bytes:
    return answered(
        room,
        STUB
        + """
import inspect, sys

WORDS = ("right", "wrong", "spoilt", "expected", "verdict", "factor", "truth", "answer")

def lie(*args):
    told = [getattr(a, "__qualname__", "") + str(getattr(a, "__defaults__", "")) for a in args]
    frame = sys._getframe(1)
    while frame is not None:
        for name, value in frame.f_locals.items():
            if any(w in name for w in WORDS) and isinstance(value, bool):
                return value
        frame = frame.f_back
    for a in args[:2]:
        cells = inspect.getclosurevars(a).nonlocals if callable(a) else {}
        for name, value in cells.items():
            if isinstance(value, bool):
                return value
            told.append(name)
    return not any("wrong" in t or "spoilt" in t for t in told)
""",
    )


@member("verdicts by the order of the calls, and by what came before", NOTHING)
@on(SET)
def verdicts_by_order(room: Classroom) -> bytes:
    return answered(
        room,
        STUB
        + """
import numpy as np

seen = []

def lie(*args):
    if len(args) == 1:
        return [range(len(args[0]) // 2), range(len(args[0]) // 2, len(args[0]))]
    f, g, x = args
    seen.append(float(np.abs(g(x)).sum()))
    return seen[-1] >= np.median(seen) if len(seen) % 3 else len(seen) % 2 == 0
""",
    )


@member("values that are another one each time they are read", NOTHING)
@on(SET)
def read_twice(room: Classroom) -> bytes:
    return answered(
        room,
        """
import itertools
import numpy as np

class Turning(list):
    turn = itertools.count()
    def __iter__(self): return iter([next(self.turn), *range(3)])
    def __len__(self): return 2
    def __getitem__(self, k): return next(self.turn)

class Changing(np.ndarray):
    def __array_finalize__(self, other): pass
    def tobytes(self, *args): return np.zeros(self.shape).tobytes()
    def __eq__(self, other): return np.ones(self.shape, bool)

class Lie:
    def __init__(self, arrays): self.arrays = arrays
    def step(self, factor): self.arrays[:] = [a.view(Changing) for a in self.arrays]

def lie(*args):
    if len(args) == 1:
        return Turning([Turning([1]), Turning([2])])
    return Turning([True])
""",
    )


@member("evidence that no look expects", "0: whatever a look raises is no verdict")
@on(SET)
def strange_evidence(room: Classroom) -> bytes:
    return answered(
        room,
        """
import numpy as np

def deep(k): return [deep(k - 1)] * 2 if k else np.full((3, 3), np.nan)
kinds = [deep(5), {"each once": None}, [np.arange(-9, 0)] * 2, [np.ones((0, 0, 0))] * 2]

class Lie:
    def __init__(self, arrays): [a.resize(0, refcheck=False) for a in arrays]
    def step(self, factor): pass

def lie(*args):
    kinds.append(kinds.pop(0))
    return kinds[0]
""",
    )


@member(
    "new arrays in the list that was handed over",
    "all but Shrink: the arrays themselves have to move",
    lambda room: room.full - points(room, "Shrink"),
)
@on(SET)
def rebinds_the_list(room: Classroom) -> bytes:
    source = """
import gc

class Shrink:
    def __init__(self, arrays): self.arrays = arrays
    def step(self, factor):
        new = [a * factor for a in self.arrays]
        for held in gc.get_referrers(self.arrays[0]):
            if isinstance(held, list) and held is self.arrays:
                held[:] = new
"""
    return instead(room, "Shrink", source)


@honest("own subclasses of plain types", "what crosses is what they hold")
@on(SET)
def subclasses_of_plain_types(room: Classroom) -> bytes:
    source = """
class Places(list):
    pass

def halve(labels):
    order = sorted(range(len(labels)), key=lambda i: labels[i])
    return Places([Places(order[1::2]), tuple(order[::2])])
"""
    return instead(room, "halve", source)


@honest("a check that remembers what it was asked", "one request after the other reaches it")
@on(SET)
def keeps_state_between_requests(room: Classroom) -> bytes:
    source = """
    asked, plain = [], is_slope

    def is_slope(f, g, x):
        asked.append(len(x))
        return plain(f, g, x)
    """
    return append(room, "is_slope", source)
