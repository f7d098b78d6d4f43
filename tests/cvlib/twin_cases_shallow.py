"""What the twins of the shallow room are compared on."""

import numpy as np
from hypothesis import strategies as st
from twins import Call

SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def images(draw: st.DrawFn, cell: int = 1, cells: int = 1, **options: st.SearchStrategy) -> Call:
    """Draw a batch with values in [0, 1], corners and flat parts among them."""
    rng = np.random.default_rng(draw(SEEDS))
    shape = (
        draw(st.integers(1, 3)),
        draw(st.integers(1, 3)),
        cell * draw(st.integers(cells, cells + 3)),
        cell * draw(st.integers(cells, cells + 3)),
    )
    values = rng.random(shape)
    values[rng.random(shape) < draw(st.sampled_from((0.0, 0.3)))] = draw(st.sampled_from((0, 1)))
    return Call({"images": values}, {name: draw(choice) for name, choice in options.items()})


@st.composite
def blocks(draw: st.DrawFn) -> Call:
    """Draw images that the cells tile and the blocks fit into."""
    cell, block = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    call = draw(images(cell=cell, cells=block, bins=st.integers(1, 9)))
    clip = draw(st.sampled_from((0.2, 0.5, 10.0)))
    return Call(call.arrays, {**call.options, "cell": cell, "block": block, "clip": clip})


@st.composite
def weighted(draw: st.DrawFn) -> Call:
    """Draw features and weights, with a bias or without."""
    rng = np.random.default_rng(draw(SEEDS))
    n, d, k = (draw(st.integers(1, 5)) for _ in range(3))
    b = rng.standard_normal(k) if draw(st.booleans()) else None
    return Call({"features": rng.standard_normal((n, d)), "w": rng.standard_normal((k, d)), "b": b})


CASES = {
    "color_histogram": images(bins=st.integers(1, 5)),
    "edge_histogram": images(bins=st.integers(1, 9)),
    "hog": blocks(),
    "image_gradients": images(),
    "linear_scores": weighted(),
}
