"""The tokens of a text are what matters in it, and come with bounded effort."""

from __future__ import annotations

import random

import nbformat
import pytest
from cohort import MILLION, ROOT
from nbformat import NotebookNode

from cvlib.grading.notebook.normalize import release_template
from cvlib.grading.notebook.source import model_solutions
from cvlib.grading.similarity.tokens import (
    CODE,
    code_tokens,
    fingerprints,
    prose_tokens,
    runs,
    winnow,
)
from cvlib.grading.similarity.works import read_work
from cvlib.grading.spec.loading import load_problem_set
from tests.effort import effort


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


def test_model_solutions_of_every_set_have_tokens() -> None:
    for path in sorted((ROOT / "assignments").glob("ps*")):
        loaded = load_problem_set(ROOT / "assignments", path.name)
        template = read_work("", release_template(loaded)).texts
        for exercise, source in model_solutions(loaded).items():
            assert len(source) < 100 or len(runs(code_tokens(source), CODE)) > 10, exercise
        assert template
