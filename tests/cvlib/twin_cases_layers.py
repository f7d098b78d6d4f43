"""What the twins of the layers room are compared on."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from twin_cases_convolution import SEEDS, array, both, pair
from twins import Call


@st.composite
def linears(draw: st.DrawFn) -> Call:
    """Draw a fully connected layer, with a bias or without."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    inputs, outputs = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    x = array(draw, rng, draw(st.integers(0, 4)), inputs)
    w = array(draw, rng, outputs, inputs)
    b = rng.standard_normal(outputs) if draw(st.booleans()) else None
    return Call({"x": x, "w": w, "b": b}, {}, seed)


@st.composite
def pools(draw: st.DrawFn, average: bool = False) -> Call:
    """Draw windows that touch, overlap or leave gaps, with every padding that is allowed."""
    kernel = draw(pair(1, 4))
    options: dict[str, Any] = {"kernel": kernel}
    if draw(st.booleans()):
        options["stride"] = draw(pair(1, 4))
    options["padding"] = tuple(draw(st.integers(0, k // 2)) for k in both(kernel))
    if average:
        options["count_include_pad"] = draw(st.booleans())
    size = [
        max(1, k - 2 * p) + draw(st.integers(0, 5))
        for k, p in zip(both(kernel), options["padding"], strict=True)
    ]
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    x = array(draw, rng, draw(st.integers(0, 3)), draw(st.integers(1, 3)), *size)
    return Call({"x": x}, options, seed)


@st.composite
def whole_images(draw: st.DrawFn) -> Call:
    """Draw images of any size."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    return Call({"x": array(draw, rng, *(draw(st.integers(1, 5)) for _ in range(4)))}, {}, seed)


CASES: dict[str, st.SearchStrategy[Call]] = {
    "avg_pool2d": pools(average=True),
    "global_avg_pool2d": whole_images(),
    "linear": linears(),
    "max_pool2d": pools(),
    "sum_pool2d": pools(),
}
