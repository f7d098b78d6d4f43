"""Answers that should shake no marking: odd numbers, arrays and shapes, hard-coded values."""

from __future__ import annotations

from pathlib import Path

from cvlib.check.codec import encode
from cvlib.check.public import PUBLIC_FILE
from cvlib.grading.rehearsal.classroom import (
    Classroom,
    check_cells,
    insert_after,
    rewrite,
    to_bytes,
)
from cvlib.grading.spec.exercise import PUBLIC_SEED
from cvlib.grading.spec.sheets import generator, make_sheet
from hostile.corpus import member
from hostile.making import TRACE, first, instead, lying, points

WRONG = "0: it is another value than the right one"
REFUSED = "0: it is no plain data, which alone crosses"

#: What unpickling an answer would leave behind, wherever it happens.
PICKLE_TRACE = Path("/tmp", f"{TRACE}-unpickled")


@member("NaN for every answer, and as the result of every cell", "0: NaN equals nothing")
def nan_for_everything(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

def lie(x=0.0, *args, **kwargs):
    return np.full(np.shape(x), np.nan) if np.ndim(x) == 1 and len(x) == 3 else float("nan")

float("nan")
""",
    )


@member("infinity for every answer", "0: an answer that is not finite is wrong")
def infinite(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

calls = []
def lie(*args, **kwargs):
    calls.append(1)
    return [float("inf"), -np.inf, np.float32("inf"), np.float16(65504) * 2][len(calls) % 4]
""",
    )


@member(
    "negative, huge and NumPy-typed scores as answers and as the results of cells",
    "0: an answer is compared, never taken for a score",
)
def scores_as_answers(room: Classroom) -> bytes:
    notebook = first(room.blank(), "import numpy as np")
    values = ["-1.0", "1e308", "np.float64(4.0)", "np.float32(3.0)", "10**300", "np.int64(99)"]
    for k, exercise in enumerate(room.judged):
        value = values[k % len(values)]
        name = exercise.name
        rewrite(notebook, exercise.id, f"{name} = {value}\nprint({value})\n{value}")
        insert_after(notebook, exercise.id, f"print({value})\n{value}")
    for cell in check_cells(notebook):
        cell.source = f"{float(cell.metadata.nbgrader.points)!r}"
    return to_bytes(notebook)


@member(
    "the answers to the public cases, and a constant for the rest", "0: the hidden cases are others"
)
def hard_coded(room: Classroom) -> bytes:
    notebook = first(room.blank(), "import json\nfrom cvlib.check.codec import decode, encode")
    for exercise in room.judged:
        rng = generator(PUBLIC_SEED, exercise.id)
        sheet = make_sheet(exercise, (), rng, public=True)
        known = {
            repr(encode(tuple(args))): encode(value)
            for (args, _), value in zip(sheet.calls, sheet.expected, strict=True)
        }
        source = f"known = {known!r}\nconstant = list(known.values())[-1]\n" + (
            f"{exercise.name} = decode(constant)"
            if exercise.kind == "answer"
            else f"class {exercise.name}:\n"
            "    def __new__(cls, *args, **kwargs):\n"
            "        found = known.get(repr(encode(args)), constant)\n"
            "        return decode(found) if args else object.__new__(cls)\n"
            "    def __call__(self, *args):\n"
            "        return decode(known.get(repr(encode(args)), constant))"
        )
        rewrite(
            notebook,
            exercise.id,
            source.replace("known", f"known_{exercise.id}").replace(
                "constant", f"constant_{exercise.id}"
            ),
        )
    return to_bytes(notebook)


@member(
    "the cases of the file beside the notebook, read and answered from",
    "0: the file holds the public cases alone",
)
def reads_the_public_file(room: Classroom) -> bytes:
    return lying(
        room,
        f"""
import json
from cvlib.check.codec import decode, encode

sheets = json.load(open("{PUBLIC_FILE}"))["exercises"]
known = {{repr(encode(tuple(call[0]))): value for sheet in sheets.values()
         for call, value in zip(decode(sheet["calls"]), decode(sheet["expected"]))}}

def lie(*args, **kwargs):
    return known.get(repr(encode(args)), 27)
""".replace(", 27)", ", 0)"),
    )


@member("inputs kept in a global and a file, and answered with those of earlier calls", WRONG)
def memoised(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

seen = []
def lie(*args, **kwargs):
    seen.append(args)
    np.save("/tmp/seen.npy", np.array(len(seen)))
    with open("/tmp/seen.txt", "a") as file:
        print(args, file=file)
    earlier = seen[len(seen) // 2]
    return earlier[0] if earlier else int(np.load("/tmp/seen.npy"))
""",
    )


@member(
    "inputs changed in place, so that the reference would see them",
    "0: each call has inputs of its own, and the judge keeps its own",
)
def mutates_inputs(room: Classroom) -> bytes:
    return lying(
        room,
        """
import gc
import numpy as np

def lie(*args, **kwargs):
    for thing in [*args, *(t for t in gc.get_objects() if type(t) is np.ndarray)]:
        if thing.flags.writeable:
            thing[...] = 0
        else:
            try:
                thing.flags.writeable = True
                thing[...] = 0
            except ValueError:
                pass
    return args[0] if np.shape(args[:1])[1:] == (3,) else 0.0
""",
    )


@member("an object whose pickle runs a command", "0: nothing is ever unpickled")
def pickles(room: Classroom) -> bytes:
    return lying(
        room,
        f"""
import pathlib, pickle
import numpy as np

class Bomb:
    def __reduce__(self):
        return (pathlib.Path.touch, (pathlib.Path("{PICKLE_TRACE}"),))
    __array_interface__ = property(lambda self: {{"data": pickle.dumps(self), "typestr": "|O",
                                                 "shape": (1,), "version": 3}})

calls = []
def lie(*args, **kwargs):
    calls.append(1)
    bomb = Bomb()
    return [bomb, np.array([bomb], object), pickle.dumps(bomb), str(pickle.dumps(bomb)),
            np.frombuffer(pickle.dumps(bomb), np.uint8), {{"__reduce__": "os"}}][len(calls) % 6]
""",
    )


@member(
    "views with strides of 0 that claim terabytes",
    "all points but those of the exercise: they do not fit into a kernel",
    lambda room: room.full - points(room, "spread"),
)
def claims_terabytes(room: Classroom) -> bytes:
    return instead(
        room,
        "spread",
        """
        import numpy as np

        def spread(x):
            return np.broadcast_to(np.float64(0.0), (2**20, 2**20))
    """,
    )


@member("arrays sent with a shape, a dtype or a length that is not theirs", "0: all is checked")
def claims_on_the_wire(room: Classroom) -> bytes:
    from hostile.hooks import ANSWERS

    return lying(
        room,
        ANSWERS
        + """
import base64

claims = [{"a": "", "dtype": "<f8", "shape": [2**40]}, {"a": "", "dtype": "<f8", "shape": [-1]},
          {"a": "AAAA", "dtype": "|O", "shape": [1]}, {"a": "AAAA", "dtype": "<U9", "shape": []},
          {"a": "", "dtype": "<f8", "shape": [0, 2**62, 4]},
          {"a": "", "dtype": "<f8", "shape": [1] * 70},
          {"a": "", "dtype": "<f8", "shape": [True]}, {"a": "AAAA", "dtype": "<f8", "shape": []},
          {"a": "", "dtype": "<f8", "shape": [0, 10**30]}, {"f": "0x1p99999999999"},
          {"i": "٣"}, {"i": "1" * 400}, {"d": [["a", None], ["a", None]]},
          {"t": [{"t": []}] * 30_000}, {"s": "x" * 10**6}]

calls = []
def lie(*args, **kwargs):
    for index in range(8):
        calls.append(1)
        data = json.dumps(claims[len(calls) % len(claims)]).encode()
        send({"index": index, "status": "ok"}, data)
    return 0.0
""",
    )


@member("arrays of objects, records, dates, complex numbers and text", REFUSED)
def strange_dtypes(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

values = [np.array([[4.0, None]], object), np.zeros(3, [("x", "f8"), ("y", "O")]),
          np.array(["4.0"]), np.array([b"4.0"]), np.array([4 + 0j]), np.datetime64("2000-01-01"),
          np.zeros(3, "V8"), np.float128(4), np.zeros(3, ">f8"), np.rec.array([(1, 2.0)])]
calls = []
def lie(*args, **kwargs):
    calls.append(1)
    return values[len(calls) % len(values)]
""",
    )


@member("lists nested without end, and lists that hold themselves", "0: depth is limited")
def nested(room: Classroom) -> bytes:
    return lying(
        room,
        """
import sys

sys.setrecursionlimit(10**6)
deep = itself = []
itself.append(itself)
for _ in range(5000):
    deep = {"a": (deep,)}

calls = []
def lie(*args, **kwargs):
    calls.append(1)
    return [deep, itself, [[0.0] * 350] * 300, {"a": deep}, [itself]][len(calls) % 5]
""",
    )


@member(
    "generators, and a mapping and a list that never end",
    "all points but those of the exercise: a generator is no plain data, and the rest takes "
    "time of its own",
    lambda room: room.full - points(room, "spread"),
)
def never_ends(room: Classroom) -> bytes:
    return instead(
        room,
        "spread",
        """
        import itertools

        class Endless(dict):
            def __iter__(self): return map(str, itertools.count())
            def items(self): return ((str(k), 0.0) for k in itertools.count())

        calls = []

        def spread(x):
            calls.append(1)
            return (k for k in itertools.count()) if len(calls) == 1 else Endless()
    """,
    )


@member("every number that could be meant, in the hope of a broadcast", "0: the shape is another")
def every_number(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

def lie(*args, **kwargs):
    return np.arange(-500.0, 500.0).reshape(-1, 1)
""",
    )


@member("empty arrays, which differ nowhere", "0: the shape is another")
def empty_arrays(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

calls = []
def lie(*args, **kwargs):
    calls.append(1)
    return [np.zeros(0), [], np.zeros((0, 3)), (), {}][len(calls) % 5]
""",
    )


@member("the number as text, and text that is as long as an answer may be", "0: text is no number")
def texts(room: Classroom) -> bytes:
    return lying(
        room,
        """
def lie(x=None, *args, **kwargs):
    return "27" if x is None else "4.0" * 2**22
""",
    )


@member(
    "a list of one long and many short texts, which an array would make equally long",
    "0: a list of texts is no array of numbers, and is not made one",
)
def texts_that_grow(room: Classroom) -> bytes:
    return lying(
        room,
        """
def lie(*args, **kwargs):
    return ["x"] * 90_000 + ["y" * 2**22]
""",
    )


@member(
    "an array of millions of small numbers in the place of one",
    "0: it is not read number by number",
)
def millions_of_numbers(room: Classroom) -> bytes:
    return lying(
        room,
        """
import numpy as np

def lie(*args, **kwargs):
    return np.zeros(2**22, np.uint8)
""",
    )


@member("a dictionary with keys of megabytes", "0: a dictionary is no number")
def long_keys(room: Classroom) -> bytes:
    return lying(
        room,
        """
def lie(*args, **kwargs):
    return {"k" * 2**20 + str(n): n for n in range(8)}
""",
    )
