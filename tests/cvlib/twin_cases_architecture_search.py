"""What the twins of the architecture search room are compared on."""

import numpy as np
from hypothesis import strategies as st
from twin_cases_convolution import SEEDS
from twins import Call

from cvlib.architecture_search import bit_count


@st.composite
def stages(draw: st.DrawFn, nodes: st.SearchStrategy[int] | None = None) -> Call:
    """Draw a stage with at least one connection, any number of isolated nodes, and its arrays."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    count = draw(nodes or st.integers(2, 5))
    some = st.lists(st.integers(0, 1), min_size=bit_count(count), max_size=bit_count(count))
    bits = tuple(draw(some.filter(any)))
    n, inputs, channels = (draw(st.integers(1, 3)) for _ in range(3))
    size = draw(st.tuples(st.integers(2, 4), st.integers(2, 4)))
    window = draw(st.sampled_from((1, 3)))
    arrays = {
        "x": rng.standard_normal((n, inputs, *size)),
        "w_input": rng.standard_normal((channels, inputs, window, window)),
        "w_nodes": rng.standard_normal((count + 1, channels, channels, window, window)),
        "gamma": rng.uniform(0.5, 1.5, (count + 2, channels)),
        "beta": rng.standard_normal((count + 2, channels)),
    }
    return Call(arrays, {"bits": bits}, seed)


CASES: dict[str, st.SearchStrategy[Call]] = {"stage": stages()}
