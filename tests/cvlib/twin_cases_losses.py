"""What the twins of the losses room are compared on."""

import numpy as np
from hypothesis import strategies as st
from twins import Call

SEEDS = st.integers(0, 2**32 - 1)


def array(draw: st.DrawFn, rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw scores, mild or huge, in one of several memory layouts: none may be relied on."""
    values = rng.standard_normal(shape) * draw(st.sampled_from((1, 1, 10, 1000)))
    values += draw(st.sampled_from((0, 0, 500, -2000)))
    layout = draw(st.sampled_from(("C", "C", "F", "every second", "reversed")))
    if layout == "F":
        return np.asfortranarray(values)
    if layout == "every second":
        return np.repeat(values, 2, axis=-1)[..., ::2]
    return values[..., ::-1] if layout == "reversed" else values


def classes(draw: st.DrawFn, rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """Draw one class an image, in one of the integer types that labels come in."""
    return rng.integers(k, size=n).astype(draw(st.sampled_from(("int64", "int32", "uint8"))))


def probabilities(draw: st.DrawFn, rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """Draw rows of probabilities: soft, with zeros among them, or one-hot."""
    kind = draw(st.sampled_from(("soft", "gaps", "one-hot")))
    if kind == "one-hot":
        return np.eye(k)[rng.integers(k, size=n)]
    rows = rng.random((n, k)) * (1 if kind == "soft" else rng.integers(0, 2, (n, k)))
    rows[:, 0] += 0.1
    return rows / rows.sum(axis=1, keepdims=True)


@st.composite
def any_axis(draw: st.DrawFn) -> Call:
    """Draw scores of any rank and the axis of their classes, counted from either end."""
    shape = [draw(st.integers(1, 5)) for _ in range(draw(st.integers(1, 4)))]
    rng = np.random.default_rng(draw(SEEDS))
    axis = draw(st.integers(-len(shape), len(shape) - 1))
    return Call({"scores": array(draw, rng, *shape)}, {"axis": axis})


@st.composite
def labelled(draw: st.DrawFn, rows: bool = False) -> Call:
    """Draw a batch of scores with a class, or probabilities, for each image."""
    n, k, seed = draw(st.integers(1, 6)), draw(st.integers(1, 7)), draw(SEEDS)
    rng = np.random.default_rng(seed)
    scores = array(draw, rng, n, k)
    soft = rows and draw(st.booleans())
    labels = (probabilities if soft else classes)(draw, rng, n, k)
    return Call({"scores": scores}, {"labels": labels}, seed)


@st.composite
def hinged(draw: st.DrawFn) -> Call:
    """Draw labelled scores and a margin."""
    call = draw(labelled())
    margin = draw(st.sampled_from((1.0, 1.0, 0.25, 3, 100.0)))
    return Call(call.arrays, {**call.options, "margin": margin}, call.seed)


@st.composite
def regressed(draw: st.DrawFn) -> Call:
    """Draw outputs of any rank and what they should have been."""
    shape = [draw(st.integers(1, 4)) for _ in range(draw(st.integers(1, 4)))]
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    targets = rng.standard_normal(shape)
    return Call({"scores": array(draw, rng, *shape)}, {"targets": targets}, seed)


CASES: dict[str, st.SearchStrategy[Call]] = {
    "hinge": hinged(),
    "hinge_losses": hinged(),
    "log_softmax": any_axis(),
    "softmax": any_axis(),
    "softmax_cross_entropy": labelled(rows=True),
    "softmax_cross_entropy_losses": labelled(rows=True),
    "squared_error": regressed(),
    "squared_error_losses": regressed(),
}
