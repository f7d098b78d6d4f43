"""Dropout: multiply by a random mask while training, by nothing when it counts."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cvlib.arrays import Array, check_arrays, check_upstream
from cvlib.regularization.validation import check_mask, check_rate


class DropoutCache(NamedTuple):
    """The factor that each number of x was multiplied by, and the shape of x."""

    factor: Array
    shape: tuple[int, ...]


def dropout_mask(
    shape: tuple[int, ...], rate: float, rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Draw which units stay: each independently with probability 1 − rate.

    For whole feature maps ask for the shape (N, C, 1, 1).
    Raises ValueError for a rate outside [0, 1).
    """
    check_rate(rate)
    return rng.random(shape) >= rate


def dropout_forward(x: Array, mask: npt.ArrayLike, *, rate: float) -> tuple[Array, DropoutCache]:
    """Keep the units where `mask` is 1, make up for the others by size.

    out = x · mask / (1 − rate), so that the mean over masks is x ("inverted" dropout)

    At test time nothing is called: the mean is already right. (The first paper kept the activations
    in training and multiplied the outgoing weights by 1 − rate at test time: the same network up to
    the scale of its weights.)

    Shapes: x any, mask of 0 and 1 like x or with length 1 along axes that share their fate, as
    (N, C, 1, 1) for whole channels -> out like x, cache. Raises TypeError for a dtype that is not
    float32 or float64, ValueError for a rate outside [0, 1) or a mask that does not fit.
    Source: Srivastava et al., Dropout, 2014, §4 and §10; channels: Tompson et al., 2015, §3.2.
    """
    check_arrays(x=x)
    check_rate(rate)
    kept: npt.NDArray[Any] = np.asarray(mask, x.dtype)
    check_mask(kept.shape, x.shape)
    factor = kept / x.dtype.type(1 - rate)
    return x * factor, DropoutCache(factor, x.shape)


def dropout_backward(dout: Array, cache: DropoutCache) -> Array:
    """Return dx = dout · mask / (1 − rate), with the mask of the forward pass.

    Shapes: dout like x -> dx like x. Raises ValueError or TypeError when dout is not of the
    output's shape and dtype.
    """
    check_upstream(dout, cache.shape, cache.factor.dtype)
    return dout * cache.factor
