"""Each operator makes the mistake that it says, and a mutant keeps its name."""

from __future__ import annotations

import ast
import inspect

import numpy as np
import pytest

import cvlib.convolution.reference.conv2d as conv2d
import cvlib.optim.reference as optim
from cvlib.check.codec import decode, encode
from cvlib.grading.rehearsal.mutants.derive import Mutant, derive
from cvlib.grading.rehearsal.mutants.nearby import nearby
from cvlib.grading.rehearsal.mutants.operators import OPERATORS, ignored


def mutants(source: str) -> list[Mutant]:
    return list(derive(ast.parse(source)))


def made(source: str, operator: str) -> set[str]:
    """What an operator makes of an expression."""
    return {
        m.change.split(" -> ", 1)[1].removeprefix("y = ")
        for m in mutants(f"y = {source}")
        if m.operator == operator
    }


@pytest.mark.parametrize(
    ("operator", "source", "expected"),
    [
        ("strict or lax", "a < b <= c", {"a <= b <= c", "a < b < c"}),
        ("off by one", "x[2]", {"x[3]", "x[1]"}),
        ("off by one", "range(n)", {"range(n + 1)", "range(n - 1)"}),
        ("off by one", "x[a:]", {"x[a + 1:]", "x[a - 1:]"}),
        ("exchanged", "f(a, b)", {"f(b, a)"}),
        ("exchanged", "x[i, j]", {"x[j, i]"}),
        ("exchanged", "a - b", {"b - a"}),
        ("exchanged", "a + b", set()),
        ("exchanged", "x.T", {"x"}),
        ("a dropped term", "a - b", {"a", "-b"}),
        ("a dropped factor", "a * b", {"a", "b"}),
        ("a dropped factor", "a ** b", {"a"}),
        ("another sign", "-a", {"a"}),
        ("another sign", "a // b", {"a / b"}),
        ("a dropped call", "np.maximum(a, b)", {"a", "b"}),
        ("a dropped call", "x.copy()", {"x"}),
        ("one taken for another", "x.mean(z)", {"x.sum(z)"}),
        ("one taken for another", "a and b", {"a or b"}),
        ("one taken for another", "np.zeros(n)", {"np.ones(n)"}),
        ("a dropped option", "f(axis=a)", {"f()"}),
        ("another constant", "True", {"False"}),
        ("another constant", "0.5", {"0.0", "1.0"}),
        ("a constant for a variable", "a % b", {"0 % b", "1 % b", "a % 0", "a % 1"}),
        ("a lost condition", "a if c else b", {"a if True else b", "a if False else b"}),
    ],
)
def test_an_operator_makes_its_mistake(operator: str, source: str, expected: set[str]) -> None:
    assert made(source, operator) == expected


def test_whole_lines_are_lost_and_sums_begun_anew() -> None:
    changes = {m.change for m in mutants("for x in y:\n    s += x\n    z[x] = 1\n    w.add(x)")}
    assert {"s += x -> s = x", "s += x -> pass", "z[x] = 1 -> pass", "w.add(x) -> pass"} <= changes


def test_an_argument_is_ignored_throughout() -> None:
    (zeros, ones) = [
        m
        for m in mutants('def f(x):\n    """Doc."""\n    return x')
        if m.operator.startswith("an ")
    ]
    assert zeros.change == "def f(x): -> x = ignored(x, 0)"
    assert ones.code.splitlines()[2].strip() == "x = ignored(x, 1)"
    assert ignored([2, (True, 3.5)], 0) == [0, (False, 0.0)]
    assert ignored(np.array([2, 3]), 1).tolist() == [1, 1]


def test_every_operator_is_tried_above() -> None:
    (cases,) = vars(test_an_operator_makes_its_mistake)["pytestmark"]
    tried = {operator for operator, *_ in cases.args[1]}
    assert set(OPERATORS) - tried == {"an ignored argument", "a lost line"}


@pytest.mark.parametrize("module", [conv2d, optim])
def test_every_mutant_is_another_program(module: object) -> None:
    source = inspect.getsource(module)  # type: ignore[arg-type]
    tree = ast.parse(source)
    before = ast.dump(tree, include_attributes=True)
    found = list(derive(tree))
    assert ast.dump(tree, include_attributes=True) == before
    codes = [m.code for m in found]
    assert len({*codes, ast.unparse(tree)}) == len(codes) + 1
    for code in codes:
        ast.parse(code)
    assert len({m.change for m in found}) == len(found)


def test_a_mutant_keeps_its_name_when_something_else_changes() -> None:
    line = "def g(a, b):\n    return a * a + 2 * b\n"
    first = {m.change for m in mutants(line)}
    later = {m.change for m in mutants(f"# a remark\n\ndef f(x):\n    return x\n\n\n{line}")}
    assert first < later


def test_the_same_change_twice_is_counted() -> None:
    changes = [m.change for m in mutants("x = a + 1\nx = a + 1") if m.operator == "off by one"]
    assert changes[0] == "x = a + 1 -> x = a + 2"
    assert changes[2] == "x = a + 1 -> x = a + 2 (2)"


def test_only_the_lines_that_are_wanted_are_changed() -> None:
    tree = ast.parse("x = 1\ny = 2")
    assert {m.line for m in derive(tree, lambda line: line == 2)} == {2}


def test_inputs_beside_a_case_have_its_form_and_leave_it_alone() -> None:
    rng = np.random.default_rng(0)
    given = ((np.arange(6.0).reshape(2, 3), [1, 0], 3, 0.5, True), {"size": (4, 5), "kind": "max"})
    before = encode(given)
    found = [nearby(given, rng) for _ in range(300)]
    assert encode(given) == before
    for args, kwargs in found:
        assert len(args) == 5
        assert kwargs["kind"] == "max"
        decode(encode((args, kwargs)))
    arrays = [args[0] for args, _ in found]
    assert {a.shape for a in arrays} >= {(2, 3), (1, 3), (2, 1), (0, 3)}
    assert any(a.dtype == np.float32 for a in arrays)
    assert any(a.size > len(np.unique(a)) for a in arrays)
    assert any(kwargs["size"][0] == kwargs["size"][1] for _, kwargs in found)
