"""Honest work with odd types and layouts of answers: full marks, and float16 not."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import honest, member
from hostile.odd_work import MEAN, answers, doubles


@honest("float32 results", "seven digits are within the tolerance")
def float32_results(room: Classroom) -> bytes:
    return answers(
        room,
        Twice=doubles("(2 * x).astype(np.float32)"),
        spread=f"def spread(x):\n    return np.float32({MEAN})",
    )


@member(
    "float16 results",
    "honest, but three digits are outside the tolerance of these two exercises",
    lambda room: room.full - sum(room.loaded.problem_set[e].points for e in ("spread", "Twice")),
)
def float16_results(room: Classroom) -> bytes:
    return answers(
        room,
        Twice=doubles("(2 * x).astype(np.float16)"),
        spread=f"def spread(x):\n    return np.float16({MEAN})",
    )


@honest("a long double", "more digits than were asked for are no mistake")
def long_double(room: Classroom) -> bytes:
    return answers(
        room, spread="def spread(x):\n    return np.mean((x - x.mean()) ** 2, dtype=np.longdouble)"
    )


@honest("big-endian results", "they hold the same numbers")
def big_endian_results(room: Classroom) -> bytes:
    return answers(room, Twice=doubles("(2 * x).astype('>f8')"))


@honest("a result with gaps between its numbers", "layout is no value")
def strided_result(room: Classroom) -> bytes:
    return answers(
        room, Twice=doubles("wide[::3]", "wide = np.zeros(3 * len(x))", "wide[::3] = 2 * x")
    )


@honest("a result of negative stride", "layout is no value")
def reversed_view(room: Classroom) -> bytes:
    return answers(room, Twice=doubles("np.ascontiguousarray(2 * x[::-1])[::-1]"))


@honest("a column of a Fortran-ordered matrix", "layout is no value")
def fortran_result(room: Classroom) -> bytes:
    return answers(
        room,
        Twice=doubles("both.reshape(2, -1, order='C')[1]", "both = np.asfortranarray([x, 2 * x])"),
    )


@honest("a read-only view of the input's memory", "nobody needs to write into an answer")
def read_only_view(room: Classroom) -> bytes:
    return answers(room, Twice=doubles("y.view()", "x *= 2", "y = x[:]", "y.setflags(write=False)"))


@honest("a broadcast result whose strides are zero", "layout is no value")
def broadcast_result(room: Classroom) -> bytes:
    return answers(room, Twice=doubles("x + np.broadcast_to(np.array(1.0), x.shape) * x"))


@honest("a zero-dimensional array where a number is asked", "it is a number")
def zero_dimensional(room: Classroom) -> bytes:
    return answers(
        room,
        spread=f"def spread(x):\n    return np.array({MEAN})",
        inner="def inner(x, y):\n    return np.einsum('i,i->', x, y)",
        taps="taps = np.array(27)",
    )


@honest("a NumPy integer, and a float that is whole", "27.0 is 27")
def numpy_scalars(room: Classroom) -> bytes:
    return answers(
        room, taps="taps = np.int16(27)", inner="def inner(x, y):\n    return np.dot(x, y)"
    )


@honest("a whole number as a float", "27.0 is 27")
def whole_float(room: Classroom) -> bytes:
    return answers(room, taps="taps = 27.0")


@honest("a list where a vector is asked", "the exercise compares numbers and shapes")
def list_result(room: Classroom) -> bytes:
    return answers(room, Twice=doubles("[2 * float(v) for v in x]"))


@honest("a tuple where a vector is asked", "the exercise compares numbers and shapes")
def tuple_result(room: Classroom) -> bytes:
    return answers(room, Twice=doubles("tuple(v + v for v in x)"))


@honest("a column of a matrix product, flattened", "layout is no value")
def matrix_product(room: Classroom) -> bytes:
    return answers(room, Twice=doubles("(np.eye(len(x)) * 2 @ x[:, None]).ravel(order='K')"))
