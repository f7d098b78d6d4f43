"""The scalar graph differentiates any expression, and each node once."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cvlib.layers import Value

OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (b * b + 1.5),
    "twice": lambda a, b: a * a + a,
    "tanh": lambda a, b: a.tanh(),
    "sigmoid": lambda a, b: b.sigmoid(),
    "relu": lambda a, b: a.relu(),
    "exp": lambda a, b: (a.tanh() * 2).exp(),
    "log": lambda a, b: (a * a + 1).log(),
    "power": lambda a, b: (b**2 + 0.5) ** -1.5,
    "left": lambda a, b: 3 - 2 * a + (1 + b) - 1 / (b * b + 1),
    "max": lambda a, b: a.maximum(b),
}


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    program=st.lists(
        st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 30), st.integers(0, 30)),
        min_size=1,
        max_size=12,
    ),
    inputs=st.lists(st.floats(-2, 2), min_size=3, max_size=3, unique=True),
)
def test_any_program_has_the_gradients_of_torch(program, inputs):
    def run(values):
        for name, i, j in program:
            a, b = values[i % len(values)], values[j % len(values)]
            values.append(OPERATIONS[name](a, b).tanh())
        return values[-1]

    class Tensor(torch.Tensor):
        def maximum(self, other):
            # ours gives a tie to the first; torch shares it
            return torch.where(self >= other, self, other)

    ours = [Value(x) for x in inputs]
    theirs = [
        torch.tensor(x, dtype=torch.float64).as_subclass(Tensor).requires_grad_() for x in inputs
    ]
    out, expected = run(list(ours)), run(list(theirs))
    out.backward()
    assert out.data == pytest.approx(expected.item(), rel=1e-9, abs=1e-12)
    gradients = torch.autograd.grad(expected, theirs, allow_unused=True)
    for value, gradient in zip(ours, gradients, strict=True):
        wanted = 0.0 if gradient is None else gradient.item()
        assert value.grad == pytest.approx(wanted, rel=1e-7, abs=1e-9)


def test_a_value_that_is_used_twice_hears_from_both_uses():
    x, y = Value(3.0), Value(-2.0)
    ((x + y) * x).backward()
    assert x.grad == 2 * 3 - 2
    assert y.grad == 3


def test_backward_starts_afresh():
    x = Value(3.0)
    square = x * x
    square.backward()
    square.backward()
    assert x.grad == 6
    assert square.grad == 1


def test_children_are_finished_before_their_parents():
    x = Value(2.0, name="x")
    s = x * 3
    out = s + s * x
    order: list[Value] = []
    out.backward(order.append)
    place = {id(node): k for k, node in enumerate(order)}
    assert len(order) == len(out.ancestors())
    assert all(place[id(n)] < place[id(p)] for n in order for p in n.parents)
    assert order[0] is out


def test_nodes_and_edges_for_a_figure():
    x, w = Value(2.0, name="x"), Value(-3.0, name="w")
    out = (w * x).relu()
    nodes = out.ancestors()
    assert [node.name or node.operation for node in nodes] == ["w", "x", "×", "relu"]
    assert out.edges() == [(0, 2, 2.0), (1, 2, -3.0), (2, 3, 0.0)]
    # every edge runs from an earlier node to a later one
    assert all(parent < child for parent, child, _ in out.edges())


def test_a_deep_graph_needs_no_deep_stack():
    out = x = Value(1.0)
    for _ in range(20000):
        out = out + 0.0
    out.backward()
    assert x.grad == 1


def test_far_out_sigmoid_and_text():
    assert Value(-800.0).sigmoid().data == pytest.approx(0, abs=1e-300)
    assert Value(800.0).sigmoid().data == 1
    assert repr(Value(2.0, name="x")) == "Value(x = 2, grad = 0)"
    assert repr(Value(2.0) * 2) == "Value(× = 4, grad = 0)"
    assert repr(Value(1.5)) == "Value(value = 1.5, grad = 0)"
    assert (Value(0.0).exp()).data == math.exp(0)


def test_a_power_must_be_a_number():
    with pytest.raises(TypeError, match=r"the power must be a plain number, got a Value; use \(x"):
        Value(2.0) ** Value(3.0)  # type: ignore[operator]
    assert np.isclose((Value(2.0).log() * 3).exp().data, 8)
