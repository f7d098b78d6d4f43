"""Problem set 4, backpropagation: what is asked, on which inputs, and against what it is graded.

Batches, features, channels, rows and columns all differ in number, so that a wrong axis shows. No
input of an activation lies on its kink, except where the gradient check must cope with one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from cvlib.activations import (
    Activation,
    maxout_backward,
    maxout_forward,
    prelu_backward,
    prelu_forward,
)
from cvlib.activations.layers import passes
from cvlib.check.compare import Tolerance
from cvlib.check.measure import Measure
from cvlib.convolution import count_macs, count_parameters
from cvlib.grading.digits import archive, grey_values, released_and_hidden, sorted_digits
from cvlib.grading.spec import Case, Exercise, ProblemSet
from cvlib.layers import (
    AvgPool2d,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
    Sequential,
    SumPool2d,
    Value,
    gradient_check,
    linear_backward,
    linear_forward,
)
from cvlib.layers.initialization import gain, spread_of
from cvlib.optim import Adam, adam_step, cosine, momentum_step, nesterov_step, warmup
from cvlib.training import fit, predict

Rng = np.random.Generator
Pair = tuple[int, int]
Graph = list[tuple[Any, ...]]
EXACT = Tolerance(rtol=0.0, atol=0.0)
CHAPTER = "04_backpropagation"


def section(anchor: str) -> str:
    return f"{CHAPTER}#{anchor}"


def sizes(rng: Rng, count: int, low: int = 2, high: int = 6) -> tuple[int, ...]:
    """Draw that many different whole numbers between ``low`` and ``high``, both included."""
    return tuple(int(n) for n in rng.permutation(np.arange(low, high + 1))[:count])


def one_gradient(target, which, *args):
    gradients = target(*args)
    names = ("dx", "dw", "db") if len(gradients) == 3 else ("dx", "dalpha")
    return dict(zip(names, gradients, strict=True))[which]


# --- 1: a graph of numbers ----------------------------------------------------------------------

GRAPHS: dict[str, list[str]] = {  # part: the steps, in random order
    "a chain": ["sub", "mul", "exp", "mul", "add"],
    "two readers": ["mul", "add", "sub", "mul", "add"],
    "one node read twice": ["mul", "add", "mul", "sub"],
    "max": ["max", "mul", "sub", "max", "mul"],
    "dead ends": ["mul", "sub", "mul", "add", "mul"],
}


def draw_graphs(rng: Rng) -> Iterator[Case]:
    for part in GRAPHS:
        for _ in range(3):
            yield Case(draw_graph(rng, part), part=part)


def draw_graph(rng: Rng, part: str) -> tuple[Graph, list[float]]:
    """Draw a graph that shows what its part is about, with values and slopes of a handy size."""
    for _ in range(10_000):
        steps = [GRAPHS[part][k] for k in rng.permutation(len(GRAPHS[part]))]
        graph = draw_tree(rng, steps) if part == "a chain" else draw_steps(rng, part, steps)
        count = sum(step == "input" for step, *_ in graph)
        inputs = (rng.choice([-1, 1], count) * rng.uniform(0.3, 2.0, count)).round(2).tolist()
        if shows(part, graph) and is_handy(graph, inputs):
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
        twice = part == "one node read twice"
        graph.append((step, *(int(k) for k in rng.choice(len(graph), 2, replace=twice))))
    return graph


def shows(part: str, graph: Graph) -> bool:
    live = alive(graph)
    read = [k for node in sorted(live) for k in set(graph[node][1:])]
    double = [n for n in live if len(graph[n]) == 3 and graph[n][1] == graph[n][2]]
    dead = set(range(3, len(graph))) - live
    forks = any(read.count(k) > 1 and graph[k] != ("input",) for k in live)
    return {
        "a chain": True,
        "two readers": forks and not dead,
        "one node read twice": any(graph[n][0] == "mul" for n in double) and not dead,
        "max": any(graph[n][0] == "max" for n in live) and not dead,
        "dead ends": any(live & set(graph[n][1:]) for n in dead),
    }[part]


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


def graph_gradients(graph: Graph, inputs: list[float]) -> list[float]:
    return [node.grad for node in evaluate(graph, inputs)]


# --- 2, 3: the linear layer and the activations -------------------------------------------------


def draw_linear(rng: Rng) -> Iterator[Case]:
    for which in ("dx", "dw", "db"):
        for _ in range(2):
            n, d, m = sizes(rng, 3)
            arrays = [rng.normal(size=shape) for shape in ((n, m), (n, d), (m, d))]
            yield Case((which, *arrays), part=which)


def linear_gradients(dout: Any, x: Any, w: Any) -> tuple[Any, ...]:
    return linear_backward(dout, linear_forward(x, w, np.zeros(len(w)))[1])


NAMES = ("sigmoid", "tanh", "relu", "leaky_relu", "elu")


def draw_activations(rng: Rng) -> Iterator[Case]:
    for part in (*NAMES, "far out", "float32 stays float32"):
        for name in [part] if part in NAMES else NAMES:
            shape = sizes(rng, 2, 3, 6)
            x = rng.choice([-1, 1], shape) * rng.uniform(0.05, 3.0, shape)
            x = np.sign(x) * rng.uniform(100, 800, shape) if part == "far out" else x
            dout, slope = rng.normal(size=shape), float(np.round(rng.uniform(0.05, 0.4), 3))
            slope = slope + 0.6 if name == "elu" else slope
            if (
                part == "float32 stays float32"
            ):  # where each slope is 0, 1/4 or 1, to the last digit
                dout, x, slope = np.round(4 * dout), 25 * np.sign(x), 0.25
                dout, x = dout.astype(np.float32), x.astype(np.float32)
            yield Case((name, dout, x, slope), part=part)


def activation_gradient(name: str, dout: Any, x: Any, slope: float) -> Any:
    forward, backward = passes(name)
    options = {"leaky_relu": {"slope": slope}, "elu": {"alpha": slope}}.get(name, {})
    return backward(dout, forward(x, **options)[1])


def gradient_and_dtype(target, name, dout, x, slope):
    dx = target(name, dout, x, slope)
    return (dx, str(dx.dtype)) if x.dtype == "float32" else dx


# --- 4: saturation ------------------------------------------------------------------------------

FLAT = 0.01  # the slope at the edge
SATURATION = {
    "sigmoid_peak": 0.25,
    "ten_sigmoids": 0.25**10,
    "sigmoid_edge": float(np.arccosh(1 / (2 * FLAT) - 1)),  # σ′ = 1 / (2 + 2 cosh x)
    "tanh_edge": float(np.arccosh(FLAT**-0.5)),  # tanh′ = 1 / cosh²
    "elu_edge": float(np.log(FLAT)),
}


def draw_keys(answer: dict[str, Any]) -> Callable[[Rng], list[Case]]:
    return lambda rng: [Case((key,), part=key) for key in answer]


def read_key(target, key):
    return target.get(key)


# --- 5, 6: activations that learn ---------------------------------------------------------------


def draw_prelu(rng: Rng) -> Iterator[Case]:
    for part, which, images, shared in (
        ("dx", "dx", True, False),
        ("dx", "dx", False, False),
        ("dalpha of features", "dalpha", False, False),
        ("dalpha of images", "dalpha", True, False),
        ("one slope for all channels", "dx", True, True),
        ("one slope for all channels", "dalpha", True, True),
        ("one slope for all channels", "dalpha", False, True),
    ):
        n, c, h = sizes(rng, 3, 2, 4)
        shape = (n, c, h, c) if images else (n, c)  # as wide as there are channels: a trap
        x, dout = rng.normal(size=shape), rng.normal(size=shape)
        yield Case((which, dout, x, rng.uniform(0.1, 0.9, 1 if shared else c)), part=part)


def prelu_gradients(dout: Any, x: Any, alpha: Any) -> tuple[Any, Any]:
    return prelu_backward(dout, prelu_forward(x, alpha)[1])


def draw_maxout(rng: Rng) -> Iterator[Case]:
    for part, which, pieces in (
        ("dx", "dx", 2),
        ("dw", "dw", 2),
        ("db", "db", 2),
        ("more pieces", "dx", 4),
        ("more pieces", "dw", 3),
    ):
        for _ in range(2):
            n, d, m = sizes(rng, 3, 3, 6)
            x, w, b = (rng.normal(size=s) for s in ((n, d), (pieces, m, d), (pieces, m)))
            yield Case((which, rng.normal(size=(n, m)), x, w, b), part=part)


def maxout_gradients(dout: Any, x: Any, w: Any, b: Any) -> tuple[Any, ...]:
    return maxout_backward(dout, maxout_forward(x, w, b)[1])


# --- 7: pooling ---------------------------------------------------------------------------------

APART = ((2, 3), (2, 3))  # kernel, stride
OVERLAPPING = ((3, 2), (2, 1))
POOLS: dict[str, list[tuple[str, str, tuple[Pair, Pair]]]] = {  # part: what, kind, windows
    "forward of max": [("forward", "max", APART), ("forward", "max", OVERLAPPING)],
    "forward of mean and sum": [("forward", "mean", APART), ("forward", "sum", OVERLAPPING)],
    "backward of max": [("backward", "max", APART), ("backward", "max", ((1, 3), (2, 3)))],
    "backward of mean and sum": [("backward", "mean", APART), ("backward", "sum", APART)],
    "overlapping windows": [("backward", k, OVERLAPPING) for k in ("max", "mean", "sum")],
    "ties": [("backward", "max", APART), ("backward", "max", OVERLAPPING)],
    "a second batch": [("again", "max", APART), ("again", "mean", OVERLAPPING)],
}


def draw_pools(rng: Rng) -> Iterator[Case]:
    for part, cases in POOLS.items():
        for what, kind, windows in cases:
            x = draw_pooled(rng, *windows) - 3.0  # zeros would win
            x = np.round(x / 2) if part == "ties" else x
            other = rng.permuted(x) if kind == "max" else draw_pooled(rng, *windows)
            batches = [other, x] if what == "again" else [x]
            dout = rng.normal(size=pool_layer(kind, *windows).forward(x).shape)
            dout = None if what == "forward" else dout
            yield Case((kind, *windows, batches, dout), part=part)


def draw_pooled(rng: Rng, kernel: Pair, stride: Pair) -> np.ndarray:
    """Draw images with a row and a column that no window reaches, where the stride allows it."""
    (n, c), windows = sizes(rng, 2, 1, 3), sizes(rng, 2, 2, 3)
    height, width = (
        (o - 1) * s + k + (s > 1) for o, k, s in zip(windows, kernel, stride, strict=True)
    )
    return rng.normal(size=(n, c, height, width))


LAYERS = {"max": MaxPool2d, "mean": AvgPool2d, "sum": SumPool2d}


def pool_layer(kind: str, kernel: Pair, stride: Pair) -> Any:
    return LAYERS[kind](kernel, stride=stride)


def run_pool(target, kind, kernel, stride, batches, dout):
    pool = target(kind, kernel, stride)
    for x in batches:
        out = pool.forward(x)
    return out if dout is None else pool.backward(dout)


# --- 8: the check of the checker ----------------------------------------------------------------

TRAPS = {  # part: the battery of the driver, and the shapes of the arrays
    "a wrong factor or sign": ("linear", [(3, 4), (2, 4), (2,)]),
    "an argument left out": ("arguments", [(3, 4), (2, 4), (2,)]),
    "a single entry": ("entry", [(4, 5)]),
    "sums that hide it": ("hidden", [(5, 3)]),
    "tiny and huge gradients": ("scales", [(3, 4)]),
    "the wrong shape": ("shapes", [(3, 4), (2, 4), (2,)]),
    "float32": ("linear", [(3, 4), (2, 4), (2,)]),
    "kinks": ("kinks", [(4, 6)]),
}


def draw_traps(rng: Rng) -> Iterator[Case]:
    for part, (trap, shapes) in TRAPS.items():
        for _ in range(2):
            arrays = [rng.choice([-1, 1], s) * rng.uniform(0.3, 2.0, s) for s in shapes]
            if part == "float32":
                arrays = [a.astype(np.float32) for a in arrays]
            if part == "kinks":
                arrays[0].flat[rng.permutation(24)[:3]] = [0.0, 1e-10, -1e-10]
            yield Case((trap, arrays, int(rng.integers(2**31))), part=part)


def verdicts(target, trap, arrays, seed):
    import numpy as np

    def linear(x, w, b):
        return x @ w.T + b, (x, w)

    def of_linear(dout, cache):
        return dout @ cache[1], dout.T @ cache[0], dout.sum(axis=0)

    def tanh(x):
        return np.tanh(x), x

    def of_tanh(dout, x):
        return (dout * (1 - np.tanh(x) ** 2),)

    def softmax(x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True), e / e.sum(axis=1, keepdims=True)

    def of_softmax(dout, p):
        return (p * (dout - (dout * p).sum(axis=1, keepdims=True)),)

    def batch_norm(x):
        spread = np.sqrt(x.var(axis=0) + 1e-5)
        out = (x - x.mean(axis=0)) / spread
        return out, (out, spread)

    def of_batch_norm(dout, cache):
        out, spread = cache
        return ((dout - dout.mean(axis=0) - out * (dout * out).mean(axis=0)) / spread,)

    def bent(x):
        return np.maximum(x, 0.1 * x), x

    def of_bent(dout, x):
        return (np.where(x > 0, dout, 0.1 * dout),)

    def changed(backward, k, change):  # change the k-th gradient of a right backward
        def wrong(dout, cache):
            gradients = list(backward(dout, cache))
            gradients[k] = change(gradients[k])
            return tuple(gradients)

        return wrong

    def scaled(forward, factor):
        return lambda *a: (factor * forward(*a)[0], forward(*a)[1])

    def one_entry(g):  # the largest but two
        g = g.copy()
        g.flat[np.abs(g).argsort(axis=None)[-3]] *= 0.9
        return g

    def zero(g):
        return 0 * g

    def pairs():  # the name of a forward, the forward, its backward, and wrong ones
        if trap == "linear":
            spoilt = {
                "dx off by 1 %": changed(of_linear, 0, lambda g: 1.01 * g),
                "dw negated": changed(of_linear, 1, np.negative),
                "a third of db": changed(of_linear, 2, lambda g: g / 3),
            }
            yield f"{arrays[0].dtype} linear", linear, of_linear, spoilt
        if trap == "arguments":
            names = enumerate(("dx zero", "dw zero", "db zero"))
            spoilt = {name: changed(of_linear, k, zero) for k, name in names}
            yield "linear", linear, of_linear, spoilt
        if trap == "shapes":
            spoilt = {
                "db a row": changed(of_linear, 2, lambda g: g[None]),
                "dw transposed": changed(of_linear, 1, np.transpose),
            }
            yield "linear", linear, of_linear, spoilt
        if trap == "entry":
            for name, f, b in (("tanh", tanh, of_tanh), ("softmax", softmax, of_softmax)):
                yield name, f, b, {"one entry off": changed(b, 0, one_entry)}
        if trap == "hidden":
            normed = batch_norm, of_batch_norm
            yield "batch norm", *normed, {"dx zero": changed(of_batch_norm, 0, zero)}
            yield "softmax", softmax, of_softmax, {"dx zero": changed(of_softmax, 0, zero)}
            blind = {"dout ignored": lambda dout, x: of_tanh(np.ones_like(dout), x)}
            yield "tanh", tanh, of_tanh, blind
        if trap == "scales":
            for f in (1e-7, 1e7):
                b = changed(of_tanh, 0, lambda g, f=f: f * g)
                spoilt = {"dx zero": zero, "one entry off": one_entry}
                spoilt = {name: changed(b, 0, change) for name, change in spoilt.items()}
                yield f"{f:g} · tanh", scaled(tanh, f), b, spoilt
        if trap == "kinks":
            spoilt = {
                f"slope {s} on the left": lambda dout, x, s=s: (np.where(x > 0, dout, s * dout),)
                for s in (0.0, 0.15, 1.0)
            }
            yield "leaky ReLU", bent, of_bent, spoilt

    order = np.random.default_rng(seed)
    found = {}
    for name, forward, right, spoilt in pairs():
        backwards = {f"{name}, right": right}
        backwards.update((f"{name}, {how}", backward) for how, backward in spoilt.items())
        for key in order.permutation(list(backwards)).tolist():
            rng = np.random.default_rng([seed, len(found)])
            found[key] = target(forward, backwards[key], [a.copy() for a in arrays], rng)
    return found


def check_with_the_library(
    forward: Any, backward: Any, arrays: Sequence[np.ndarray], rng: Rng
) -> bool:
    named = {f"array {k}": np.asarray(a, np.float64) for k, a in enumerate(arrays)}
    try:
        return gradient_check(forward, backward, named, rng=rng).agrees
    except ValueError:  # gradients of the wrong shape
        return False


# --- 9: initialization --------------------------------------------------------------------------


def draw_shapes(rng: Rng) -> Iterator[Case]:
    for part, scheme in (
        ("xavier", "xavier"),
        ("xavier for a convolution", "xavier"),
        ("he for a ReLU", "he"),
        ("he for a convolution", "he"),
        ("he for a leaky ReLU", "he"),
    ):
        for _ in range(3):
            outputs, inputs = sizes(rng, 2, 5, 300)
            window = sizes(rng, 2, 2, 7) if "convolution" in part else ()
            slope = float(np.round(rng.uniform(0.2, 0.9), 2)) if "leaky" in part else 0.0
            yield Case(((outputs, inputs, *window), scheme, slope), part=part)


def weight_std(shape: tuple[int, ...], scheme: str, slope: float) -> float:
    return spread_of(shape, scheme, gain("leaky_relu", slope) if scheme == "he" else None)


# --- 10, 11, 12: steps and their size -----------------------------------------------------------


def draw_momenta(rng: Rng) -> Iterator[Case]:
    for part, steps, momentum, nesterov in (
        ("no momentum", 3, 0.0, False),
        ("one step", 1, 0.9, False),
        ("many steps with a changing rate", 6, 0.8, False),
        ("Nesterov", 1, 0.9, True),
        ("Nesterov", 5, 0.7, True),
    ):
        shape = sizes(rng, 2, 2, 4)
        w, v = rng.normal(size=shape), rng.normal(size=shape) * (steps == 1)
        lrs = [float(lr) for lr in np.round(rng.uniform(0.05, 0.5, steps), 3)]
        yield Case((w, v, rng.normal(size=(steps, *shape)), lrs, momentum, nesterov), part=part)


def run_momentum(target, w, v, gradients, lrs, momentum, nesterov):
    old = w
    for g, lr in zip(gradients, lrs, strict=True):
        w, v = target(w, v, g, lr, momentum, nesterov)
    return {"w": w, "v": v, "the old w": old}


def momentum_or_nesterov(
    w: Any, v: Any, g: Any, lr: float, momentum: float, nesterov: bool
) -> tuple[Any, Any]:
    step = nesterov_step if nesterov else momentum_step
    return step(w, g, v, lr=lr, momentum=momentum)


def draw_adams(rng: Rng) -> Iterator[Case]:
    for part, steps, shapes, eps in (
        ("the first step", 1, [(2, 3)], 1e-8),
        ("several steps", 7, [(3, 2)], 1e-8),
        ("several arrays", 5, [(2, 3), (2,), (4, 2)], 1e-8),
        ("a changing rate", 6, [(4,), (2, 2)], 1e-8),
        ("a large ε", 4, [(2, 4)], 0.3),
    ):
        betas = tuple(float(b) for b in rng.uniform((0.7, 0.9), (0.9, 0.99)).round(3))
        parameters = [rng.normal(size=s) for s in shapes]
        spread = [10.0 ** rng.uniform(-2, 2, s) * rng.choice([-1, 1], s) for s in shapes]
        gradients = [[s * rng.uniform(0.3, 2.0, s.shape) for s in spread] for _ in range(steps)]
        lrs = rng.uniform(0.01, 0.3, steps if part == "a changing rate" else 1).round(3)
        lrs = [float(lr) for lr in np.broadcast_to(lrs, steps)]
        yield Case((parameters, gradients, lrs, betas, eps), part=part)


def run_adam(target, parameters, gradients, lrs, betas, eps):
    held = [p.copy() for p in parameters]
    optimizer = target(held, lrs[0], betas, eps)
    for lr, g in zip(lrs, gradients, strict=True):
        optimizer.lr = lr
        optimizer.step(g)
    return list(held)  # the arrays that were handed over: they have to move


class AdamInPlace:
    """Adam as the exercise asks for it, by the library's rule."""

    def __init__(self, parameters: Any, lr: float, betas: Any, eps: float) -> None:
        self.parameters, self.lr, self.options = parameters, lr, {"betas": betas, "eps": eps}
        self.means = [(np.zeros_like(p), np.zeros_like(p)) for p in parameters]
        self.count = 0

    def step(self, gradients: Any) -> None:
        self.count += 1
        for k, (w, g) in enumerate(zip(self.parameters, gradients, strict=True)):
            moved = adam_step(w, g, *self.means[k], self.count, lr=self.lr, **self.options)
            w[...], self.means[k] = moved[0], (moved[1], moved[2])


def draw_schedules(rng: Rng) -> Iterator[Case]:
    for part in ("climb", "fall", "both ends", "no warm-up"):
        for _ in range(2):
            climb, fall = (int(n) for n in rng.integers((8, 20), (20, 60)))
            climb = 0 if part == "no warm-up" else climb
            steps = climb + fall
            asked = {
                "climb": [0, *range(1, climb, 3)],
                "fall": range(climb + 1, steps, 5),
                "both ends": [climb, steps],
                "no warm-up": [0, *range(2, steps, 7), steps],
            }[part]
            peak = float(np.round(rng.uniform(0.01, 0.5), 3))
            yield Case((list(asked), steps, climb, peak), part=part)


def at_each_step(target, asked, steps, warmup, peak):
    return [target(step, steps, warmup, peak) for step in asked]


def learning_rate(step: int, steps: int, climb: int, peak: float) -> float:
    fall = cosine(steps - climb)
    return peak * (warmup(climb, fall) if climb else fall)(step)


# --- 13: when to stop ---------------------------------------------------------------------------

NEVER = -1.0
STOPS = (
    "out of patience",
    "a new best starts the count again",
    "equal is not better",
    "small enough",
    "the end of the list",
    "not a number",
)


def draw_losses(rng: Rng) -> Iterator[Case]:
    for part in STOPS:
        for _ in range(4):
            yield Case(draw_run(rng, part), part=part)


def draw_run(rng: Rng, part: str) -> tuple[list[float], int, float]:
    """Draw the losses of a training run that shows what its part is about."""
    for _ in range(10_000):
        epochs, patience = int(rng.integers(12, 22)), int(rng.integers(2, 5))
        falling = 2.0 * np.exp(-np.arange(epochs) / rng.uniform(2, 8))
        losses = np.round(falling + rng.uniform(0, 0.4, epochs), 1 if "equal" in part else 3)
        target = float(rng.choice(losses[4:])) if part == "small enough" else NEVER
        if part == "not a number":
            losses[rng.integers(4, 12)] = np.nan
        if stops_like(part, losses.tolist(), patience, target):
            return losses.tolist(), patience, target
    raise ValueError(f"no run of losses shows {part!r}")


def stops_like(part: str, losses: list[float], patience: int, target: float) -> bool:
    stop, best = stop_training(losses, patience, target)
    bests = [k for k in range(stop + 1) if np.nanmin([*losses[:k], np.inf]) > losses[k]]
    without, last = stop + 1 - len(bests), len(losses) - 1
    if best < 2 or stop < 4:
        return False
    return {
        "out of patience": stop < last and losses[stop] != losses[best],
        "a new best starts the count again": best < stop < last and without > patience + 1,
        "equal is not better": stop < last and losses[best] in losses[best + 1 : stop + 1],
        "small enough": stop == best < last and losses[stop] == target,
        "the end of the list": best < stop == last and stop - best < patience,
        "not a number": bool(np.isnan(losses[best : stop + 1]).any()) and stop < last,
    }[part]


def stop_training(losses: list[float], patience: int, target: float) -> tuple[int, int]:
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < np.nanmin([*losses[:epoch], np.inf]) else best
        if loss <= target or epoch - best == patience:
            return epoch, best
    return len(losses) - 1, best


# --- 14, 16: networks that read digits ----------------------------------------------------------

SHEET, DIGIT = 14, 8


def digits_file() -> bytes:
    images, labels = sorted_digits()
    return archive(images=images, labels=labels)


def draw_held_out(rng: Rng, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    _, hidden = released_and_hidden()
    chosen = rng.permutation(len(hidden))[:count]
    return grey_values(hidden.images[chosen]), hidden.labels[chosen]


def with_noise(rng: Rng, images: np.ndarray, spread: float) -> np.ndarray:
    return np.clip(np.round(images + rng.normal(0, spread, images.shape)), 0, 16).astype(np.uint8)


def draw_readable(rng: Rng) -> Iterator[Case]:
    for part in DIGITS:
        images, labels = draw_held_out(rng)
        images = {
            "clean": with_noise(rng, images, 0.3),  # no picture is in anybody's file
            "noisy": with_noise(rng, images, 3.0),
            "dim": with_noise(rng, images / 3, 0.2),
        }[part]
        yield Case((images,), part=part, truth=labels)


def scatter(rng: Rng, images: np.ndarray, corners: bool = False) -> np.ndarray:
    """Lay images (N, 8, 8) out on empty sheets of 14 × 14, anywhere or in the corners."""
    room = SHEET - DIGIT
    places = rng.integers(0, room + 1, (len(images), 2))
    places = places // (room // 2 + 1) * room if corners else places
    sheets = np.zeros((len(images), SHEET, SHEET), images.dtype)
    for sheet, image, (top, left) in zip(sheets, images, places, strict=True):
        sheet[top : top + DIGIT, left : left + DIGIT] = image
    return sheets


def draw_scattered(rng: Rng) -> Iterator[Case]:
    for part in SCATTERED:
        images, labels = draw_held_out(rng)
        sheets = scatter(rng, with_noise(rng, images, 0.3), corners=part == "corners")
        sheets = with_noise(rng, sheets, 2.0) if part == "noisy" else sheets
        yield Case((sheets,), part=part, truth=labels)


@functools.cache
def digits_network() -> Sequential:
    """One hidden layer, trained on images whose darkest pixel is 1."""
    rng = np.random.default_rng(0)
    network = Sequential(
        Flatten(), Linear(64, 64, rng=rng), Activation("relu"), Linear(64, 10, rng=rng)
    )
    return trained(network, rng, even_ink, epochs=20, lr=0.005)


@functools.cache
def lenet() -> Sequential:
    """The network that the exercise describes."""
    rng = np.random.default_rng(0)
    network = Sequential(
        *(Conv2d(1, 12, 3, rng=rng), Activation("relu"), MaxPool2d(2)),
        *(Conv2d(12, 48, 3, rng=rng), Activation("relu"), MaxPool2d(4)),
        *(Flatten(), Linear(48, 10, rng=rng)),
    )
    return trained(network, rng, ink, scatter, epochs=12, lr=0.015)


def trained(
    network: Sequential,
    rng: Rng,
    prepare: Callable[[np.ndarray], np.ndarray],
    augment: Callable[[Rng, np.ndarray], np.ndarray] = lambda rng, images: images,
    *,
    epochs: int,
    lr: float,
) -> Sequential:
    images, labels = sorted_digits()
    raw = SimpleNamespace(images=images, labels=labels)
    fit(
        network,
        raw,
        optimizer=Adam(network.parameters(), lr),
        epochs=epochs,
        batch_size=25,
        rng=rng,
        schedule=warmup(1, cosine(epochs - 1)),
        augment=lambda images, rng: prepare(augment(rng, images)),
    )
    return network


def even_ink(images: np.ndarray) -> np.ndarray:
    darkest = images.max(axis=(1, 2), keepdims=True)
    return (images / darkest - 0.3)[:, None].astype(np.float32)


def ink(images: np.ndarray) -> np.ndarray:
    return (images[:, None] / 8 - 0.5).astype(np.float32)


def predict_digits(images: np.ndarray) -> np.ndarray:
    return predict(digits_network(), even_ink(images))


def predict_scattered(sheets: np.ndarray) -> np.ndarray:
    return predict(lenet(), ink(sheets))


DIGITS = {
    "clean": Measure("accuracy", at_least=0.90),
    "noisy": Measure("accuracy", at_least=0.85),
    "dim": Measure("accuracy", at_least=0.85),
}
SCATTERED = {
    "scattered": Measure("accuracy", at_least=0.90),
    "corners": Measure("accuracy", at_least=0.88),
    "noisy": Measure("accuracy", at_least=0.83),
}


# --- 15: LeNet-5 --------------------------------------------------------------------------------


def read_rings() -> np.ndarray:
    """Which maps of S2 (rows) each map of C3 (columns) reads, as the exercise describes it."""
    three, four, pairs = (0, 1, 2), (0, 1, 2, 3), (0, 1, 3, 4)
    reads = [(three, 6), (four, 6), (pairs, 3), (range(6), 1)]
    table = np.zeros((6, 16), np.int64)
    for column, (start, offsets) in enumerate((j, o) for o, count in reads for j in range(count)):
        table[[(start + o) % 6 for o in offsets], column] = 1
    return table


TABLE = read_rings()
LINKS = int(TABLE.sum())
C3 = 5 * 5 * LINKS + 16
LENET = {
    "table": TABLE,
    "c3": C3,
    "network": 6 * 26 + 12 + C3 + 32 + count_parameters(16, 120, 5) + 84 * 121,
    "multiplications": count_macs(28, 1, 6, 5) + 10 * 10 * 25 * LINKS + 16 * 25 * 120 + 120 * 84,
}


PROBLEM_SET = ProblemSet(
    id="ps04_backpropagation",
    title="Backpropagation",
    chapter=CHAPTER,
    files={"digits.npz": digits_file},
    exercises=(
        Exercise(
            id="graph_gradients",
            title="Two readers",
            points=3,
            objective="Walk a computational graph backwards, by the chain rule alone.",
            section=section("bp-chain"),
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
            },
        ),
        Exercise(
            id="linear_backward",
            title="The layer that sees everything",
            points=3,
            objective="Derive the three gradients of a fully connected layer.",
            section=section("bp-linear"),
            reference=linear_gradients,
            cases=draw_linear,
            driver=one_gradient,
            hints={
                "dx": "x[n, d] reaches every output m of its own image, each by way of w[m, d].",
                "dw": "w[m, d] is used once for each image. Sum over the images.",
                "db": "b[m] is added once for each image, and dout already has the mean in it.",
            },
        ),
        Exercise(
            id="activation_backward",
            title="Five bends",
            points=4,
            objective="Implement the derivatives of five activations, without overflow.",
            section=section("bp-activations"),
            reference=activation_gradient,
            cases=draw_activations,
            driver=gradient_and_dtype,
            hints={
                "sigmoid": "σ′ = σ(1 − σ), and it multiplies dout. x is the input of the layer.",
                "tanh": "tanh′ = 1 − tanh², of the input x.",
                "relu": "Whether a gradient passes depends on the sign of x, not on that of dout.",
                "leaky_relu": "Two slopes, 1 on the right and the small one on the left.",
                "elu": "Differentiate a(eˣ − 1): the −1 is gone, and a eˣ is left.",
                "far out": "Which of your terms is larger than 10³⁰⁸ for x = 800 or x = −800? "
                "Write it with e to the power −|x| instead.",
                "float32 stays float32": "np.where(x > 0, 1.0, 0.0) makes float64; "
                "np.where(x > 0, dout, 0) does not.",
            },
        ),
        Exercise(
            id="saturation",
            title="Where the light goes out",
            points=2,
            objective="Work out where activations saturate, and what depth makes of it.",
            section=section("bp-saturation"),
            kind="answer",
            reference=SATURATION,
            cases=draw_keys(SATURATION),
            driver=read_key,
            tolerance=Tolerance(rtol=2e-3, atol=0.0),  # three digits, but tanh_edge is not 3
            hints={
                "sigmoid_peak": "σ(1 − σ), with σ anywhere between 0 and 1.",
                "ten_sigmoids": "Ten factors, each as large as it can be.",
                "sigmoid_edge": "Solve σ(1 − σ) = 0.01 for σ first, then find x.",
                "tanh_edge": "1 − tanh² = 0.01 gives tanh, and then x.",
                "elu_edge": "On the left its slope is a single exponential.",
            },
        ),
        Exercise(
            id="prelu_backward",
            title="A slope that learns",
            points=3,
            objective="Give a parameter that many pixels share the sum of their gradients.",
            section=section("bp-activations"),
            reference=prelu_gradients,
            cases=draw_prelu,
            driver=one_gradient,
            hints={
                "dx": "α belongs to the channels, axis 1. NumPy lines up the last axes unless you "
                "reshape it.",
                "dalpha of features": "Only inputs below 0 were multiplied by α. What was each of "
                "them worth, and over which axis do they add up?",
                "dalpha of images": "One α serves every pixel of its channel, in every image.",
                "one slope for all channels": "Now it serves every channel, too; and it still has "
                "the shape (1,).",
            },
        ),
        Exercise(
            id="maxout_backward",
            title="The winner takes the gradient",
            points=3,
            objective="Send a gradient through the largest of several linear pieces.",
            section=section("bp-activations"),
            reference=maxout_gradients,
            cases=draw_maxout,
            driver=one_gradient,
            builds_on=("linear_backward",),
            hints={
                "dx": "For each piece, keep dout where it won and put 0 where it lost. What is "
                "left is a linear layer.",
                "dw": "dw[p] sees only those images for which piece p won output m.",
                "db": "As dw, without x. The bias also has a say in who wins.",
                "more pieces": "argmax over the pieces' axis gives one winner for each n and m, "
                "however many pieces there are.",
            },
        ),
        Exercise(
            id="Pool2d",
            title="A layer that remembers",
            points=5,
            objective="Build pooling as a layer with a forward, a memory and a backward.",
            section=section("bp-pooling"),
            kind="class",
            reference=pool_layer,
            cases=draw_pools,
            driver=run_pool,
            hints={
                "forward of max": "Window (i, j) starts at (i · stride[0], j · stride[1]). All "
                "numbers may be negative: a maximum that starts at 0 is wrong then.",
                "forward of mean and sum": "One number a window, for each image and channel.",
                "backward of max": "The pixel that won gets all of dout, the others nothing. dx "
                "has the shape of x, also where no window looked. Compare *Pooling: who gets the "
                "gradient?*",
                "backward of mean and sum": "How much does the output grow if a pixel grows by 1?",
                "overlapping windows": "A pixel in two windows hears from both. Does your "
                "assignment add, or does the last window win?",
                "ties": "Of equal largest pixels the first takes all, row by row. That is what "
                "argmax does.",
                "a second batch": "backward belongs to the last forward: replace what you kept.",
            },
        ),
        Exercise(
            id="gradient_check",
            title="Trust no backward",
            points=5,
            objective="Write a gradient check that neither passes wrong backwards nor fails right "
            "ones.",
            section=section("bp-gradient-check"),
            reference=check_with_the_library,
            cases=draw_traps,
            driver=verdicts,
            hints={
                "a wrong factor or sign": "A wrong gradient may be off by 1 % only. Central "
                "differences agree with a right one to about 8 digits.",
                "an argument left out": "Every array has a gradient: check them all.",
                "a single entry": "One entry in twenty is off by a tenth. Nudge each entry.",
                "sums that hide it": "A random dout: L = sum(dout · out). The same one goes to "
                "backward. Compare *A gradient check that cannot be fooled*.",
                "tiny and huge gradients": "Is 10⁻⁸ small? Next to a gradient of 10⁻⁷ it is not. "
                "Compare with the array's largest entry.",
                "the wrong shape": "A gradient is shaped like its array. Compare the shapes before "
                "NumPy stretches one of them.",
                "float32": "In float32 a number has 7 digits, and the difference that you divide "
                "by h has lost most of them. Make float64 copies first.",
                "kinks": "Compute the slopes to the left and to the right. Where they differ much "
                "more than h, leave the entry out; judge all the others.",
            },
        ),
        Exercise(
            id="weight_std",
            title="How large is small?",
            points=3,
            objective="Choose the spread of the first weights so that signals keep their size.",
            section=section("bp-init"),
            reference=weight_std,
            cases=draw_shapes,
            hints={
                "xavier": "A standard deviation is wanted, and the formula gives its square.",
                "xavier for a convolution": "One pixel goes into K maps, at R · S places of each.",
                "he for a ReLU": "fan_in · s² / 2 = 1: half of the signal is cut off.",
                "he for a convolution": "A sum of a convolution has C · R · S terms.",
                "he for a leaky ReLU": "The half that is negative keeps slope² of its square. "
                "Compare *How large should the first weights be?*",
            },
        ),
        Exercise(
            id="momentum_step",
            title="A ball with a memory",
            points=3,
            objective="Implement gradient descent with momentum, and Nesterov's variant.",
            section=section("bp-momentum"),
            reference=momentum_or_nesterov,
            cases=draw_momenta,
            driver=run_momentum,
            hints={
                "no momentum": "With μ = 0 it is plain gradient descent, downhill.",
                "one step": "First the new v from the old one, then w from the new v. The old "
                "arrays stay as they are: v += g would change one.",
                "many steps with a changing rate": "The rate multiplies v when w moves. It is not "
                "stored in v.",
                "Nesterov": "The step is g + μ v, with the v that has g in it already.",
            },
        ),
        Exercise(
            id="Adam",
            title="A step of the same size for everyone",
            points=4,
            objective="Build Adam, with its two means and their correction.",
            section=section("bp-adam"),
            kind="class",
            reference=AdamInPlace,
            cases=draw_adams,
            driver=run_adam,
            hints={
                "the first step": "At t = 1 both corrections undo the factors 1 − β exactly: every "
                "weight moves by the rate. Did the arrays move in place?",
                "several steps": "m and s keep the uncorrected means; only the step uses the "
                "corrected ones.",
                "several arrays": "Each array has means of its own, and all share one t.",
                "a changing rate": "step reads self.lr each time.",
                "a large ε": "ε is added to the root, not under it.",
            },
        ),
        Exercise(
            id="learning_rate",
            title="Slowly, then fast, then gently",
            points=2,
            objective="Implement a warm-up with a cosine decay.",
            section=section("bp-schedules"),
            reference=learning_rate,
            cases=draw_schedules,
            driver=at_each_step,
            hints={
                "climb": "A straight line through (0, 0) and (warmup, peak).",
                "fall": "How far has the fall come, as a share from 0 to 1? It begins at warmup.",
                "both ends": "The rate is peak at step warmup and 0 at step steps.",
                "no warm-up": "With warmup = 0 the fall begins at once, and nothing may divide "
                "by 0.",
            },
        ),
        Exercise(
            id="stop_training",
            title="When to stop",
            points=2,
            objective="Decide from the validation losses when to stop and which weights to keep.",
            section=section("bp-stopping"),
            reference=stop_training,
            cases=draw_losses,
            tolerance=EXACT,
            hints={
                "out of patience": "Count the epochs since the best one. Keep the best, not the "
                "last.",
                "a new best starts the count again": "The epochs without a new best must be in a "
                "row.",
                "equal is not better": "A new best is below all earlier losses, not as low.",
                "small enough": "target or less: the epoch that reaches it is the last.",
                "the end of the list": "When no other reason comes first, the last epoch is it.",
                "not a number": "NaN < best and NaN >= best are both False. Which of the two do "
                "you ask?",
            },
        ),
        Exercise(
            id="predict_digits",
            title="A network of your own",
            points=5,
            objective="Train a network from its parts, on real images, and use it on others.",
            section=section("bp-sgd"),
            kind="model",
            reference=predict_digits,
            cases=draw_readable,
            measure=DIGITS,
            builds_on=(
                "linear_backward",
                "activation_backward",
                "weight_std",
                "momentum_step",
                "learning_rate",
                "stop_training",
            ),
            hints={
                "clean": "Does the training loss fall? If not, check your backward with "
                "gradient_check. The file is sorted by digit: shuffle before you keep some aside, "
                "and in every epoch.",
                "noisy": "Is it right on clean digits? Then it may have learnt too few of them too "
                "well; see what its validation loss does.",
                "dim": "What would make a dim digit look like a bright one, before the network "
                "sees it? Or train on some that you dimmed.",
            },
        ),
        Exercise(
            id="c3_table",
            title="The table of 1998",
            points=3,
            objective="Reconstruct LeNet-5's connection table, and count its 60,000 parameters.",
            section=section("bp-lenet"),
            kind="answer",
            reference=LENET,
            cases=draw_keys(LENET),
            driver=read_key,
            tolerance=EXACT,
            hints={
                "table": "Column by column; the ring closes, so that 5 and 0 are neighbours.",
                "c3": "25 weights for each 1 in the table, and a bias a map.",
                "network": "Add up the last column of the layers' table, with 2 parameters a map "
                "for S2 and S4. Compare *LeNet-5 in pure NumPy*.",
                "multiplications": "Each weight of a kernel multiplies once for every pixel of the "
                "map that it makes; biases and S2, S4 don't count.",
            },
        ),
        Exercise(
            id="predict_scattered",
            title="LeNet, in NumPy",
            points=6,
            objective="Train a convolutional network in pure NumPy, from layers of one's own.",
            section=section("bp-lenet"),
            kind="model",
            reference=predict_scattered,
            cases=draw_scattered,
            measure=SCATTERED,
            builds_on=(
                "linear_backward",
                "activation_backward",
                "Pool2d",
                "weight_std",
                "Adam",
                "learning_rate",
            ),
            hints={
                "scattered": "Check the network's backward on four sheets in float64 with "
                "gradient_check. Then: does it fall, is the last rate 0, are the sheets of each "
                "epoch new ones?",
                "corners": "Can a digit at the border be seen as one in the middle can? Train on "
                "sheets from scatter, which reach the corners.",
                "noisy": "When scattered ones are read well and noisy ones are not, train longer, "
                "or add some noise to your own sheets.",
            },
        ),
        Exercise(
            id="stuck_on_a_saddle",
            title="Stuck on a saddle",
            points=4,
            objective="Tell a saddle from a minimum, and a plateau from convergence.",
            section=section("bp-saddles"),
            kind="written",
        ),
    ),
)
