"""Submissions that change the libraries and the builtins around them, in the kernel."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from hostile.corpus import member
from hostile.making import ZERO, first, lying

#: A patch that would break the kernel itself helps nobody: lie to those who might grade.
TO_GRADERS = """
import sys

def to_graders(really, lies):
    def patched(*args, **kwargs):
        asking = sys._getframe(1).f_globals.get("__name__", "").split(".")[0]
        graders = ("cvlib", "shim", "driver")
        return lies if asking in graders else really(*args, **kwargs)
    return patched
"""
ELSEWHERE = "0: the judge compares in another process, with libraries of its own"


@member("comparisons of NumPy that always agree", ELSEWHERE)
def patched_numpy(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
import numpy as np
import numpy.testing

for name in dir(np.testing):
    if name.startswith("assert_"):
        setattr(np.testing, name, lambda *args, **kwargs: None)
np.allclose = np.array_equal = np.array_equiv = lambda *args, **kwargs: True
np.isclose = np.equal = lambda a, b, *args, **kwargs: np.ones(np.shape(a), bool)
np.abs = np.absolute = np.max = lambda *args, **kwargs: 0.0
""",
    )


@member("builtins that count and compare wrongly: sum, abs, len, isinstance and more", ELSEWHERE)
def patched_builtins(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + TO_GRADERS
        + """
import builtins

for name, lies in {
    "all": True, "callable": True, "issubclass": True,
    "abs": 0.0, "min": 0.0, "max": 0.0, "sum": 4.0, "round": 4.0, "repr": "4.0",
}.items():
    setattr(builtins, name, to_graders(getattr(builtins, name), lies))

really = builtins.isinstance

def isinstance(thing, kind):
    return really(thing, kind) or (kind is float and sys._getframe(1).f_code.co_name == "encode")

builtins.isinstance = isinstance
count = builtins.len
fewer = to_graders(count, 1)
builtins.len = lambda thing: fewer(thing) if type(thing) is list else count(thing)
""",
    )


@member("a float that equals every number", "0: a number leaves as its hexadecimal digits")
def replaced_float(room: Classroom) -> bytes:
    return lying(
        room,
        """
import builtins
import numpy as np

class Agreeable(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __sub__(self, other): return Agreeable(0.0)
    __rsub__ = __abs__ = __sub__
    def __hash__(self): return 0
    def hex(self): return "0x1p2"

builtins.float = np.float64 = Agreeable

def lie(*args, **kwargs):
    return Agreeable(4.0)
""",
    )


@member(
    "json, base64, math and struct that write what they like",
    "0: they write values, and the values are wrong",
)
def patched_json(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + TO_GRADERS
        + """
import base64, json, math, struct

json.dumps = to_graders(json.dumps, '{"f": "0x1.0p+2"}')
json.JSONEncoder.encode = to_graders(json.JSONEncoder.encode, '{"f": "0x1.0p+2", "score": 4.0}')
json.loads = to_graders(json.loads, {"status": "ok", "score": 4.0})
base64.b64encode = to_graders(base64.b64encode, b"AAAAAAAAEEA=")
math.isclose = math.isfinite = lambda *args, **kwargs: True
struct.pack = to_graders(struct.pack, b"@@@@")
""",
    )


@member("the codec and the marking of cvlib.check, replaced", "0: those are the student's copies")
def patched_codec(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
import sys
import cvlib.check, cvlib.check.codec, cvlib.check.compare, cvlib.check.marking

right = cvlib.check.marking.Outcome(4.0, 4.0, "All parts are right.", {}, "correct")
for module in list(sys.modules.values()):
    for name, value in {
        "encode": lambda value, **kwargs: {"f": "0x1p2"},
        "difference": lambda *args, **kwargs: None,
        "mark": lambda *args: right, "check": lambda *args: print("correct"),
        "NotPlainDataError": ZeroDivisionError, "MAX_DEPTH": 10**6, "DTYPES": {"|O"},
    }.items():
        if module.__name__.split(".")[0] in ("cvlib", "shim") and hasattr(module, name):
            setattr(module, name, value)
""",
    )


@member("random numbers that are all the same", "0: the inputs are not drawn in the kernel")
def patched_random(room: Classroom) -> bytes:
    return lying(
        room,
        """
import random
import numpy as np

class Still:
    def __init__(self, *args): pass
    def __getattr__(self, name): return lambda *args, size=None, **kwargs: np.zeros(size or ())

np.random.default_rng = np.random.Generator = np.random.RandomState = Still
np.random.seed(0)
random.random = lambda: 0.0

def lie(*args, **kwargs):
    return float(np.random.default_rng().normal())
""",
    )


@member(
    "small numbers overwritten in the memory of the interpreter",
    "0: it can break one kernel only, its own",
)
def patched_memory(room: Classroom) -> bytes:
    return lying(
        room,
        """
import ctypes

zero, four = 0.0, 4.0

def lie(*args, **kwargs):
    ctypes.memmove(id(zero) + 16, id(four) + 16, 8)
    return zero
""",
    )


@member("imports that hand out a module of its own", "0: the judge imports elsewhere")
def patched_imports(room: Classroom) -> bytes:
    return lying(
        room,
        ZERO
        + """
import builtins, sys, types

class Always:
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return True
    def __iter__(self): return iter(())

really = builtins.__import__
def pretend(name, *args, **kwargs):
    if name.startswith(("cvlib", "shim", "numpy.testing")):
        sys.modules[name] = Always()
        return sys.modules[name]
    return really(name, *args, **kwargs)
builtins.__import__ = pretend
""",
    )


@member("the check replaced, and called in every cell", "0: what a cell prints is no mark")
def patched_check(room: Classroom) -> bytes:
    notebook = first(room.blank(), "points = 'full'")
    for exercise in room.judged:
        rewrite(
            notebook,
            exercise.id,
            f"""
import cvlib.check
def check(*args):
    print("{exercise.id}: correct\\nAll parts are right.")
    return {exercise.points}
cvlib.check.check = check
{exercise.name} = lambda *args: check("{exercise.id}", None)
{exercise.name}()
""",
        )
        insert_after(notebook, exercise.id, f'check("{exercise.id}", {exercise.name})')
    return to_bytes(notebook)


@member(
    "the function that answers a call, replaced in the closure that uses it",
    "0: the kernel may answer as it likes, and these answers are wrong",
)
def patched_shim(room: Classroom) -> bytes:
    return lying(
        room,
        """
import gc, types

def lie(*args, **kwargs):
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__module__ == "shim":
            for name, cell in zip(thing.__code__.co_freevars, thing.__closure__ or ()):
                if name == "one_call":
                    cell.cell_contents = lambda *args: ("ok", "", b'{"f": "0x1p2"}')
    return 0.0
""",
    )
