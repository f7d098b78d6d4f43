"""The fully connected layer: every output sees every input."""

from typing import NamedTuple

from cvlib.arrays import Array, check_arrays, check_rank, check_upstream


class Cache(NamedTuple):
    """What the backward pass needs to remember of its forward pass."""

    x: Array
    w: Array
    biased: bool


def check_linear(
    x_shape: tuple[int, ...], w_shape: tuple[int, ...], b_shape: tuple[int, ...] | None
) -> None:
    """Demand x (N, D), w (M, D) and b (M,) or None."""
    check_rank("x", x_shape, "N D")
    check_rank("w", w_shape, "M D")
    if x_shape[1] != w_shape[1]:
        raise ValueError(
            f"w takes {w_shape[1]} inputs (w.shape[1]), x has {x_shape[1]} (x.shape[1])"
        )
    if b_shape is not None and b_shape != (w_shape[0],):
        raise ValueError(
            f"b must have shape ({w_shape[0]},), one number an output, got {b_shape} (b.shape)"
        )


def linear_forward(x: Array, w: Array, b: Array | None = None) -> tuple[Array, Cache]:
    """Weigh all inputs for every output: out = x wᵀ + b.

    Shapes: x (N, D), w (M, D), b (M,) or None -> out (N, M), cache.
    Raises TypeError for dtypes that are not all float32 or all float64, ValueError for shapes
    that do not fit.
    """
    check_arrays(x=x, w=w, b=b)
    check_linear(x.shape, w.shape, None if b is None else b.shape)
    out = x @ w.T
    if b is not None:
        out += b
    return out, Cache(x, w, b is not None)


def linear_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array | None]:
    """Turn the gradient of the output into the gradients of input, weights and bias.

    dx = dout w, dw = doutᵀ x, db = Σ_n dout[n].

    Shapes: dout (N, M) -> dx (N, D), dw (M, D), db (M,) (None without a bias).
    Raises ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    x, w, biased = cache
    check_upstream(dout, (len(x), len(w)), x.dtype)
    return dout @ w, dout.T @ x, dout.sum(axis=0) if biased else None
