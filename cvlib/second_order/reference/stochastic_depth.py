"""Stochastic depth: blocks of a residual network that are skipped at random while it trains."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.regularization.validation import check_count
from cvlib.second_order.terms import check_branches
from cvlib.second_order.validation import check_probability, check_survives


class SurvivalCache(NamedTuple):
    """What the branch was multiplied by, one number or one an image, and the shape of the block."""

    factor: Array
    shape: tuple[int, ...]


def survival_probabilities(blocks: int, *, last: float = 0.5) -> npt.NDArray[np.float64]:
    """Return how likely each block is to be kept: the deeper, the less, along a straight line.

    p[l] = 1 - l/L · (1 - p_L) for l = 1 … L; block l stands at index l - 1

    Raises TypeError or ValueError for a count that is no positive int, ValueError for a `last`
    probability outside (0, 1].
    Source: Huang et al., Deep networks with stochastic depth, 2016, §3.
    """
    check_count("blocks", blocks, 1)
    check_probability("last", last)
    return 1 - np.arange(1, blocks + 1) / blocks * (1 - last)


def expected_depth(probabilities: npt.ArrayLike) -> float:
    """Return how many blocks a training step uses on average: Σ p_l.

    On the straight line down to 1/2 that is (3L - 1)/4. Raises ValueError outside (0, 1].
    Source: Huang et al., 2016, §3.
    """
    each = np.asarray(probabilities, np.float64)
    for probability in each.flat:
        check_probability("probabilities", float(probability))
    return float(each.sum())


def draw_survival(
    probabilities: npt.ArrayLike, rng: np.random.Generator, *, images: int | None = None
) -> npt.NDArray[np.bool_]:
    """Draw which blocks are kept: one draw a block for the whole mini-batch, or one an image.

    Shapes: probabilities (L,) -> (L,), or (L, images). Raises ValueError outside (0, 1].
    """
    expected_depth(probabilities)  # looks at them
    each = np.asarray(probabilities, np.float64)
    if images is None:
        return rng.random(each.shape) < each
    check_count("images", images, 1)
    return rng.random((*each.shape, images)) < each[..., None]


def stochastic_depth_forward(
    x: Array,
    f: Array,
    survives: npt.ArrayLike | None = None,
    *,
    probability: float,
    inverted: bool = False,
) -> tuple[Array, SurvivalCache]:
    """Add a block's branch to its shortcut if the block survives; at test time, its mean share.

    out = x + b · f in training, x + p · f at test time (the paper's form)
    out = x + b/p · f in training, x + f at test time (`inverted`, as in most code)

    Both give the same mean over the draws, and the same network up to the scale of its branches.
    The shortcut is never touched. Pass the draw b as `survives`, or None at test time.

    Shapes: x and f (N, …), survives () for the mini-batch or (N,) for each image -> out like x,
    cache. Raises TypeError for dtypes that are not all float32 or all float64, ValueError for two
    shapes, a draw that does not fit, or a probability outside (0, 1].
    Source: Huang et al., Deep networks with stochastic depth, 2016, §3.
    """
    check_arrays(x=x, f=f)
    check_branches(x.shape, f.shape, "x", "f")
    check_probability("probability", probability)
    if survives is None:
        kept = np.asarray(1.0 if inverted else probability, x.dtype)
    else:
        kept = np.asarray(survives, x.dtype)
        check_survives(kept.shape, x.shape)
        if inverted:
            kept = kept / x.dtype.type(probability)
    factor = np.asarray(kept).reshape(*kept.shape, *(1,) * (x.ndim - kept.ndim))
    return x + factor * f, SurvivalCache(factor, x.shape)


def stochastic_depth_backward(dout: Array, cache: SurvivalCache) -> tuple[Array, Array]:
    """Return dx = dout and df = dout times what the branch was multiplied by.

    Shapes: dout like out -> dx like x, df like f. Raises ValueError or TypeError when dout is not
    of the output's shape and dtype.
    """
    check_upstream(dout, cache.shape, cache.factor.dtype)
    return dout.copy(), dout * cache.factor
