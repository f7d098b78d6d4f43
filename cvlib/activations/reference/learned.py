"""The activations that learn: a slope for each channel, or the largest of several linear maps."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cvlib.arrays import Array, check_arrays, check_rank, check_upstream


def check_prelu(x_shape: tuple[int, ...], alpha_shape: tuple[int, ...]) -> None:
    """Demand x (N, C, …) and alpha (C,) or (1,)."""
    if len(x_shape) < 2:
        raise ValueError(f"x must have axes (N, C, …), got {len(x_shape)}: shape {x_shape}")
    if alpha_shape not in ((1,), (x_shape[1],)):
        raise ValueError(
            f"alpha must have shape (1,) or ({x_shape[1]},), one slope a channel of x, "
            f"got {alpha_shape} (alpha.shape)"
        )


def prelu_forward(x: Array, alpha: Array) -> tuple[Array, tuple[Array, Array]]:
    """Learn how much of the negative to let through: out = x for x > 0, α[c] · x otherwise.

    Shapes: x (N, C, …), alpha (C,) or (1,) -> out like x, cache.
    Raises TypeError for dtypes that are not all float32 or all float64, ValueError for shapes.
    Source: He et al., Delving deep into rectifiers, 2015, §2.1.
    """
    check_arrays(x=x, alpha=alpha)
    check_prelu(x.shape, alpha.shape)
    return np.where(x > 0, x, _along_channels(alpha, x.ndim) * x), (x, alpha)


def prelu_backward(dout: Array, cache: tuple[Array, Array]) -> tuple[Array, Array]:
    """dx = dout or α dout, as out was x or α x; dα[c] = Σ dout · min(x, 0) over channel c.

    Shapes: dout like x -> dx like x, dalpha like alpha.
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    x, alpha = cache
    check_upstream(dout, x.shape, x.dtype)
    dx = np.where(x > 0, dout, _along_channels(alpha, x.ndim) * dout)
    summed = tuple(axis for axis in range(x.ndim) if axis != 1)
    dalpha = (dout * np.minimum(x, 0)).sum(axis=summed)
    return dx, dalpha if len(alpha) == x.shape[1] else dalpha.sum(keepdims=True)


def _along_channels(alpha: Array, axes: int) -> Array:
    return alpha.reshape(1, -1, *(1,) * (axes - 2))


class MaxoutCache(NamedTuple):
    """The input, the weights, whether there are biases, and which piece won each output."""

    x: Array
    w: Array
    biased: bool
    winner: NDArray[Any]


def check_maxout(
    x_shape: tuple[int, ...], w_shape: tuple[int, ...], b_shape: tuple[int, ...] | None
) -> None:
    """Demand x (N, D), w (P, M, D) and b (P, M) or None."""
    check_rank("x", x_shape, "N D")
    check_rank("w", w_shape, "P M D")
    if x_shape[1] != w_shape[2]:
        raise ValueError(
            f"w takes {w_shape[2]} inputs (w.shape[2]), x has {x_shape[1]} (x.shape[1])"
        )
    if b_shape is not None and b_shape != w_shape[:2]:
        raise ValueError(
            f"b must have shape {w_shape[:2]}, one number a piece and output, "
            f"got {b_shape} (b.shape)"
        )


def maxout_forward(x: Array, w: Array, b: Array | None = None) -> tuple[Array, MaxoutCache]:
    """Take the largest of P linear maps: out[n, m] = max_p (w[p, m] · x[n] + b[p, m]).

    Two pieces already make ReLU (w₂ = 0) and |x| (w₂ = -w₁); more come as close
    as you like to any convex function on a bounded region.

    Shapes: x (N, D), w (P, M, D), b (P, M) or None -> out (N, M), cache.
    Raises TypeError for dtypes that are not all float32 or all float64, ValueError for shapes.
    Source: Goodfellow et al., Maxout networks, 2013, §3.
    """
    check_arrays(x=x, w=w, b=b)
    check_maxout(x.shape, w.shape, None if b is None else b.shape)
    # all pieces are one linear layer of P·M outputs
    pieces = (x @ w.reshape(-1, x.shape[1]).T).reshape(len(x), *w.shape[:2])
    if b is not None:
        pieces += b
    winner = pieces.argmax(axis=1)
    out = np.take_along_axis(pieces, winner[:, None], axis=1)[:, 0]
    return out, MaxoutCache(x, w, b is not None, winner)


def maxout_backward(dout: Array, cache: MaxoutCache) -> tuple[Array, Array, Array | None]:
    """Send each gradient through the piece that won: the sum of P linear layers' backwards.

    With dout_p[n, m] = dout[n, m] where piece p won, else 0: dx = Σ_p dout_p w[p],
    dw[p] = dout_pᵀ x, db[p] = Σ_n dout_p[n]. Of equal pieces the first one has won.

    Shapes: dout (N, M) -> dx (N, D), dw (P, M, D), db (P, M) (None without a bias).
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    x, w, biased, winner = cache
    check_upstream(dout, winner.shape, x.dtype)
    split = dout[:, None] * (winner[:, None] == np.arange(len(w))[:, None])
    flat = split.reshape(-1, w.shape[0] * w.shape[1])
    dx = flat @ w.reshape(-1, x.shape[1])
    dw = (flat.T @ x).reshape(w.shape)
    return dx, dw, split.sum(axis=0) if biased else None
