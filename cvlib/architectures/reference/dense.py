"""DenseNet's block: every layer reads the maps of all layers before it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cvlib.architectures.reference.parameters import (
    Grads,
    Params,
    check_params,
    renamed,
    within,
)
from cvlib.architectures.reference.units import (
    UnitCache,
    norm_first_backward,
    norm_first_forward,
)
from cvlib.arrays import Array, check_arrays, check_rank, check_upstream


class DenseBlockCache(NamedTuple):
    """The units of every layer, how many channels the block was given, and what came out."""

    layers: list[list[UnitCache]]
    channels: int
    out_shape: tuple[int, ...]
    dtype: np.dtype[Any]


def dense_layer_forward(
    x: Array, params: Params, *, training: bool, eps: float = 1e-5
) -> tuple[Array, list[UnitCache]]:
    """Make `growth` new maps of all that there are: H(x) = 3×3 ∘ ReLU ∘ BN (x).

    out = 3×3 ∘ ReLU ∘ BN ∘ 1×1 ∘ ReLU ∘ BN (x) for a layer with a bottleneck (DenseNet-B)

    Keys of `params`: norm1 and conv1, and with a bottleneck norm2 and conv2. Shapes: x (N, C, H, W)
    -> out (N, growth, H, W), the new maps alone, cache. Raises ValueError for a missing or needless
    parameter, and ValueError or TypeError as the named layer does.
    Source: Huang et al., Densely connected convolutional networks, 2017, §3.
    """
    count = 2 if "conv2.weight" in params else 1
    names = [(f"norm{k}", f"conv{k}") for k in range(1, count + 1)]
    check_params(
        params,
        convs=[conv for _, conv in names],
        norms=[norm for norm, _ in names],
        training=training,
    )
    y, units = x, []
    for norm, conv in names:
        y, cache = norm_first_forward(y, params, norm, conv, training=training, eps=eps)
        units.append(cache)
    return y, units


def dense_layer_backward(dout: Array, cache: list[UnitCache]) -> tuple[Array, Grads]:
    """Go back through one layer: from the gradient of its new maps to that of all it has read.

    Shapes: dout (N, growth, H, W) -> dx like x, gradients under the keys of the parameters. Raises
    ValueError or TypeError when dout is not of the output's shape and dtype.
    """
    grads: Grads = {}
    for unit in reversed(cache):
        dout, of_unit = norm_first_backward(dout, unit)
        grads |= of_unit
    return dout, grads


def dense_block_forward(
    x: Array, params: Params, *, training: bool, eps: float = 1e-5
) -> tuple[Array, DenseBlockCache]:
    """Let every layer read all maps before it and put its own behind them.

    out = [x_0, x_1, …, x_L], x_l = H_l([x_0, x_1, …, x_{l-1}])

    Keys of `params`: denselayer1, denselayer2, … in front of those of `dense_layer_forward`.
    Shapes: x (N, C, H, W) -> out (N, C + L · growth, H, W), cache. Errors as in
    `dense_layer_forward`; ValueError for parameters of no layer.
    Source: Huang et al., Densely connected convolutional networks, 2017, §3, eq. 2.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    count = len({key.partition(".")[0] for key in params})
    if not count:
        raise ValueError("expected parameters of denselayer1, denselayer2, …, got none")
    out, layers = x, []
    for k in range(1, count + 1):
        own = within(params, f"denselayer{k}")
        if not own:
            names = ", ".join(sorted({key.partition(".")[0] for key in params}))
            raise ValueError(f"expected layers denselayer1 to denselayer{count}, got {names}")
        new, cache = dense_layer_forward(out, own, training=training, eps=eps)
        out = np.concatenate([out, new], axis=1)
        layers.append(cache)
    return out, DenseBlockCache(layers, x.shape[1], out.shape, out.dtype)


def dense_block_backward(dout: Array, cache: DenseBlockCache) -> tuple[Array, Grads]:
    """Go back from the last layer to the first: each adds to the gradient of all maps before it.

    Shapes: dout like out -> dx like x, and gradients under the parameters' keys. Raises ValueError
    or TypeError when dout is not of the output's shape and dtype.
    """
    check_upstream(dout, cache.out_shape, cache.dtype)
    growth = (dout.shape[1] - cache.channels) // len(cache.layers)
    grads: Grads = {}
    for k in reversed(range(len(cache.layers))):
        before, new = dout[:, :-growth], dout[:, -growth:]
        dread, of_layer = dense_layer_backward(new, cache.layers[k])
        dout = before + dread
        grads |= dict(renamed(of_layer, f"denselayer{k + 1}"))
    return dout, grads
