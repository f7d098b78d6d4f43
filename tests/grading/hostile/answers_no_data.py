"""Answers that are hardly data: pickles, claims, foreign types, no end, more than was asked."""

from __future__ import annotations

from pathlib import Path

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import member
from hostile.making import TRACE, instead, lying, points
from hostile.protocol import ANSWERS

REFUSED = "0: it is no plain data, which alone crosses"
#: What unpickling an answer would leave behind, wherever it happens.
PICKLE_TRACE = Path("/tmp", f"{TRACE}-unpickled")


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
