"""Honest work that looks odd: every one of these must get full marks, and float16 must not."""

from __future__ import annotations

import json
from typing import Any

import nbformat

from cvlib.grading.notebook.normalize import grade_id
from cvlib.grading.rehearsal.classroom import (
    Classroom,
    check_cells,
    insert_after,
    rewrite,
    to_bytes,
)
from hostile.corpus import honest, member

MEAN = "float(((x - x.mean()) ** 2).mean())"


def answers(room: Classroom, **sources: str) -> bytes:
    """The solved notebook with other sources for some exercises."""
    notebook = room.solved()
    for name, source in sources.items():
        rewrite(notebook, name, source)
    return to_bytes(notebook)


def with_cell(room: Classroom, source: str, after: str = "") -> bytes:
    """The solved notebook with a cell of the student's own, before everything or after a cell."""
    notebook = room.solved()
    if after:
        return to_bytes(insert_after(notebook, after, source))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(source))
    return to_bytes(notebook)


def doubles(expression: str, *before: str) -> str:
    """A class whose objects double what they are called with, by an expression of ``x``."""
    lines = "".join(f"        {line}\n" for line in before)
    return f"class Twice:\n    def __call__(self, x):\n{lines}        return {expression}"


# What a cell writes and shows.


@honest("warnings on stderr", "stock nbgrader gives 0 for them")
def warns(room: Classroom) -> bytes:
    return answers(
        room,
        spread="import sys\nimport warnings\n\n\ndef spread(x):\n"
        "    warnings.warn('deprecated', DeprecationWarning, stacklevel=1)\n"
        f"    print('warming up', file=sys.stderr)\n    np.log(np.zeros(2))\n    return {MEAN}",
    )


@honest("prints inside functions", "a look at one's own numbers is no answer")
def prints_much(room: Classroom) -> bytes:
    return answers(
        room,
        inner="def inner(x, y):\n    for a, b in zip(x, y):\n        print(a, b, 3.0)\n"
        "    print('x' * 10_000)\n    return (x * y).sum()",
    )


@honest("logging to stderr and to a file in the working directory", "both are allowed")
def logs(room: Classroom) -> bytes:
    return answers(
        room,
        spread="import logging\n\nlogging.basicConfig(level=logging.DEBUG)\n"
        "log = logging.getLogger(__name__)\nlog.addHandler(logging.FileHandler('run.log'))\n\n\n"
        f"def spread(x):\n    log.warning('shape %s', x.shape)\n    return {MEAN}",
    )


@honest("text bars of tqdm", "they are written on stderr")
def text_bars(room: Classroom) -> bytes:
    return answers(
        room,
        inner="from tqdm import tqdm, trange\n\n\ndef inner(x, y):\n    total = 0.0\n"
        "    for k in trange(len(x), desc='sum'):\n        total += x[k] * y[k]\n"
        "    for _ in tqdm(range(3)):\n        pass\n    return total",
    )


@honest("bars of tqdm.auto", "the widget may be missing; the answer is not")
def auto_bars(room: Classroom) -> bytes:
    return answers(
        room,
        inner="from tqdm.auto import tqdm\n\n\ndef inner(x, y):\n"
        "    return sum(a * b for a, b in tqdm(zip(x, y), total=len(x)))",
    )


@honest("a figure in a cell and one left open", "pictures are shown, not marked")
def draws(room: Classroom) -> bytes:
    return with_cell(
        room,
        "%matplotlib inline\nimport matplotlib.pyplot as plt\n\nplt.plot(np.arange(5))\n"
        "plt.title('squares')\nplt.show()\nfigure, axes = plt.subplots(1, 2)",
        after="check-spread",
    )


@honest("display, rich text and a value at the end of a cell", "outputs are no answers")
def displays(room: Classroom) -> bytes:
    return with_cell(
        room,
        "from IPython.display import HTML, Markdown, clear_output, display\n\n"
        "display({'a': 1}, Markdown('**done**'), HTML('<b>done</b>'))\nclear_output(wait=True)\n"
        "display(spread(np.arange(3.0)), display_id='x')\nspread(np.arange(3.0))",
        after="spread",
    )


@honest("magics that measure", "they run the code as well")
def measures(room: Classroom) -> bytes:
    return answers(
        room,
        spread=f"%%time\ndef spread(x):\n    return {MEAN}\n",
        taps="%timeit -n 2 -r 2 sum(range(10))\n%precision 3\ntaps = 27\ntaps",
    )


@honest("a shell command before the code of a cell", "the shell is missing here, not the answer")
def shell_command_first(room: Classroom) -> bytes:
    return answers(
        room,
        spread=f"!pip install --quiet tqdm\nfiles = !ls\n\n\ndef spread(x):\n    return {MEAN}",
    )


@honest("an installation before the code of a cell", "no network is no reason to lose the cell")
def installs_first(room: Classroom) -> bytes:
    return answers(room, inner="%pip install --quiet tqdm\n\n\ndef inner(x, y):\n    return x @ y")


# The type and the layout of an answer.


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


# How the code is written.


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


# How the notebook is arranged.


@honest("cells of one's own everywhere, one of them failing", "extra cells cost nothing")
def many_own_cells(room: Classroom) -> bytes:
    notebook = room.solved()
    for k in range(len(notebook.cells), -1, -1):
        notebook.cells.insert(k, nbformat.v4.new_markdown_cell(f"Thought {k}: $x_{k}$"))
        notebook.cells.insert(
            k, nbformat.v4.new_code_cell(f"step_{k} = {k}\nstep_{k} / (step_{k} - 4)")
        )
    return to_bytes(notebook)


@honest("a solution split over several cells", "what an answer calls may stand in cells before it")
def split_solution(room: Classroom) -> bytes:
    notebook = room.solved()
    rewrite(notebook, "spread", "def centered(x):\n    return x - x.mean()")
    insert_after(notebook, "spread", "def squares(x):\n    return centered(x) ** 2")
    insert_after(
        notebook, "spread", "def spread(x):  # squares comes below\n    return squares(x).mean()"
    )
    return to_bytes(notebook)


@honest("helpers under other names, some the judge's own words", "names are the student's")
def helper_names(room: Classroom) -> bytes:
    return answers(
        room,
        spread="def mark(x):\n    return x - x.mean()\n\n\n"
        "def grade(x):\n    return mark(x) ** 2\n\n\n"
        "reference = answer = driver = result = grade\n\n\n"
        "def spread(x):\n    return float(reference(x).mean())",
    )


@honest("exercises in another order", "an exercise stands where its cell is")
def other_order(room: Classroom) -> bytes:
    notebook = room.solved()
    head, blocks = _blocks(notebook)
    notebook.cells = head + [cell for block in reversed(blocks) for cell in block]
    return to_bytes(notebook)


@honest(
    "exercises in another order, the first one using a helper of what now stands before it",
    "run from top to bottom the notebook is right",
)
def other_order_with_helper(room: Classroom) -> bytes:
    notebook = room.solved()
    head, blocks = _blocks(notebook)
    helper = nbformat.v4.new_code_cell("def total(x):\n    return float(np.sum(x))")
    first, second, *rest = blocks
    notebook.cells = [*head, *second, helper, *first, *[c for block in rest for c in block]]
    rewrite(notebook, "spread", "def spread(x):\n    return total((x - x.mean()) ** 2) / x.size")
    return to_bytes(notebook)


def _blocks(notebook: Any) -> tuple[list[Any], list[list[Any]]]:
    """The cells before the first exercise, and each exercise from its heading on."""
    blocks: list[list[Any]] = []
    head: list[Any] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            blocks.append([])
        (blocks[-1] if blocks else head).append(cell)
    return head, blocks


@honest("the first cells deleted", "the released imports run in any case")
def without_imports(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.cells = [c for c in notebook.cells if grade_id(c)]
    return to_bytes(notebook)


@honest("an old draft of a solution kept before it", "the last definition counts")
def drafts_kept(room: Classroom) -> bytes:
    notebook = room.solved()
    for draft in ("def spread(x):\n    return x.std()", "def spread(x:\n    return"):
        insert_after(notebook, "check-spread", f"# first try\n{draft}")
    notebook.cells.insert(3, nbformat.v4.new_code_cell("def spread(x):\n    return x.std()"))
    notebook.cells.append(nbformat.v4.new_code_cell("del spread, inner"))
    return to_bytes(notebook)


@honest("a module that a cell writes and another imports", "the working directory is the student's")
def writes_a_module(room: Classroom) -> bytes:
    notebook = insert_after(
        room.solved(), "spread", "import helpers\n\n\ndef spread(x):\n    return helpers.spread(x)"
    )
    module = f"%%writefile helpers.py\nimport numpy as np\n\n\ndef spread(x):\n    return {MEAN}"
    return to_bytes(insert_after(notebook, "spread", module))


@honest("the kernel ended by the last cell", "everything was answered before")
def quits_at_the_end(room: Classroom) -> bytes:
    notebook = insert_after(room.solved(), "Twice", "print('done')\nquit()")
    return to_bytes(insert_after(notebook, "spread", "exit"))


@honest("the check called again with calls of one's own", "asking twice is allowed")
def checks_again(room: Classroom) -> bytes:
    notebook = room.solved()
    for exercise in room.judged:
        own = f"from cvlib.check import check\ncheck({exercise.id!r}, {exercise.name})"
        insert_after(notebook, exercise.id, own)
    return to_bytes(notebook)


# What saved the file.


@honest("saved by VS Code, with the outputs kept", "an editor adds metadata of its own")
def saved_by_vs_code(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.metadata |= {
        "kernelspec": {"display_name": ".venv (3.12.1)", "language": "python", "name": "python3"},
        "language_info": {
            "name": "python",
            "version": "3.12.1",
            "nbconvert_exporter": "python",
            "codemirror_mode": {"name": "ipython", "version": 3},
        },
        "vscode": {"interpreter": {"hash": "ab" * 32}},
    }
    for k, cell in enumerate(notebook.cells):
        cell.metadata["vscode"] = {"languageId": "python"}
        if cell.cell_type == "code":
            cell["execution_count"] = k + 1
            cell.outputs = [nbformat.v4.new_output("stream", name="stderr", text="an old warning")]
    return to_bytes(notebook)


@honest("saved by Colab", "it adds ids, folds cells and drops the kernel's name")
def saved_by_colab(room: Classroom) -> bytes:
    notebook = json.loads(to_bytes(room.solved()))
    notebook |= {"nbformat_minor": 0}
    notebook["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True, "gpuType": "T4"},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "accelerator": "GPU",
    }
    for k, cell in enumerate(notebook["cells"]):
        del cell["id"]
        cell["metadata"] |= {"id": f"aB{k}", "colab": {"base_uri": "https://localhost:8080/"}}
        cell["source"] = cell["source"].splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"outputId": "1-2-3", "cellView": "form"}
    return json.dumps(notebook, indent=2).encode()


@honest("format 4.4, without cell ids", "they came with 4.5")
def format_four_four(room: Classroom) -> bytes:
    notebook = json.loads(to_bytes(room.solved()))
    notebook["nbformat_minor"] = 4
    for cell in notebook["cells"]:
        del cell["id"]
    return json.dumps(notebook, sort_keys=True, separators=(",", ":")).encode()


@honest("another kernel's name, tags and a collapsed cell", "none of it is a mark")
def other_kernel_name(room: Classroom) -> bytes:
    notebook = room.solved()
    notebook.metadata["kernelspec"] = {
        "name": "conda-env-cv-py",
        "display_name": "Python [conda env:cv]",
        "language": "python",
    }
    for cell in notebook.cells:
        cell.metadata |= {"tags": ["todo"], "collapsed": True, "scrolled": "auto", "trusted": False}
        cell.metadata["slideshow"] = {"slide_type": "slide"}
    return to_bytes(notebook)


@honest("comments and blank lines around the solutions and in the check cells", "they do nothing")
def comments_everywhere(room: Classroom) -> bytes:
    notebook = room.solved()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = f"# my answer\n\n{cell.source}\n\n# that was it, check please: 3.0"
    for cell in check_cells(notebook):
        cell.source += "\ncheck"
    return to_bytes(notebook)
