"""What the twins of the normalization room are compared on."""

import numpy as np
from hypothesis import strategies as st
from twins import Call

SEEDS = st.integers(0, 2**32 - 1)
EPS = st.sampled_from((1e-5, 1e-3, 0.1))


def array(draw: st.DrawFn, rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers off centre, in one of several memory layouts: none may be relied on."""
    values = 3 * rng.standard_normal(shape) + rng.normal(0, 5)
    layout = draw(st.sampled_from(("C", "C", "F", "every second", "reversed")))
    if layout == "F":
        return np.asfortranarray(values)
    if layout == "every second":
        return np.repeat(values, 2, axis=-1)[..., ::2]
    return values[..., ::-1] if layout == "reversed" else values


@st.composite
def sizes(draw: st.DrawFn, *, fewest: int = 1) -> tuple[int, int, int]:
    """Draw N, H and W with at least `fewest` numbers a channel: short rows and long ones."""
    n, h, w = draw(st.integers(1, 5)), draw(st.integers(1, 6)), draw(st.integers(1, 6))
    if draw(st.integers(0, 5)) == 0:
        h, w = 12, 15  # more numbers a row than are summed across
    return (2, h, w) if n * h * w < fewest else (n, h, w)


def scale_and_shift(
    draw: st.DrawFn, rng: np.random.Generator, *shape: int
) -> dict[str, np.ndarray | None]:
    """Draw γ and β, or leave out one or both."""
    gamma, beta = rng.standard_normal(shape), rng.standard_normal(shape)
    kept = draw(st.sampled_from(("both", "both", "gamma", "beta")))
    return {
        "gamma": gamma if kept in ("both", "gamma") else None,
        "beta": beta if kept in ("both", "beta") else None,
    }


@st.composite
def batches(draw: st.DrawFn) -> Call:
    """Draw a batch in training: vectors, sequences or images."""
    n, h, w = draw(sizes(fewest=2))
    channels, seed = draw(st.integers(1, 5)), draw(SEEDS)
    rng = np.random.default_rng(seed)
    vectors, sequences = (n * h * w, channels), (n, channels, h * w)
    shape = draw(st.sampled_from((vectors, sequences, (n, channels, h, w))))
    arrays = {"x": array(draw, rng, *shape), **scale_and_shift(draw, rng, channels)}
    return Call(arrays, {"training": True, "eps": draw(EPS)}, seed)


@st.composite
def grouped(draw: st.DrawFn, instance: bool) -> Call:
    """Draw images whose channels fall into groups, or stand alone."""
    n, h, w = draw(sizes())
    groups, share, seed = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(SEEDS)
    rng = np.random.default_rng(seed)
    x = array(draw, rng, n, groups * share, h, w)
    arrays = {"x": x, **scale_and_shift(draw, rng, groups * share)}
    options = {"eps": draw(EPS)}
    return Call(arrays, options if instance else {**options, "groups": groups}, seed)


@st.composite
def examples(draw: st.DrawFn) -> Call:
    """Draw anything with a first axis, to be normalized over some of the last axes."""
    shape = [draw(st.integers(1, 5)) for _ in range(draw(st.integers(2, 4)))]
    count, seed = draw(st.integers(1, len(shape) - 1)), draw(SEEDS)
    rng = np.random.default_rng(seed)
    arrays = {"x": array(draw, rng, *shape), **scale_and_shift(draw, rng, *shape[-count:])}
    return Call(arrays, {"eps": draw(EPS)}, seed)


@st.composite
def any_axes(draw: st.DrawFn) -> Call:
    """Draw any array and any set of its axes, counted from either end."""
    shape = [draw(st.integers(1, 4)) for _ in range(draw(st.integers(1, 4)))]
    axes = draw(
        st.lists(st.integers(0, len(shape) - 1), min_size=1, max_size=len(shape), unique=True)
    )
    seed = draw(SEEDS)
    x = array(draw, np.random.default_rng(seed), *shape)
    counted = tuple(axis - len(shape) if draw(st.booleans()) else axis for axis in axes)
    return Call({"x": x}, {"axes": counted, "eps": draw(EPS)}, seed)


@st.composite
def responses(draw: st.DrawFn) -> Call:
    """Draw images and a window that may be even, or wider than there are channels."""
    n, h, w = draw(sizes())
    seed = draw(SEEDS)
    x = array(draw, np.random.default_rng(seed), n, draw(st.integers(1, 7)), h, w)
    options = {
        "size": draw(st.integers(1, 9)),
        "alpha": draw(st.sampled_from((1e-4, 0.1, 2.0))),
        "beta": draw(st.sampled_from((0.75, 0.5, 1.0))),
        "k": draw(st.sampled_from((1.0, 2.0))),
        "average": draw(st.booleans()),
    }
    return Call({"x": x}, options, seed)


@st.composite
def running(draw: st.DrawFn) -> Call:
    """Draw a running statistic, a new one, and the share of the new one."""
    rng = np.random.default_rng(draw(SEEDS))
    arrays = {name: rng.standard_normal(4) for name in ("running", "new")}
    return Call(arrays, {"momentum": draw(st.sampled_from((0.0, 0.1, 0.5, 1.0)))})


CASES: dict[str, st.SearchStrategy[Call]] = {
    "batch_norm": batches(),
    "group_norm": grouped(instance=False),
    "instance_norm": grouped(instance=True),
    "layer_norm": examples(),
    "local_response_norm": responses(),
    "normalize": any_axes(),
    "update_running": running(),
}
