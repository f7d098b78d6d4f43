"""What the twins of the activations room are compared on."""

import numpy as np
from hypothesis import strategies as st
from twin_cases_convolution import SEEDS, array
from twins import Call


@st.composite
def numbers(draw: st.DrawFn, option: str = "", low: float = 0.0, high: float = 1.0) -> Call:
    """Draw an array of any shape, from small numbers to saturating ones, and some exact zeros."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    shape = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    x = array(draw, rng, *shape) * draw(st.sampled_from((0.01, 1.0, 30.0, 1000.0)))
    if draw(st.booleans()):
        x = np.where(rng.random(x.shape) < 0.3, 0.0, x)
    return Call({"x": x}, {option: draw(st.floats(low, high))} if option else {}, seed)


@st.composite
def prelus(draw: st.DrawFn) -> Call:
    """Draw features or images, with one slope a channel or one for all."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    shape = [draw(st.integers(1, 4)) for _ in range(draw(st.integers(2, 4)))]
    alpha = rng.standard_normal(shape[1] if draw(st.booleans()) else 1)
    return Call({"x": array(draw, rng, *shape), "alpha": alpha}, {}, seed)


@st.composite
def maxouts(draw: st.DrawFn) -> Call:
    """Draw one or more linear maps, with biases or without."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    n, inputs, pieces, outputs = (draw(st.integers(low, 4)) for low in (0, 1, 1, 1))
    w = array(draw, rng, pieces, outputs, inputs)
    b = rng.standard_normal((pieces, outputs)) if draw(st.booleans()) else None
    return Call({"x": array(draw, rng, n, inputs), "w": w, "b": b}, {}, seed)


CASES: dict[str, st.SearchStrategy[Call]] = {
    "elu": numbers("alpha", 0.1, 2.0),
    "leaky_relu": numbers("slope", 0.0, 0.9),
    "maxout": maxouts(),
    "prelu": prelus(),
    "relu": numbers(),
    "sigmoid": numbers(),
    "tanh": numbers(),
}
