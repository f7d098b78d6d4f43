"""A computational graph of single numbers, which differentiates whatever was computed with it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

#: For each parent of a result, the derivative of the result with respect to it.
Slopes = tuple[float, ...]


class Value:
    """A number that remembers which operation made it, and from what.

    Arithmetic on values draws the graph. `backward` walks it from the result to the inputs and
    leaves ∂result/∂v in ``v.grad`` of every node v: the sum over all paths from v to the result of
    the product of the slopes along the path.
    """

    def __init__(
        self,
        data: float,
        parents: Sequence[Value] = (),
        slopes: Slopes = (),
        operation: str = "",
        name: str = "",
    ) -> None:
        self.data = float(data)
        self.grad = 0.0
        self.parents = tuple(parents)
        self.slopes = slopes
        self.operation = operation
        self.name = name

    def __repr__(self) -> str:
        label = self.name or self.operation or "value"
        return f"Value({label} = {self.data:.6g}, grad = {self.grad:.6g})"

    def __add__(self, other: Value | float) -> Value:
        other = as_value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0), "+")

    def __mul__(self, other: Value | float) -> Value:
        other = as_value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data), "×")

    def __pow__(self, power: float) -> Value:
        if isinstance(power, Value):
            raise TypeError(
                "the power must be a plain number, got a Value; use (x.log() * p).exp()"
            )
        slope = power * self.data ** (power - 1)
        return Value(self.data**power, (self,), (slope,), f"^{power:g}")

    def exp(self) -> Value:
        """e to this value."""
        result = math.exp(self.data)
        return Value(result, (self,), (result,), "exp")

    def log(self) -> Value:
        """The natural logarithm."""
        return Value(math.log(self.data), (self,), (1 / self.data,), "log")

    def tanh(self) -> Value:
        """The hyperbolic tangent."""
        result = math.tanh(self.data)
        return Value(result, (self,), (1 - result**2,), "tanh")

    def sigmoid(self) -> Value:
        """1 / (1 + e^-x)."""
        result = 0.5 * (1 + math.tanh(self.data / 2))
        return Value(result, (self,), (result * (1 - result),), "σ")

    def relu(self) -> Value:
        """max(x, 0); the slope at 0 is taken to be 0."""
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),), "relu")

    def maximum(self, other: Value | float) -> Value:
        """The larger of two; of equal ones the first takes the gradient."""
        other = as_value(other)
        first = float(self.data >= other.data)
        return Value(max(self.data, other.data), (self, other), (first, 1 - first), "max")

    def __neg__(self) -> Value:
        return self * -1

    def __sub__(self, other: Value | float) -> Value:
        return self + -as_value(other)

    def __truediv__(self, other: Value | float) -> Value:
        return self * as_value(other) ** -1

    def __radd__(self, other: float) -> Value:
        return as_value(other) + self

    def __rmul__(self, other: float) -> Value:
        return as_value(other) * self

    def __rsub__(self, other: float) -> Value:
        return as_value(other) - self

    def __rtruediv__(self, other: float) -> Value:
        return as_value(other) / self

    def ancestors(self) -> list[Value]:
        """List every node that this one was made from, parents before children, itself last."""
        ordered: list[Value] = []
        seen: set[int] = set()
        waiting: list[tuple[Value, bool]] = [(self, False)]
        while waiting:
            node, parents_done = waiting.pop()
            if parents_done:
                ordered.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                waiting.append((node, True))
                waiting.extend((parent, False) for parent in reversed(node.parents))
        return ordered

    def backward(self, watch: Callable[[Value], None] | None = None) -> None:
        """Set ``grad`` of every ancestor to ∂self/∂it; `watch` is called on each finished node.

        A node is finished when all its children have sent their share, so children come first.
        """
        ordered = self.ancestors()
        for node in ordered:
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(ordered):
            if watch is not None:
                watch(node)
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                # += : a value that is used twice hears from both uses
                parent.grad += slope * node.grad

    def edges(self) -> list[tuple[int, int, float]]:
        """List (parent, child, slope) by their places in `ancestors`: what a figure draws."""
        ordered = self.ancestors()
        place = {id(node): k for k, node in enumerate(ordered)}
        return [
            (place[id(parent)], place[id(node)], slope)
            for node in ordered
            for parent, slope in zip(node.parents, node.slopes, strict=True)
        ]


def as_value(number: Value | float) -> Value:
    """Return a value as it is and a plain number as a leaf."""
    return number if isinstance(number, Value) else Value(number)
