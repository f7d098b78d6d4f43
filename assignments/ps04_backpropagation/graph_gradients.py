"""Two readers: walk a computational graph backwards, by the chain rule alone."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from cvlib.grading.spec import Case, Exercise, Variants
from cvlib.layers import Value

from .common import Rng

Graph = list[tuple[Any, ...]]


GRAPHS: dict[str, list[str]] = {  # part: the steps, in random order
    "a chain": ["sub", "mul", "exp", "mul", "add"],
    "two readers": ["mul", "add", "sub", "mul", "add"],
    "one node read twice": ["mul", "add", "mul", "sub"],
    "max": ["max", "mul", "sub", "max", "mul"],
    "dead ends": ["mul", "sub", "mul", "add", "mul"],
    "an input further down": ["mul", "input", "add", "sub", "mul"],
}


def draw_graphs(rng: Rng) -> Iterator[Case]:
    for part in GRAPHS:
        for which in range(3):
            yield Case(draw_graph(rng, part, which), part=part)


def draw_graph(rng: Rng, part: str, which: int) -> tuple[Graph, list[float]]:
    """Draw a graph that shows what its part is about, with values and slopes of a handy size."""
    for _ in range(10_000):
        steps = [GRAPHS[part][k] for k in rng.permutation(len(GRAPHS[part]))]
        graph = draw_tree(rng, steps) if part == "a chain" else draw_steps(rng, part, steps)
        count = sum(step == "input" for step, *_ in graph)
        inputs = (rng.choice([-1, 1], count) * rng.uniform(0.3, 2.0, count)).round(2).tolist()
        if not (shows(part, which, graph) and is_handy(graph, inputs)):
            continue
        if part != "max" or WINNERS[which](graph, inputs):
            return graph, inputs
    raise ValueError(f"no graph shows {part!r}")


def draw_tree(rng: Rng, steps: list[str]) -> Graph:
    """Every node has one reader."""
    graph: Graph = [("input",)] * (1 + sum(step != "exp" for step in steps))
    unread = list(range(len(graph)))
    for step in steps:
        chosen = [unread.pop(rng.integers(len(unread))) for _ in range(1 + (step != "exp"))]
        unread.append(len(graph))
        graph.append((step, *chosen))
    return graph


def draw_steps(rng: Rng, part: str, steps: list[str]) -> Graph:
    graph: Graph = [("input",)] * 3
    for step in steps:
        if step == "input":
            graph.append((step,))
            continue
        twice = part == "one node read twice"
        graph.append((step, *(int(k) for k in rng.choice(len(graph), 2, replace=twice))))
    return graph


def shows(part: str, which: int, graph: Graph) -> bool:
    """Whether a graph shows its part, each of the three in a way of its own."""
    live = alive(graph)
    read = [k for node in sorted(live) for k in set(graph[node][1:])]
    double = [n for n in live if len(graph[n]) == 3 and graph[n][1] == graph[n][2]]
    dead = set(range(3, len(graph))) - live
    forked = {graph[k] == ("input",) for k in live if read.count(k) > 1}
    return {
        "a chain": True,
        "two readers": (which == 1) in forked and not dead,
        "one node read twice": any(graph[n][0] == TWICE[which] for n in double) and not dead,
        "max": any(graph[n][0] == "max" for n in live) and not dead,
        "dead ends": any(live & set(graph[n][1:]) for n in dead),
        "an input further down": graph[3] != ("input",) and not dead,
    }[part]


TWICE = ("mul", "add", "mul")


def alive(graph: Graph) -> set[int]:
    """The nodes that the last one depends on, itself included."""
    found = {len(graph) - 1}
    for node in reversed(range(len(graph))):
        found |= set(graph[node][1:]) if node in found else set()
    return found


def is_handy(graph: Graph, inputs: list[float]) -> bool:
    nodes = evaluate(graph, inputs)
    values, slopes = (np.abs([getattr(n, a) for n in nodes]) for a in ("data", "grad"))
    gaps = [abs(nodes[n[1]].data - nodes[n[2]].data) for n in graph if n[0] == "max"]
    moving = slopes[[k for k in alive(graph) if k < len(graph) - 1]]
    tame = values.max() < 30 and slopes.max() < 30 and min(gaps, default=1.0) > 0.2
    # the gradient of a live node may vanish behind a max, and almost nowhere else
    return bool(tame and np.sum(moving > 0.02) >= len(moving) - len(gaps) and slopes[0] > 0.02)


def evaluate(graph: Graph, inputs: list[float]) -> list[Value]:
    steps: dict[str, Callable[..., Value]] = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "max": Value.maximum,
        "exp": Value.exp,
    }
    given, nodes = iter(inputs), list[Value]()
    for step, *arguments in graph:
        read = [nodes[k] for k in arguments]
        nodes.append(steps[step](*read) if read else Value(next(given)))
    nodes[-1].backward()
    return nodes


def winners(graph: Graph, inputs: list[float]) -> Iterator[tuple[float, float]]:
    """The two arguments of each max that matters."""
    nodes = evaluate(graph, inputs)
    for node, (step, *read) in zip(nodes, graph, strict=True):
        if step == "max" and abs(node.grad) > 0.02:
            yield nodes[read[0]].data, nodes[read[1]].data


WINNERS: list[Callable[[Graph, list[float]], bool]] = [
    lambda *drawn: any(a > b for a, b in winners(*drawn)),
    lambda *drawn: any(a < b for a, b in winners(*drawn)),
    lambda *drawn: any(abs(max(pair)) < abs(min(pair)) - 0.1 for pair in winners(*drawn)),
]


def graph_gradients(graph: Graph, inputs: list[float]) -> list[float]:
    return [node.grad for node in evaluate(graph, inputs)]


variants = Variants()
EXERCISE = Exercise(
    id="graph_gradients",
    title="Two readers",
    objective="Walk a computational graph backwards, by the chain rule alone.",
    section="04_backpropagation#bp-chain",
    reference=graph_gradients,
    cases=draw_graphs,
    hints={
        "a chain": "Start with 1 at the last node and go through the list from the end. "
        "What a node hands to an argument is its own gradient times one slope. Compare "
        "*The chain rule, walked backwards*.",
        "two readers": "A node is finished only when all of its readers have sent their "
        "share, and the shares add up.",
        "one node read twice": "mul of a node with itself is a square: two shares go to "
        "that node, and here they are equal.",
        "max": "A small change of the smaller argument changes nothing.",
        "dead ends": "A node that L does not depend on has gradient 0, and so has nothing "
        "to hand on.",
        "an input further down": "The inputs' values come in the order of the input nodes, which "
        "need not be the first in the list.",
    },
    variants=variants,
)


RESULT: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "max": max,
    "exp": np.exp,
}


SLOPES: dict[str, Callable[..., tuple[float, ...]]] = {
    "add": lambda a, b: (1.0, 1.0),
    "sub": lambda a, b: (1.0, -1.0),
    "mul": lambda a, b: (b, a),
    "max": lambda a, b: (float(a > b), float(b > a)),
    "exp": lambda a: (float(np.exp(a)),),
}


def values_of(graph: Any, inputs: Any) -> list[float]:
    given, value = iter(inputs), list[float]()
    for step, *arguments in graph:
        read = [value[k] for k in arguments]
        value.append(RESULT[step](*read) if arguments else next(given))
    return value


def walk(
    graph: Any, inputs: Any, slopes: Any = SLOPES, *, overwrite: bool = False, order: int = -1
) -> list[float]:
    """Backpropagate; the options are what a student may get wrong."""
    value = values_of(graph, inputs)
    gradient = [0.0] * len(graph)
    gradient[-1] = 1.0
    for node in range(len(graph))[::order]:
        step, *arguments = graph[node]
        found = slopes[step](*(value[k] for k in arguments)) if arguments else ()
        for k, slope in zip(arguments, found, strict=True):
            gradient[k] = gradient[node] * slope + (0.0 if overwrite else gradient[k])
    return gradient


@variants.mutant(
    "The last reader of a node wins in yours. Every reader sends a share, and the shares add up: "
    "+= instead of =. See *The chain rule, walked backwards*.",
)
def overwrites_the_gradient(graph, inputs):
    return walk(graph, inputs, overwrite=True)


@variants.mutant(
    "You handed on the slopes alone. What a node passes to an argument is its own gradient times "
    "the slope; that product is the chain rule. See *The chain rule, walked backwards*.",
)
def forgets_the_upstream_gradient(graph, inputs):
    value = values_of(graph, inputs)
    gradient = [0.0] * (len(graph) - 1) + [1.0]
    for step, *arguments in graph:
        found = SLOPES[step](*(value[k] for k in arguments)) if arguments else ()
        for k, slope in zip(arguments, found, strict=True):
            gradient[k] += slope
    return gradient


@variants.mutant(
    "You walked the list from its beginning, so nodes hand on a gradient that has not arrived yet. "
    "The readers of a node come after it: start at the end. See *The chain rule, walked "
    "backwards*.",
)
def walks_forwards(graph, inputs):
    return walk(graph, inputs, order=1)


@variants.mutant(
    "In a product you gave each factor its own value as slope. If a grows, a·b grows b times as "
    "much: the slope is the other factor. See *A formula is a graph*.",
)
def keeps_its_own_factor(graph, inputs):
    return walk(graph, inputs, {**SLOPES, "mul": lambda a, b: (a, b)})


@variants.mutant(
    "The second argument of a difference has slope −1: when it grows, the result falls. See "
    "*A formula is a graph*.",
)
def subtracts_like_adding(graph, inputs):
    return walk(graph, inputs, {**SLOPES, "sub": lambda a, b: (1.0, 1.0)})


@variants.mutant(
    "Your max sends the gradient to both arguments. The smaller one did not reach the result, so "
    "its slope is 0. See *A formula is a graph*.",
)
def max_pays_both(graph, inputs):
    return walk(graph, inputs, {**SLOPES, "max": lambda a, b: (1.0, 1.0)})


@variants.mutant(
    "The slope of eˣ is eˣ, the value of the node itself; you multiplied by x. See *A formula is a "
    "graph*.",
)
def exp_has_slope_x(graph, inputs):
    return walk(graph, inputs, {**SLOPES, "exp": lambda a: (a,)})


@variants.mutant(
    "A node that reads another one twice sends it two shares. You keep one of them, perhaps "
    "because you go through the set of its arguments: d(a·a)/da = 2a. See *The chain rule, walked "
    "backwards*.",
)
def one_share_for_two_uses(graph, inputs):
    value = values_of(graph, inputs)
    gradient = [0.0] * (len(graph) - 1) + [1.0]
    for node in reversed(range(len(graph))):
        step, *arguments = graph[node]
        found = SLOPES[step](*(value[k] for k in arguments)) if arguments else ()
        for k, slope in dict(zip(arguments, found, strict=True)).items():
            gradient[k] += gradient[node] * slope
    return gradient


@variants.mutant(
    "Your max decides by the size without the sign. Of −3 and 1 the larger one is 1, and it gets "
    "the gradient. See *A formula is a graph*.",
)
def max_by_the_absolute_value(graph, inputs):
    def slopes(a: float, b: float) -> tuple[float, float]:
        return float(abs(a) > abs(b)), float(abs(b) > abs(a))

    return walk(graph, inputs, {**SLOPES, "max": slopes})


@variants.mutant(
    "A node with two readers hands on what it has each time that it hears from one of them, so the "
    "first share travels twice. Hand on when all have been heard, or the new share alone. See *The "
    "chain rule, walked backwards*.",
)
def hands_on_too_early(graph, inputs):
    value, gradient = values_of(graph, inputs), [0.0] * len(graph)

    def send(node: int, share: float) -> None:
        gradient[node] += share
        step, *arguments = graph[node]
        found = SLOPES[step](*(value[k] for k in arguments)) if arguments else ()
        for k, slope in zip(arguments, found, strict=True):
            send(k, gradient[node] * slope)

    send(len(graph) - 1, 1.0)
    return gradient


@variants.alternative
def asks_the_readers(graph, inputs):
    value = values_of(graph, inputs)

    @functools.cache
    def gradient(node: int) -> float:
        total = float(node == len(graph) - 1)
        for reader, (step, *arguments) in enumerate(graph):
            for place, k in enumerate(arguments):
                if k == node:
                    slopes = SLOPES[step](*(value[a] for a in arguments))
                    total += gradient(reader) * slopes[place]
        return total

    return np.array([gradient(node) for node in range(len(graph))])


@variants.alternative
def solves_a_linear_system(graph, inputs):
    value, n = values_of(graph, inputs), len(graph)
    slopes = np.zeros((n, n))  # of each node (row) for the nodes that it reads (column)
    for node, (step, *arguments) in enumerate(graph):
        if arguments:
            found = SLOPES[step](*(value[k] for k in arguments))
            np.add.at(slopes[node], arguments, found)
    return np.linalg.solve(np.eye(n) - slopes.T, np.eye(n)[-1]).tolist()


@variants.alternative
def forward_once_a_node(graph, inputs):
    value = values_of(graph, inputs)
    gradients = []
    for seed in range(len(graph)):
        moved = [0.0] * len(graph)  # how each node moves with node ``seed``
        for node, (step, *arguments) in enumerate(graph):
            if arguments:
                slopes = SLOPES[step](*(value[k] for k in arguments))
                moved[node] = sum(s * moved[k] for s, k in zip(slopes, arguments, strict=True))
            if node == seed:
                moved[node] = 1.0
        gradients.append(moved[-1])
    return tuple(gradients)
