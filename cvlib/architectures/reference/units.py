"""What every block is made of: convolution, batch norm and ReLU, in this order or turned round."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import numpy as np

from cvlib.architectures.reference.parameters import Grads, Params
from cvlib.arrays import Array, check_upstream
from cvlib.convolution.geometry import IntOrPair
from cvlib.convolution.reference.conv2d import Cache as ConvCache
from cvlib.convolution.reference.conv2d import conv2d_backward, conv2d_forward
from cvlib.normalization.reference.batch_norm import batch_norm_backward, batch_norm_forward

Activation = Literal["none", "relu", "relu6"]
#: The largest value that each activation lets through.
CEILING: dict[str, float] = {"relu": np.inf, "relu6": 6.0}


class UnitCache(NamedTuple):
    """The layers' names, their caches, and where the ReLU passed its input on."""

    conv: str
    norm: str | None
    of_conv: ConvCache
    of_norm: Any
    passed: Array | None


def unit_forward(
    x: Array,
    params: Params,
    conv: str,
    norm: str | None = None,
    *,
    activation: Activation = "relu",
    stride: IntOrPair = 1,
    padding: IntOrPair | None = None,
    groups: int = 1,
    training: bool = False,
    eps: float = 1e-5,
) -> tuple[Array, UnitCache]:
    """Convolve, normalize over the batch, rectify: out = ReLU(BN(w ⋆ x + b)).

    `conv` and `norm` name the layers in `params`; without a norm there is none. "relu6" cuts off at
    6 as well. Padding keeps the size of odd kernels unless given. In training batch norm uses the
    batch's statistics, and leaves the running ones as they are.
    """
    w, b = params[f"{conv}.weight"], params.get(f"{conv}.bias")
    around = tuple((side - 1) // 2 for side in w.shape[2:]) if padding is None else padding
    with named(conv):
        y, of_conv = conv2d_forward(x, w, b, stride=stride, padding=around, groups=groups)
    of_norm = passed = None
    if norm is not None:
        y, of_norm = norm_forward(y, params, norm, training=training, eps=eps)
    if activation != "none":
        y, passed = rectify(y, CEILING[activation])
    return y, UnitCache(conv, norm, of_conv, of_norm, passed)


def unit_backward(dout: Array, cache: UnitCache) -> tuple[Array, Grads]:
    """Go back through ReLU, norm and convolution: dx, and gradients under the parameters' keys."""
    check_upstream(dout, cache.of_conv.out_shape, cache.of_conv.x.dtype)
    grads: Grads = {}
    if cache.passed is not None:
        dout = dout * cache.passed
    if cache.norm is not None:
        dout, grads = norm_backward(dout, cache.of_norm, cache.norm)
    dx, dw, db = conv2d_backward(dout, cache.of_conv)
    grads[f"{cache.conv}.weight"] = dw
    if db is not None:
        grads[f"{cache.conv}.bias"] = db
    return dx, grads


def norm_first_forward(
    x: Array, params: Params, norm: str, conv: str, *, training: bool, eps: float
) -> tuple[Array, UnitCache]:
    """Normalize and rectify before the convolution: out = w ⋆ ReLU(BN(x)) (DenseNet's order)."""
    y, of_norm = norm_forward(x, params, norm, training=training, eps=eps)
    y, passed = rectify(y)
    out, cache = unit_forward(y, params, conv, activation="none")
    return out, cache._replace(norm=norm, of_norm=of_norm, passed=passed)


def norm_first_backward(dout: Array, cache: UnitCache) -> tuple[Array, Grads]:
    """Go back through convolution, ReLU and norm."""
    assert cache.norm is not None
    dy, of_conv = unit_backward(dout, cache._replace(norm=None, passed=None))
    dx, of_norm = norm_backward(dy * cache.passed, cache.of_norm, cache.norm)
    return dx, of_conv | of_norm


def norm_forward(
    x: Array, params: Params, norm: str, *, training: bool, eps: float
) -> tuple[Array, Any]:
    """Batch norm under its name: by the batch in training, by its running statistics otherwise."""
    gamma, beta = params[f"{norm}.weight"], params[f"{norm}.bias"]
    running = [] if training else [params[f"{norm}.running_{k}"] for k in ("mean", "var")]
    with named(norm):
        return batch_norm_forward(x, gamma, beta, *running, training=training, eps=eps)


def norm_backward(dout: Array, cache: Any, norm: str) -> tuple[Array, Grads]:
    """Return dx, and the gradients of scale and shift under their keys."""
    dx, dgamma, dbeta = batch_norm_backward(dout, cache)
    assert dgamma is not None
    assert dbeta is not None
    return dx, {f"{norm}.weight": dgamma, f"{norm}.bias": dbeta}


def rectify(x: Array, ceiling: float = np.inf) -> tuple[Array, Array]:
    """Return min(max(x, 0), ceiling), and where x passed: between the ends, not at them."""
    return np.clip(x, 0, ceiling).astype(x.dtype, copy=False), (x > 0) & (x < ceiling)


@contextmanager
def named(layer: str) -> Iterator[None]:
    """Say in an error which layer of the block it is about."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"{layer}: {error}") from error
