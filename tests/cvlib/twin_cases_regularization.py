"""What the twins of the regularization room are compared on."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from twins import Call

SEEDS = st.integers(0, 2**32 - 1)


def array(draw: st.DrawFn, rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Draw numbers in one of several memory layouts: a function must not rely on any."""
    values = rng.standard_normal(shape)
    layout = draw(st.sampled_from(("C", "C", "F", "reversed")))
    if layout == "F":
        return np.asfortranarray(values)
    return values[..., ::-1] if layout == "reversed" else values


@st.composite
def weights(draw: st.DrawFn, **options: st.SearchStrategy[float]) -> Call:
    """Draw an array of weights, some of them exactly 0, and strengths."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    w = array(draw, rng, *(draw(st.integers(1, 4)) for _ in range(draw(st.integers(1, 3)))))
    w = np.where(rng.random(w.shape) < 0.2, 0, w)
    return Call({"w": w}, {name: draw(value) for name, value in options.items()}, seed)


STRENGTHS = st.sampled_from((0.0, 0.01, 0.3, 2.0))


@st.composite
def dropped(draw: st.DrawFn) -> Call:
    """Draw numbers, a rate, and a mask that may be shared along some axes."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    shape = tuple(draw(st.integers(1, 4)) for _ in range(draw(st.integers(1, 4))))
    shared = tuple(1 if draw(st.booleans()) else n for n in shape)
    mask = rng.random(shared) < 0.5
    rate = draw(st.sampled_from((0.0, 0.2, 0.5, 0.9)))
    return Call({"x": array(draw, rng, *shape)}, {"mask": mask, "rate": rate}, seed)


@st.composite
def pictures(draw: st.DrawFn, *, light: bool = False, channels: int = 0) -> tuple[Any, ...]:
    """Draw (images, generator, seed); with `light`, pixels between 0 and 1."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    shape = (
        draw(st.integers(1, 3)),
        channels or draw(st.integers(1, 3)),
        *(draw(st.integers(1, 6)) for _ in range(2)),
    )
    x = rng.uniform(0.01, 0.99, shape) if light else array(draw, rng, *shape)
    return x, rng, seed


def per_image(
    draw: st.DrawFn, rng: np.random.Generator, count: int, low: float, high: float
) -> Any:
    """Draw one amount for all images, or one an image."""
    return rng.uniform(low, high, count) if draw(st.booleans()) else float(rng.uniform(low, high))


@st.composite
def moved(draw: st.DrawFn, reaches: dict[str, tuple[float, float]]) -> Call:
    """Draw images and the amounts of one move."""
    x, rng, seed = draw(pictures())
    options = {n: per_image(draw, rng, len(x), *reach) for n, reach in reaches.items()}
    return Call({"x": x}, {**options, "fill": draw(st.sampled_from((0.0, 0.5)))}, seed)


@st.composite
def warped(draw: st.DrawFn) -> Call:
    """Draw images, and any invertible move of the plane for all or for each."""
    x, rng, seed = draw(pictures())
    n = len(x)
    moves = np.tile(np.eye(3), (n, 1, 1))
    moves[:, :2] += rng.uniform(-0.4, 0.4, (n, 2, 3)) * [1, 1, 5]
    options = {"moves": moves if draw(st.booleans()) else moves[0]}
    return Call({"x": x}, options, seed)


@st.composite
def lit(draw: st.DrawFn, name: str, low: float, high: float) -> Call:
    """Draw images with pixels in 0 … 1 and the amount of a tone curve."""
    x, rng, seed = draw(pictures(light=True))
    return Call({"x": x}, {name: per_image(draw, rng, len(x), low, high)}, seed)


@st.composite
def tinted(draw: st.DrawFn) -> Call:
    """Draw images and gains for their channels, some of which burn out to white."""
    x, rng, seed = draw(pictures(light=True))
    shape = (x.shape[1],) if draw(st.booleans()) else x.shape[:2]
    return Call({"x": x}, {"gains": rng.uniform(0.3, 1.9, shape)}, seed)


@st.composite
def flipped(draw: st.DrawFn) -> Call:
    """Draw images and which of them to mirror."""
    x, rng, seed = draw(pictures())
    chosen = rng.random(len(x)) < 0.5 if draw(st.booleans()) else draw(st.booleans())
    direction = draw(st.sampled_from(("left-right", "up-down")))
    return Call({"x": x}, {"chosen": chosen, "direction": direction}, seed)


@st.composite
def cropped(draw: st.DrawFn) -> Call:
    """Draw images, padding, and windows that fit."""
    x, rng, seed = draw(pictures())
    padding = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    full = [n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True)]
    size = tuple(draw(st.integers(1, n)) for n in full)
    corners = np.stack(
        [rng.integers(0, n - s + 1, len(x)) for n, s in zip(full, size, strict=True)], 1
    )
    return Call({"x": x}, {"corners": corners, "size": size, "padding": padding}, seed)


@st.composite
def labelled(draw: st.DrawFn) -> Call:
    """Draw labels to smooth."""
    rng = np.random.default_rng(draw(SEEDS))
    classes = draw(st.integers(2, 12))
    labels = rng.integers(0, classes, draw(st.integers(1, 9)))
    alpha = draw(st.sampled_from((0.0, 0.1, 0.5, 1.0)))
    return Call({}, {"labels": labels, "classes": classes, "alpha": alpha})


@st.composite
def replaced(draw: st.DrawFn) -> Call:
    """Draw labels, and others to put in the place of some."""
    rng = np.random.default_rng(draw(SEEDS))
    n = draw(st.integers(1, 9))
    labels, drawn = rng.integers(0, 9, (2, n))
    return Call({}, {"labels": labels, "chosen": rng.random(n) < 0.5, "drawn": drawn})


@st.composite
def regressions(draw: st.DrawFn) -> Call:
    """Draw few or many features, one or several targets, and a price of the weights."""
    rng = np.random.default_rng(draw(SEEDS))
    n, d = draw(st.integers(1, 7)), draw(st.integers(1, 9))
    y = rng.standard_normal((n, draw(st.integers(1, 3))) if draw(st.booleans()) else n)
    l2 = draw(st.sampled_from((0.0, 0.1, 10.0)))
    return Call({"features": array(draw, rng, n, d), "y": y}, {"l2": l2})


CASES: dict[str, st.SearchStrategy[Call]] = {
    "color_cast": tinted(),
    "crop": cropped(),
    "dropout": dropped(),
    "elastic_net": weights(l1=STRENGTHS, l2=STRENGTHS),
    "elastic_net_proximal": weights(lr=STRENGTHS, l1=STRENGTHS, l2=STRENGTHS),
    "exp_tone": lit("strength", 0.2, 20.0),
    "flip": flipped(),
    "gamma": lit("exponent", 0.3, 3.0),
    "l1_penalty": weights(),
    "l2_penalty": weights(),
    "log_tone": lit("strength", 0.2, 20.0),
    "replace_labels": replaced(),
    "ridge_fit": regressions(),
    "rotate": moved({"degrees": (-180.0, 180.0)}),
    "shear": moved({"columns": (-1.0, 1.0)}),
    "smooth_labels": labelled(),
    "soft_threshold": weights(threshold=STRENGTHS),
    "stretch": moved({"rows": (0.5, 2.0), "columns": (0.5, 2.0)}),
    "translate": moved({"rows": (-3.0, 3.0), "columns": (-3.0, 3.0)}),
    "warp": warped(),
}
