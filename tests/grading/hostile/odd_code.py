"""Honest work that is written in an odd way: every one of these must get full marks."""

from __future__ import annotations

from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from hostile.corpus import honest
from hostile.odd_work import MEAN, answers, with_cell


@honest("a lambda", "it is a function")
def a_lambda(room: Classroom) -> bytes:
    return answers(room, inner="inner = lambda x, y: float(x @ y)")


@honest("functools.partial of a more general function", "it can be called")
def a_partial(room: Classroom) -> bytes:
    return answers(
        room,
        spread="from functools import partial\n\n\ndef moment(order, x, *, about=np.mean):\n"
        "    return float(((x - about(x)) ** order).mean())\n\n\nspread = partial(moment, 2)",
    )


@honest("a callable object", "it can be called")
def a_callable_object(room: Classroom) -> bytes:
    return answers(
        room,
        inner="class Product:\n    def __init__(self):\n        self.calls = 0\n\n"
        "    def __call__(self, x, y):\n        self.calls += 1\n        return float(x @ y)\n\n\n"
        "inner = Product()",
    )


@honest("functions under decorators, one that remembers", "wrapping changes no value")
def decorated(room: Classroom) -> bytes:
    return answers(
        room,
        spread="import time\nfrom functools import lru_cache, wraps\n\n\n"
        "def timed(function):\n    @wraps(function)\n    def inside(*args, **kwargs):\n"
        "        start = time.perf_counter()\n        try:\n"
        "            return function(*args, **kwargs)\n        finally:\n"
        "            print(f'{time.perf_counter() - start:.6f} s')\n\n    return inside\n\n\n"
        "@lru_cache(maxsize=None)\ndef triangle(n):\n    return n if n < 2 else n + triangle(n - 1)"
        f"\n\n\n@timed\ndef spread(x):\n    assert triangle(4) == 10\n    return {MEAN}",
    )


@honest("a function bound to an object", "a method can be called")
def a_bound_method(room: Classroom) -> bytes:
    return answers(
        room,
        inner="from types import SimpleNamespace\n\n\nclass Algebra:\n    @staticmethod\n"
        "    def check(x):\n        return np.asarray(x)\n\n    def product(self, x, y):\n"
        "        return self.check(x) @ self.check(y)\n\n\ninner = Algebra().product",
    )


@honest("more parameters with defaults, and type annotations", "the call that is asked works")
def more_parameters(room: Classroom) -> bytes:
    return answers(
        room,
        spread="from __future__ import annotations\n\nfrom typing import Any\n\n\n"
        "def spread(x: np.ndarray, /, axis: int | None = None, *, ddof: int = 0, **rest: Any) -> "
        "float:\n    return float(np.var(x, axis=axis, ddof=ddof))",
    )


@honest("star arguments", "the call that is asked works")
def star_arguments(room: Classroom) -> bytes:
    return answers(
        room,
        inner="def inner(*vectors):\n    return float(np.prod(np.stack(vectors), axis=0).sum())",
    )


@honest("recursion", "slow and right")
def recursion(room: Classroom) -> bytes:
    return answers(
        room,
        inner="def inner(x, y):\n    if len(x) == 0:\n        return 0.0\n"
        "    return x[0] * y[0] + inner(x[1:], y[1:])",
    )


@honest("generators and an asynchronous helper", "what runs inside is the student's business")
def generators(room: Classroom) -> bytes:
    return answers(
        room,
        spread="def squares(x):\n    middle = x.mean()\n    yield from ((v - middle) ** 2 for v in "
        "x.flat)\n\n\nasync def nothing():\n    return 0\n\n\nawait nothing()\n\n\n"
        "def spread(x):\n    return sum(squares(x)) / x.size",
    )


@honest("a dataclass, and the class built by inheritance", "objects of it can be called")
def inherited_class(room: Classroom) -> bytes:
    return answers(
        room,
        Twice="from dataclasses import dataclass\n\n\n@dataclass(frozen=True)\nclass Times:\n"
        "    factor: float = 1.0\n\n    def __call__(self, x):\n"
        "        return self.factor * x\n\n\n"
        "@dataclass(frozen=True)\nclass Twice(Times):\n    factor: float = 2.0",
    )


@honest("a factory in place of a class", "what is asked is that Twice()(x) works")
def factory_for_class(room: Classroom) -> bytes:
    return answers(room, Twice="def Twice():\n    return lambda x: x + x")


@honest("names in Greek and accents", "Python 3 reads them")
def unicode_names(room: Classroom) -> bytes:
    return answers(
        room,
        spread="def spread(x):\n    μ = x.mean()\n    Δ = x - μ\n    σ2 = float((Δ**2).mean())\n"
        "    größe = 'naïve – 平均 🙂'\n    return σ2",
    )


@honest("tabs, trailing blanks, form feeds and Windows line ends", "white space is no error")
def white_space(room: Classroom) -> bytes:
    notebook = room.solved()
    tabs = (
        "def spread(x):   \n\ttotal = 0.0\t\n\tfor v in x.flat:\n\t\ttotal += (v - x.mean()) ** 2\n"
    )
    rewrite(notebook, "spread", f"\n\n\f{tabs}\treturn total / x.size\n\n   \n# the end")
    for cell in notebook.cells:
        if not grade_id(cell).startswith("check-"):
            cell.source = cell.source.replace("\n", "\r\n")
    return to_bytes(notebook)


@honest("a star import and NumPy under two more names", "names are the student's")
def star_import(room: Classroom) -> bytes:
    return answers(
        room,
        spread="from numpy import *\nimport numpy\nimport numpy as number\n\n\n"
        "def spread(x):\n    return number.var(asarray(x)) + numpy.zeros(1)[0]",
    )


@honest("constants outside, and a counter that is global", "a notebook has one namespace")
def global_state(room: Classroom) -> bytes:
    notebook = room.solved()
    insert_after(notebook, "check-spread", "EPSILON = 0.0\nHALF: float = 0.5\ncalls = 0")
    rewrite(
        notebook,
        "inner",
        "def inner(x, y):\n    global calls\n    calls += 1\n"
        "    return 2 * HALF * float(x @ y) + EPSILON",
    )
    return to_bytes(notebook)


@honest("a main block and assertions of one's own", "the name of the module is __main__")
def main_block(room: Classroom) -> bytes:
    return answers(
        room,
        spread=f"def spread(x):\n    return {MEAN}\n\n\nif __name__ == '__main__':\n"
        "    assert spread(np.arange(3.0)) == 2 / 3\n    print(spread(np.ones(5)))",
        inner="if __name__ == '__main__':\n    def inner(x, y):\n        return x @ y",
    )


@honest("an optional import", "a library may be missing, and here it is withheld")
def optional_import(room: Classroom) -> bytes:
    return answers(
        room,
        spread="try:\n    import torch\n\n    torch.manual_seed(0)\nexcept ImportError:\n"
        f"    torch = None\n\n\ndef spread(x):\n    return {MEAN}",
        Twice="try:\n    from cvlib.convolution import fast\nexcept ImportError:\n"
        "    fast = None\n\n\nclass Twice:\n    def __call__(self, x):\n        return x * 2",
    )


@honest("a copy of the input that is changed", "the input stays as it was")
def changes_a_copy(room: Classroom) -> bytes:
    return answers(
        room,
        spread="def spread(x):\n    x = np.array(x, copy=True)\n    x -= x.mean()\n    x **= 2\n"
        "    return x.mean()",
    )


@honest("the input itself is changed", "each call has an input of its own")
def changes_the_input(room: Classroom) -> bytes:
    return answers(
        room,
        spread="def spread(x):\n    x -= x.mean()\n    x **= 2\n    return x.mean()",
        inner="def inner(x, y):\n    x *= y\n    return x.sum()",
    )


@honest("experiments that reseed the global generators", "hidden cases are drawn elsewhere")
def reseeds(room: Classroom) -> bytes:
    return answers(
        room,
        spread="import random\n\nrandom.seed(0)\nnp.random.seed(0)\n\n\ndef spread(x):\n"
        f"    np.random.seed(len(x))\n    np.random.shuffle(np.arange(9))\n    return {MEAN}",
    )


@honest("a cell that takes a second, and a slow function", "both are within the limits")
def takes_its_time(room: Classroom) -> bytes:
    notebook = insert_after(room.solved(), "check-spread", "import time\n\ntime.sleep(1)")
    rewrite(notebook, "inner", "def inner(x, y):\n    time.sleep(0.2)\n    return float(x @ y)")
    return to_bytes(notebook)


@honest("a pool of threads in a function", "a handful of threads is no attack")
def threads(room: Classroom) -> bytes:
    return answers(
        room,
        inner="from concurrent.futures import ThreadPoolExecutor\n\n\ndef inner(x, y):\n"
        "    with ThreadPoolExecutor(4) as pool:\n"
        "        return sum(pool.map(lambda p: p[0] * p[1], zip(x, y)))",
    )


@honest("errstate, warnings as errors and print options changed", "settings of the process")
def changes_settings(room: Classroom) -> bytes:
    return with_cell(
        room,
        "import warnings\n\nimport numpy as np\n\nnp.seterr(all='raise')\n"
        "warnings.simplefilter('error')\nnp.set_printoptions(precision=2, suppress=True)\n"
        "import sys\nsys.setrecursionlimit(5000)",
    )
