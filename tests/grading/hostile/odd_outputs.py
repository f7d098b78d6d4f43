"""Honest work that writes and shows much: every one of these must get full marks."""

from __future__ import annotations

from cvlib.grading.rehearsal.classroom import Classroom
from hostile.corpus import honest
from hostile.odd_work import MEAN, answers, with_cell


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
