"""The similarity report: copies in disguise are found, honest work is left alone."""

from __future__ import annotations

import ast
import csv
import inspect
import json
import os
import random
import re
import textwrap
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from cvlib.grading.course.course import Course
from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.notebook.source import model_solutions
from cvlib.grading.rehearsal.classroom import Classroom, insert_after, rewrite, to_bytes
from cvlib.grading.similarity.page import show_similar, similar_csv, similar_page
from cvlib.grading.similarity.similarity import THRESHOLD, Comparison, compare, compare_works
from cvlib.grading.similarity.tokens import (
    CODE,
    code_tokens,
    fingerprints,
    prose_tokens,
    runs,
    winnow,
)
from cvlib.grading.similarity.works import Work, read_work
from cvlib.grading.spec.loading import LoadedSet, load_problem_set
from tests.effort import effort
from tests.tags import one

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

#: Thirty ways in which students write the same short function.
HONEST = [
    "return float(np.mean((x - np.mean(x)) ** 2))",
    "return float(np.var(x))",
    "return x.var().item()",
    "m = x.mean()\n    return float(((x - m) ** 2).mean())",
    "m = np.mean(x)\n    return np.mean((x - m) ** 2)",
    "mu = x.sum() / x.size\n    return float(((x - mu) ** 2).sum() / x.size)",
    "return float((x**2).mean() - x.mean() ** 2)",
    "d = x - x.mean()\n    return float((d * d).mean())",
    "d = x - np.average(x)\n    return float(np.average(d**2))",
    "return float(np.std(x) ** 2)",
    "s = x.std()\n    return float(s * s)",
    "total = 0.0\n    m = x.mean()\n    for v in x.ravel():\n        total += (v - m) ** 2\n"
    "    return total / x.size",
    "m = x.mean()\n    return sum((v - m) ** 2 for v in x.flat) / x.size",
    "return float(np.square(x - x.mean()).mean())",
    "return float(np.square(x - x.mean()).sum() / x.size)",
    "f = x.reshape(-1)\n    return float(((f - f.mean()) @ (f - f.mean())) / len(f))",
    "flat = x.ravel() - x.mean()\n    return float(flat @ flat / flat.size)",
    "n = x.size\n    return float((x**2).sum() / n - (x.sum() / n) ** 2)",
    "return float(np.mean(np.abs(x - x.mean()) ** 2))",
    "return float(np.linalg.norm(x - x.mean()) ** 2 / x.size)",
    "centre = np.mean(x)\n    distances = [(v - centre) ** 2 for v in x.flatten()]\n"
    "    return float(np.mean(distances))",
    "values = list(x.flatten())\n    m = sum(values) / len(values)\n"
    "    return sum((v - m) ** 2 for v in values) / len(values)",
    "return float(np.cov(x.ravel(), bias=True))",
    "import statistics\n    return statistics.pvariance(x.ravel().tolist())",
    "return float(np.power(x - x.mean(), 2).mean())",
    "e = x - x.mean()\n    return float(np.einsum('...,...->', e, e) / e.size)",
    "return np.asarray(x).var(ddof=0)",
    "m = x.mean()\n    out = ((x - m) ** 2).mean()\n    return float(out)",
    "diff = np.subtract(x, x.mean())\n    return float(np.multiply(diff, diff).mean())",
    "pairs = x.ravel()[:, None] - x.ravel()[None]\n    return float((pairs**2).mean() / 2)",
]


@pytest.fixture(scope="module")
def convolution() -> LoadedSet:
    return load_problem_set(ROOT / "assignments", SET_ID)


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


@pytest.fixture(scope="module")
def cohort(convolution: LoadedSet) -> Cohort:
    return Cohort(convolution)


def names(comparison: Comparison) -> list[tuple[str, str]]:
    return [(p.one, p.two) for p in comparison.pairs]


# --- disguises ----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("disguise", [verbatim, renamed, with_dead_code, wrapped])
def test_a_copy_is_found_whatever_it_wears(cohort: Cohort, disguise: Callable[[str], str]) -> None:
    copied = {exercise: disguise(source) for exercise, source in OWN.items()}
    assert all(ast.parse(source) for source in copied.values())
    found = cohort.compare({"ada": cohort.notebook(70, OWN), "bob": cohort.notebook(71, copied)})
    assert names(found) == [("ada", "bob")]
    assert found.rarer_than(found.pairs[0].score) > 0.99
    assert {exercise for exercise, _ in found.pairs[0].places} >= set(list(OWN)[:2])


def test_a_copy_in_another_order_and_in_other_cells_is_found(cohort: Cohort) -> None:
    bob = cohort.notebook(71)
    moved = [renamed(source) for source in reversed(OWN.values())]
    insert_after(bob, "output_size", "\n\n".join(moved[:2]))
    insert_after(bob, "no such cell", "%matplotlib inline\n" + "\n\n".join(moved[2:]))
    found = cohort.compare({"ada": cohort.notebook(70, OWN), "bob": bob})
    assert names(found) == [("ada", "bob")]


def test_one_copied_exercise_of_sixteen_is_found(cohort: Cohort) -> None:
    one = {"conv2d_forward": OWN["conv2d_forward"]}
    bob = cohort.notebook(71, {"conv2d_forward": renamed(OWN["conv2d_forward"])})
    found = cohort.compare({"ada": cohort.notebook(70, OWN | one), "bob": bob})
    assert names(found) == [("ada", "bob")]
    assert list(found.pairs[0].places) == [("conv2d_forward", "code")]


def test_a_copied_essay_is_found_and_another_one_is_not(cohort: Cohort) -> None:
    essay = "transpose_is_not_inverse"
    again = ESSAY.replace("Take", "We take").replace("paints", "writes").upper()
    other = """Not an inverse: it brings the gradient home. With the image 1 2 and the kernel 1 1
    the output is 3, and what the transpose makes of it is 3 3, twice the sum. Orthonormal columns
    would do, as of a single weight of one; with stride two there are fewer rows than columns."""
    found = cohort.compare(
        {
            "ada": cohort.notebook(70, {essay: ESSAY}),
            "bob": cohort.notebook(71, {essay: again}),
            "eve": cohort.notebook(72, {essay: other}),
        }
    )
    assert names(found) == [("ada", "bob")]
    assert list(found.pairs[0].places) == [(essay, "prose")]


def test_three_who_share_are_one_group(cohort: Cohort) -> None:
    found = cohort.compare(
        {
            "ada": cohort.notebook(70, OWN),
            "bob": cohort.notebook(71, {k: renamed(s) for k, s in OWN.items()}),
            "eve": cohort.notebook(72, {k: with_dead_code(s) for k, s in OWN.items()}),
        }
    )
    assert found.clusters() == [["ada", "bob", "eve"]]


def test_honest_work_is_left_alone(cohort: Cohort) -> None:
    """Even where students happen to find the very same variant of a solution."""
    for count in (6, 12, 40):
        found = cohort.compare({"ada": cohort.notebook(70, OWN)}, count)
        assert names(found) == []
        assert found.scores.max() < THRESHOLD - 0.05


def test_right_answers_written_differently_are_left_alone(cohort: Cohort) -> None:
    """A class in which everybody has the model solution, or one alternative to it."""
    notebooks = {}
    for k, (exercise, variant) in enumerate(cohort.room.alternatives()):
        if exercise.kind != "answer":
            notebook = cohort.room.solved()
            source = pasted(variant.target, exercise.name)
            notebooks[f"alternative{k}"] = rewrite(notebook, exercise.id, source)
    assert len(notebooks) > 25
    assert names(cohort.compare(notebooks, count=0)) == []


def test_thirty_ways_to_write_one_line_are_left_alone(tiny: LoadedSet) -> None:
    room = Classroom(tiny, seed=0)
    assert len(HONEST) == 30
    works = []
    for k, body in enumerate(HONEST):
        source = f'def spread(x):\n    """Return it."""\n    {body}'
        compile(source, "<honest>", "exec")
        works.append(read_work(f"s{k}", rewrite(room.solved(), "spread", source)))
    for size in (2, 3, 8, 30):
        assert names(compare_works(tiny, works[-size:])) == []


def test_blank_notebooks_and_classes_of_one_have_no_pairs(cohort: Cohort) -> None:
    blank = {f"blank{k}": cohort.room.blank() for k in range(5)}
    assert names(cohort.compare(blank, count=0)) == []
    assert names(cohort.compare(blank | {"ada": cohort.notebook(1, OWN)}, count=0)) == []
    for count in (0, 1):
        found = cohort.compare({}, count)
        assert names(found) == []
        assert "nothing stands out" in show_similar(found)


def test_two_students_alone_who_share_the_model_solution(cohort: Cohort) -> None:
    solved = {name: cohort.room.solved() for name in ("ada", "bob")}
    assert names(cohort.compare(solved, count=0)) == []


# --- tokens -------------------------------------------------------------------------------------


def test_what_does_not_matter_is_not_in_the_tokens() -> None:
    one = code_tokens(
        'def f(x):\n    """Doc."""\n    y = (1 + x[0, :])  # why\n    return max(y)\n'
    )
    two = code_tokens(
        "%timeit pass\ndef other( image ) : \n\t z = 2.5e-3+image[\n 7,:,]\n\n\treturn max(z)"
    )
    assert one.texts == two.texts
    assert one.lines == [0, 0, 0, 0, 0, 0] + [2] * 10 + [3] * 5
    assert code_tokens("np.pad(x)").texts != code_tokens("np.sum(x)").texts
    assert prose_tokens("Two  WORDS,\nthree!").texts == ["two", "words", "three"]


def test_a_shared_passage_of_guaranteed_length_gives_a_shared_fingerprint() -> None:
    rng = random.Random(1)
    vocabulary = ["if", "+", "-", "[", "]", "return", "=", "*", "N", "in", "for", "and"]
    for _ in range(50):
        passage = rng.choices(vocabulary, k=CODE.w + CODE.k - 1)
        texts = [
            [*rng.choices(vocabulary, k=rng.randrange(40)), *passage, *rng.choices(vocabulary, k=9)]
            for _ in range(2)
        ]
        found = [fingerprints(tokens_from(t), CODE) for t in texts]
        assert set(found[0].tolist()) & set(found[1].tolist())


def tokens_from(texts: list[str]):  # type: ignore[no-untyped-def]
    from cvlib.grading.similarity.tokens import Tokens

    return Tokens(texts, [0] * len(texts))


def test_winnowing_keeps_the_last_of_the_smallest() -> None:
    """The example of the paper, section 2: windows of length 4."""
    import numpy as np

    from cvlib.grading.similarity.tokens import Shape

    hashes = np.array(
        [77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98], np.uint64
    )
    kept = winnow(hashes, Shape(k=5, w=4))
    assert hashes[kept].tolist() == [17, 17, 8, 39, 17]


# --- hostile and broken work --------------------------------------------------------------------

MILLION = 1_000_000
MONSTERS = {
    "deep": "(" * MILLION,
    "deep-lambda": "lambda: " * 100_000 + "0",
    "quotes": "'\\" * (MILLION // 2),
    "docstrings": '"""' + '"\\' * (MILLION // 2),
    "one-line": "x=" * (MILLION // 2),
    "nulls": "\0" * MILLION,
    "spaces": (" " * 999 + "\n") * 1000,
    "letters": "a" * MILLION,
    "surrogate": "x = '\ud800'\n" * 1000,
    "unclosed": "def f(:\n  return ((('''",
    "magics": "%%bash\nrm -rf /\n!ls\n%time x\n" * 100,
    "combining": "e\u0301" * 300_000,
}


@pytest.mark.parametrize("name", MONSTERS)
def test_any_text_has_tokens_with_bounded_effort(name: str) -> None:
    work = read_work("eve", notebook_of(MONSTERS[name]))
    _, loops = effort(work.fingerprints)
    assert loops < 100
    assert work.complete == (len(MONSTERS[name]) < 300_000)


def notebook_of(source: str) -> NotebookNode:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])


def test_a_class_of_two_hundred_takes_little_effort_and_memory(cohort: Cohort) -> None:
    notebooks = {f"s{k:03}": cohort.notebook(k) for k in range(198)}
    notebooks |= {"ada": cohort.notebook(900, OWN), "bob": cohort.notebook(901, OWN)}
    works = [read_work(name, nb, cohort.given) for name, nb in notebooks.items()]
    found, loops = effort(compare_works, cohort.loaded, works)
    assert loops < 400
    assert names(found) == [("ada", "bob")]
    assert found.scores.nbytes < MILLION


def test_broken_work_is_compared_as_far_as_it_goes(cohort: Cohort) -> None:
    typo = {k: s.replace("return", "retrun (", 1) for k, s in OWN.items()}
    found = cohort.compare({"ada": cohort.notebook(70, OWN), "bob": cohort.notebook(71, typo)})
    assert names(found) == [("ada", "bob")]


# --- the reports --------------------------------------------------------------------------------

EVIL = "</pre></mark><script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def pair(cohort: Cohort) -> Comparison:
    evil = OWN | {
        "compose": OWN["compose"] + f"\n# {EVIL} \u202eevil\u202c \x1b[31m\n" + "#\n" * 300
    }
    notebooks = {"=1+1": cohort.notebook(70, evil), "<b>bob": cohort.notebook(71, evil)}
    return cohort.compare(notebooks)


def test_the_page_shows_both_passages_and_nothing_in_it_can_run(pair: Comparison) -> None:
    html = similar_page([pair]).decode()
    assert "<script" not in html
    assert "onerror=alert(1)>" not in html
    assert "\u202e" not in html
    assert "\x1b" not in html
    soup = BeautifulSoup(html, "html.parser")
    active = ["script", "iframe", "link", "form", "object", "embed", "img"]
    assert not soup.find_all(active)
    assert not [a for tag in soup.find_all(True) for a in tag.attrs if a.startswith("on")]
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert policy is not None
    assert "default-src 'none'" in policy["content"]
    assert "prefers-color-scheme: dark" in html
    sides = soup.select(".sides")[0].select("pre")
    assert [len(s.select("mark")) > 5 for s in sides] == [True, True]
    assert all("SIGMOD" in t for t in [soup.get_text()])
    assert "What this page cannot tell" in soup.get_text()
    label = one(soup.select_one("svg[role=img]"))["aria-label"]
    assert f"{len(pair.scores)} pairs" in label
    assert len(soup.select("rect.listed")) == 1


def test_marked_lines_are_those_that_both_have(cohort: Cohort) -> None:
    added = "\n    nobody_else = [line for line in open('a')]\n    return nobody_else + [3, 4, 5]\n"
    ada = OWN | {"compose": OWN["compose"] + added}
    found = cohort.compare({"ada": cohort.notebook(70, ada), "bob": cohort.notebook(71, OWN)})
    soup = BeautifulSoup(similar_page([found]), "html.parser")
    compose = next(d for d in soup.select("details") if "Two slides" in one(d.summary).get_text())
    marked = " ".join(m.get_text() for m in compose.select("mark"))
    assert "total.get((p + s, q + t), 0.0)" in marked
    assert "nobody_else + [3, 4, 5]" not in marked


def test_the_table_and_the_csv_name_the_exercises(pair: Comparison) -> None:
    lines = show_similar(pair).splitlines()
    assert "Two slides in one 1" in lines[1] or "Two slides in one 9" in lines[1]
    assert lines[-1].startswith(f"{SET_ID}: 26 submissions, 1 pairs to look at, other pairs score")
    rows = list(csv.DictReader(similar_csv([pair]).decode().splitlines()))
    assert {r["exercise"] for r in rows} >= set(OWN)
    assert {r["student"] for r in rows} | {r["other"] for r in rows} == {"'=1+1", "<b>bob"}
    assert all(0 < float(r["shared"]) <= 1 for r in rows)


def test_the_command_reads_what_was_handed_in(tiny: LoadedSet, tmp_path: Path, cvlib_grade) -> None:  # type: ignore[no-untyped-def]
    """Through the command line, with a link, a pipe and a broken file among the submissions."""
    room = Classroom(tiny, seed=0)
    own = OWN["conv2d_forward"].replace("conv2d_forward", "inner")
    root = tmp_path / "course"
    for k in range(8):
        body = f'def spread(x):\n    """Return it."""\n    {HONEST[k]}'
        hand_in(root, f"honest{k}", to_bytes(rewrite(room.solved(), "spread", body)))
    hand_in(root, "ada", to_bytes(rewrite(room.solved(), "inner", own)))
    hand_in(root, "bob", to_bytes(rewrite(room.solved(), "inner", renamed(own))))
    hand_in(root, "broken", b"{")
    hand_in(root, "odd", json.dumps({"cells": [{"cell_type": "code", "source": 3}]}).encode())
    path = hand_in(root, "link", b"")
    path.unlink()
    path.symlink_to(root / "submitted/ada/ps90_tiny/ps90_tiny.ipynb")
    path = hand_in(root, "pipe", b"")
    path.unlink()
    os.mkfifo(path)
    page, table = tmp_path / "page.html", tmp_path / "table.csv"
    done = cvlib_grade(root, "similarity", "--html", str(page), "--csv", str(table), expect=1)
    line = next(line for line in done.stdout.splitlines() if "ada" in line)
    assert "bob" in line
    assert "12 submissions, 1 pairs to look at" in done.stdout
    assert "conv2d" not in done.stdout
    assert "ada and bob" in page.read_text()
    assert len(table.read_text().splitlines()) >= 2
    done = cvlib_grade(root, "similarity", "--threshold", "0.99")
    assert "nothing stands out" in done.stdout


def hand_in(root: Path, student: str, content: bytes) -> Path:
    path = root / "submitted" / student / "ps90_tiny" / "ps90_tiny.ipynb"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


def test_the_sample_class_has_no_pair(graded: Course) -> None:
    assert compare(graded, "ps90_tiny").pairs == []


def test_model_solutions_of_every_set_have_tokens() -> None:
    for path in sorted((ROOT / "assignments").glob("ps*")):
        loaded = load_problem_set(ROOT / "assignments", path.name)
        template = read_work("", release_template(loaded)).texts
        for exercise, source in model_solutions(loaded).items():
            assert len(source) < 100 or len(runs(code_tokens(source), CODE)) > 10, exercise
        assert template


def test_a_student_s_cells_belong_to_the_exercise_before_them(tiny: LoadedSet) -> None:
    room = Classroom(tiny, seed=0)
    notebook = insert_after(room.solved(), "check-inner", "helper = 3")
    work: Work = read_work("ada", notebook)
    assert "helper = 3" in work.texts["inner", "code"]
    assert set(work.texts) >= {("spread", "code"), ("why", "prose"), ("Twice", "code")}
