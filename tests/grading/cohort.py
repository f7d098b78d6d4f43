"""Honest students of a real problem set, what one of them wrote alone, and disguises for a copy."""

from __future__ import annotations

import ast
import inspect
import random
import re
import textwrap
from pathlib import Path

from nbformat import NotebookNode

from cvlib.grading.rehearsal.classroom import Classroom, rewrite
from cvlib.grading.similarity.similarity import Comparison, compare_works
from cvlib.grading.similarity.works import read_work
from cvlib.grading.spec.loading import LoadedSet

ROOT = Path(__file__).parents[2]
SET_ID = "ps02_convolution"

#: What one student wrote, as nobody else would: not all of it is right.
OWN = {
    "conv2d_forward": '''
def conv2d_forward(x, w, b, stride, padding):
    """My own way."""
    images, _, tall, wide = x.shape
    border_rows, border_columns = padding
    tall_paper, wide_paper = tall + 2 * border_rows, wide + 2 * border_columns
    paper = np.zeros((images, w.shape[1], tall_paper, wide_paper), x.dtype)
    paper[..., border_rows : border_rows + tall, border_columns : border_columns + wide] = x
    places_down = range(0, paper.shape[2] - w.shape[2] + 1, stride[0])
    places_right = range(0, paper.shape[3] - w.shape[3] + 1, stride[1])
    result = np.empty((images, len(w), len(places_down), len(places_right)), x.dtype)
    for row, top in enumerate(places_down):
        for column, left in enumerate(places_right):
            patch = paper[:, None, :, top : top + w.shape[2], left : left + w.shape[3]]
            result[:, :, row, column] = (patch * w[None]).sum(axis=(2, 3, 4)) + b
    return result
''',
    "compose": """
def compose(first, second):
    total = {}
    for p, inner in enumerate(first.tolist()):
        for q, weight in enumerate(inner):
            for s, outer in enumerate(second.tolist()):
                for t, factor in enumerate(outer):
                    total[p + s, q + t] = total.get((p + s, q + t), 0.0) + weight * factor
    rows = 1 + max(place[0] for place in total)
    columns = 1 + max(place[1] for place in total)
    return np.array([[total[i, j] for j in range(columns)] for i in range(rows)])
""",
    "checkerboard": """
def checkerboard(w, stride):
    down, right = stride
    tall = -(-len(w) // down) * down
    wide = -(-len(w[0]) // right) * right
    frame = np.pad(w, ((0, tall - len(w)), (0, wide - len(w[0]))))
    return frame.reshape(tall // down, down, wide // right, right).sum((0, 2))
""",
    "recover_filter": """
def recover_filter(image, response, shape):
    pieces = []
    for i in range(response.shape[0]):
        for j in range(response.shape[1]):
            pieces.append(image[i : i + shape[0], j : j + shape[1]].flatten())
    left = np.stack(pieces)
    normal = left.T @ left + 1e-12 * np.eye(left.shape[1])
    return np.linalg.solve(normal, left.T @ response.flatten()).reshape(shape)
""",
}
ESSAY = """Take a row of three pixels, 5, 0 and 2, and the filter that subtracts the left
neighbour from the right one. Then the number that comes out is minus three, and bringing it back
by the transposed matrix paints plus three, nothing and minus three onto the row, which is no
picture of what we had. It is the adjoint: every output is handed back to the inputs that it came
from, weighed as it was."""


class Cohort:
    """Honest students of a real problem set, each with other variants of its solutions."""

    def __init__(self, loaded: LoadedSet) -> None:
        self.loaded = loaded
        self.room = Classroom(loaded, seed=0)
        self.given = frozenset(c.source for c in self.room.blank().cells)
        self.ways = {e.id: [self.room.solution(e.id)] for e in self.room.judged}
        for exercise in self.room.judged:
            for variant in exercise.variants.all if exercise.kind != "answer" else ():
                self.ways[exercise.id].append(pasted(variant.target, exercise.name))

    def notebook(self, seed: int, own: dict[str, str] | None = None) -> NotebookNode:
        """The work of one student, who wrote some exercises alone."""
        rng = random.Random(seed)
        notebook = self.room.blank()
        for exercise, ways in self.ways.items():
            rewrite(notebook, exercise, rng.choice(ways))
        for exercise, source in (own or {}).items():
            rewrite(notebook, exercise, source)
        return notebook

    def compare(self, notebooks: dict[str, NotebookNode], count: int = 24) -> Comparison:
        """These among so many honest students."""
        honest = {f"student{k:02}": self.notebook(k) for k in range(count)}
        works = [read_work(name, nb, self.given) for name, nb in (honest | notebooks).items()]
        return compare_works(self.loaded, works)


def pasted(target: object, name: str) -> str:
    tree = ast.parse(textwrap.dedent(inspect.getsource(target)))  # type: ignore[arg-type]
    tree.body[0].decorator_list = []  # type: ignore[attr-defined]
    tree.body[0].name = name  # type: ignore[attr-defined]
    return ast.unparse(tree)


def names(comparison: Comparison) -> list[tuple[str, str]]:
    return [(p.one, p.two) for p in comparison.pairs]


def verbatim(source: str) -> str:
    return source


def renamed(source: str) -> str:
    """Every name of one's own is another one, comments and layout too."""
    tree = ast.parse(source)
    own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in own:
            node.id = f"{node.id}_of_mine"
        elif isinstance(node, ast.Constant) and type(node.value) is int:
            node.value += 0
    text = ast.unparse(tree).replace('"""My own way."""', '"""I wrote this."""')
    return "\n".join(f"{line}  # step {k}" for k, line in enumerate(text.splitlines()))


def with_dead_code(source: str) -> str:
    """A line that does nothing after every third one."""
    lines = source.strip().splitlines()
    out = []
    for k, line in enumerate(lines):
        out.append(line)
        if k and k % 3 == 0 and k + 1 < len(lines):
            indent = re.match(r" *", lines[k + 1])
            out.append(f"{indent[0] if indent else ''}unused = len('nothing') * {k}")
    return "\n".join(out)


def wrapped(source: str) -> str:
    """Brackets, semicolons and line breaks where Python allows them."""
    return re.sub(r"= (.+[^:(\[,\\])$", r"= (\n      \1 )  ;", source, flags=re.MULTILINE)


MILLION = 1_000_000
