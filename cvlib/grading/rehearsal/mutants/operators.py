"""Small mistakes, an operator each: what a node of a syntax tree may be mistaken for.

Each takes a node and yields others that could stand in its place. Libraries of mutants change files
and run a test command for each change; here a mutant lives in memory, and marks are what counts.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

Operator = Callable[[ast.AST], Iterator[ast.AST]]

STRICT_OR_LAX: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip
OPPOSITE: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
}  # fmt: skip
ORDER_MATTERS = (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
TERMS, FACTORS = (ast.Add, ast.Sub), (ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
#: Names that are mistaken for each other, both ways.
TAKEN_FOR = dict(
    pair
    for a, b in (
        ("mean", "sum"), ("max", "min"), ("argmax", "argmin"), ("maximum", "minimum"),
        ("zeros", "ones"), ("zeros_like", "ones_like"), ("floor", "ceil"), ("any", "all"),
        ("var", "std"), ("cumsum", "cumprod"), ("continue", "break"),
    )
    for pair in ((a, b), (b, a))
)  # fmt: skip
#: Calls that no answer changes by: their loss says nothing.
MERE_FORM = ("list", "tuple", "dict", "range", "enumerate", "len", "zip", "iter", "super", "print")


def strict_or_lax(node: ast.AST) -> Iterator[ast.AST]:
    """``<`` for ``<=``, and each of the others so."""
    if isinstance(node, ast.Compare):
        for k, op in enumerate(node.ops):
            if other := STRICT_OR_LAX.get(type(op)):
                yield _with(node, ops=[*node.ops[:k], other(), *node.ops[k + 1 :]])


def off_by_one(node: ast.AST) -> Iterator[ast.AST]:
    """One more or one less: a whole number, the end of a range, of a slice."""
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield from (ast.Constant(node.value + step) for step in (1, -1))
    elif isinstance(node, ast.Call) and _name(node.func) == "range":
        for k, arg in enumerate(node.args):
            for moved in _moved(arg):
                yield _with(node, args=[*node.args[:k], moved, *node.args[k + 1 :]])
    elif isinstance(node, ast.Slice):
        for end in ("lower", "upper"):
            for moved in _moved(getattr(node, end)):
                yield _with(node, **{end: moved})


def _moved(node: ast.expr | None) -> Iterator[ast.expr]:
    if node is not None and not isinstance(node, ast.Constant):
        yield from (ast.BinOp(node, op, ast.Constant(1)) for op in (ast.Add(), ast.Sub()))


def exchanged(node: ast.AST) -> Iterator[ast.AST]:
    """Neighbours in each other's place: arguments, axes, indices, operands, a transpose undone."""
    field = {ast.Call: "args", ast.Tuple: "elts", ast.List: "elts"}.get(type(node))
    if field:
        items = getattr(node, field)
        for k, (a, b) in enumerate(pairwise(items)):
            yield _with(node, **{field: [*items[:k], b, a, *items[k + 2 :]]})
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ORDER_MATTERS):
        yield _with(node, left=node.right, right=node.left)
    elif isinstance(node, ast.IfExp):
        yield _with(node, body=node.orelse, orelse=node.body)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield node.value


def dropped_term(node: ast.AST) -> Iterator[ast.AST]:
    """A sum without one of its terms."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, TERMS):
        yield node.left
        yield node.right if isinstance(node.op, ast.Add) else ast.UnaryOp(ast.USub(), node.right)


def dropped_factor(node: ast.AST) -> Iterator[ast.AST]:
    """A product without a factor, a quotient without its divisor, a power without its exponent."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, FACTORS):
        yield node.left
        if isinstance(node.op, ast.Mult):
            yield node.right


def other_sign(node: ast.AST) -> Iterator[ast.AST]:
    """Plus for minus, times for divided by, and a sign that is gone."""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        if other := OPPOSITE.get(type(node.op)):
            yield _with(node, op=other())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.Not):
        yield node.operand


def dropped_call(node: ast.AST) -> Iterator[ast.AST]:
    """A clip, a root, a rounding, a copy left out: a call becomes one of its arguments."""
    if not isinstance(node, ast.Call) or _name(node.func) in MERE_FORM:
        return
    if isinstance(node.func, ast.Attribute) and not node.args and not _is_module(node.func.value):
        yield node.func.value
    several = _name(node.func) in ("maximum", "minimum", "max", "min", "clip", "where")
    yield from node.args if several else node.args[:1]


def taken_for(node: ast.AST) -> Iterator[ast.AST]:
    """A sum for a mean, the least for the greatest, ones for zeros, or for and."""
    if isinstance(node, ast.Name) and node.id in TAKEN_FOR:
        yield _with(node, id=TAKEN_FOR[node.id])
    elif isinstance(node, ast.Attribute) and node.attr in TAKEN_FOR:
        yield _with(node, attr=TAKEN_FOR[node.attr])
    elif isinstance(node, ast.BoolOp):
        yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.Continue | ast.Break):
        yield ast.Break() if isinstance(node, ast.Continue) else ast.Continue()


def dropped_keyword(node: ast.AST) -> Iterator[ast.AST]:
    """An option that is not passed on."""
    if isinstance(node, ast.Call):
        for k, keyword in enumerate(node.keywords):
            if keyword.arg != "strict":
                yield _with(node, keywords=node.keywords[:k] + node.keywords[k + 1 :])


def other_constant(node: ast.AST) -> Iterator[ast.AST]:
    """Twice a number, none of it, and false for true."""
    if isinstance(node, ast.Constant) and type(node.value) is bool:
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and type(node.value) is float:
        yield from (ast.Constant(v) for v in (0.0, 1.0, 2 * node.value) if v != node.value)


def constant_for_variable(node: ast.AST) -> Iterator[ast.AST]:
    """0 or 1 where a variable is reckoned with, compared or looked up."""
    for field in ("left", "right", "slice") if isinstance(node, ast.BinOp | ast.Subscript) else ():
        if isinstance(getattr(node, field, None), ast.Name):
            yield from (_with(node, **{field: ast.Constant(v)}) for v in (0, 1))


def ignored_argument(node: ast.AST) -> Iterator[ast.AST]:
    """An argument that might as well be all zeros, or all ones."""
    if isinstance(node, ast.FunctionDef) and node.name != "__init__":
        first = ast.get_docstring(node) is not None
        for arg in (a.arg for a in node.args.args if a.arg != "self"):
            for value in (0, 1):
                ignoring = ast.parse(f"{arg} = {IGNORED}({arg}, {value})").body
                yield _with(node, body=[*node.body[:first], *ignoring, *node.body[first:]])


def lost_condition(node: ast.AST) -> Iterator[ast.AST]:
    """A question that is always answered the same."""
    if isinstance(node, ast.If | ast.IfExp):
        yield from (_with(node, test=ast.Constant(v)) for v in (True, False))
    elif isinstance(node, ast.BoolOp):
        for k in range(len(node.values)):
            rest = node.values[:k] + node.values[k + 1 :]
            yield rest[0] if len(rest) == 1 else _with(node, values=rest)
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield _with(node, ifs=[])


def lost_statement(node: ast.AST) -> Iterator[ast.AST]:
    """A line that is not there, or that replaces what it should add to."""
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)
    whole = isinstance(node, ast.AugAssign | ast.Continue | ast.Break)
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    part = isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple)
    if whole or call or part:
        yield ast.Pass()


#: The name that stands in a mutant for the function below.
IGNORED = "ignored"


def ignored(value: Any, number: int) -> Any:
    """The value with a number in place of all its numbers, as a mutant calls it."""
    if isinstance(value, list | tuple):
        return type(value)(ignored(v, number) for v in value)
    if isinstance(value, bool | int | float):
        return type(value)(number)
    full = copy.deepcopy(value)
    if hasattr(full, "dtype"):
        full[...] = number
    return full


OPERATORS: dict[str, Operator] = {
    "strict or lax": strict_or_lax,
    "off by one": off_by_one,
    "exchanged": exchanged,
    "a dropped term": dropped_term,
    "a dropped factor": dropped_factor,
    "another sign": other_sign,
    "a dropped call": dropped_call,
    "one taken for another": taken_for,
    "a dropped option": dropped_keyword,
    "another constant": other_constant,
    "a constant for a variable": constant_for_variable,
    "an ignored argument": ignored_argument,
    "a lost condition": lost_condition,
    "a lost line": lost_statement,
}


def _with(node: Any, **fields: Any) -> Any:
    """A copy of the node with other fields; what stands below is shared, and never written to."""
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _name(function: ast.expr) -> str:
    """The last word of what is called."""
    return str(getattr(function, "id", getattr(function, "attr", "")))


def _is_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "torch", "nn", "functional", "math")
