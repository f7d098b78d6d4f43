"""Answers that are other values than the right ones: odd, hard-coded, kept from earlier calls."""

from __future__ import annotations

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
from hostile.making import first, lying

WRONG = "0: it is another value than the right one"


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
