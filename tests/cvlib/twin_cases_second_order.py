"""What the twins of the second-order room are compared on."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from twin_cases_convolution import SEEDS, array
from twins import Call

from cvlib.second_order.terms import TERMS

EPS = st.sampled_from((1e-4, 1e-2, 0.3))


@st.composite
def branches(draw: st.DrawFn, **options: st.SearchStrategy[Any]) -> Call:
    """Draw two branches of one shape, both signs in either, with zeros and ties among them."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    shape = draw(st.lists(st.integers(0, 4), min_size=1, max_size=4))
    f1, f2 = array(draw, rng, *shape), array(draw, rng, *shape)
    if draw(st.booleans()):
        f1 = np.where(rng.random(f1.shape) < 0.2, 0.0, f1)
        f2 = np.where(rng.random(f1.shape) < 0.2, f1, f2)
    return Call({"f1": f1, "f2": f2}, {name: draw(value) for name, value in options.items()}, seed)


TERMS_DRAWN = st.lists(st.sampled_from(TERMS), min_size=1, max_size=6, unique=True)


@st.composite
def depths(draw: st.DrawFn) -> Call:
    """Draw a shortcut, a branch and what was drawn for the block, or nothing at test time."""
    call = draw(branches())
    n = call.arrays["f1"].shape[0]  # type: ignore[union-attr]
    rng = np.random.default_rng(call.seed)
    survives = draw(st.sampled_from((None, True, False, "each")))
    options = {
        "survives": rng.random(n) < 0.5 if survives == "each" else survives,
        "probability": draw(st.sampled_from((0.25, 0.5, 1.0))),
        "inverted": draw(st.booleans()),
    }
    return Call({"x": call.arrays["f1"], "f": call.arrays["f2"]}, options, call.seed)


@st.composite
def descriptors(draw: st.DrawFn, *, fused: bool = False) -> Call:
    """Draw descriptors, one or many."""
    rng = np.random.default_rng(draw(SEEDS))
    shape = (*draw(st.lists(st.integers(0, 3), max_size=2)), 128)
    options = {"fusion": draw(st.sampled_from(("max", "sum")))} if fused else {}
    return Call({"descriptors": array(draw, rng, *shape)}, options)


def maps(x: Any) -> Any:
    """Maps that mirroring changes, in either library: every pixel times the one right of it."""
    return x[..., :-1] * x[..., 1:] + 0.5 * x[..., 1:]


def features(x: Any) -> Any:
    """One number a channel, in either library."""
    return maps(x).sum((2, 3))


@st.composite
def mirrored(draw: st.DrawFn, extract: Any) -> Call:
    """Draw images and a way to look at them."""
    rng = np.random.default_rng(draw(SEEDS))
    shape = (draw(st.integers(0, 3)), *(draw(st.integers(1, 3)) for _ in range(2)))
    x = array(draw, rng, *shape, draw(st.integers(2, 5)))
    return Call({"x": x}, {"extract": extract, "fusion": draw(st.sampled_from(("max", "sum")))})


@st.composite
def responses(draw: st.DrawFn) -> Call:
    """Draw maps, some of a single row or column, and the weight of the neighbours."""
    seed = draw(SEEDS)
    rng = np.random.default_rng(seed)
    shape = (draw(st.integers(0, 3)), *(draw(st.integers(1, 5)) for _ in range(3)))
    return Call({"x": array(draw, rng, *shape)}, {"sigma": draw(st.floats(0, 4))}, seed)


CASES: dict[str, st.SearchStrategy[Call]] = {
    "cross_derivative": branches(terms=TERMS_DRAWN, eps=EPS),
    "fuse": branches(terms=TERMS_DRAWN, eps=EPS),
    "max_sift": descriptors(fused=True),
    "mirror_descriptor": descriptors(),
    "phrase_pool": responses(),
    "reversal_equivariant_maps": mirrored(maps),
    "reversal_invariant_features": mirrored(features),
    "sort": branches(rectified=st.booleans()),
    "sort_root": branches(eps=EPS, rectified=st.booleans()),
    "stochastic_depth": depths(),
}
