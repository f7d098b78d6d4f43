"""The blocks by their figures, layer after layer of loops: slow, and easy to believe.

Parameters are a dict of arrays under PyTorch's keys; batch norm uses the batch, as in training.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cvlib.arrays import Array
from cvlib.convolution.definition import conv2d_naive
from cvlib.layers.definition import avg_pool2d_naive, max_pool2d_naive
from cvlib.normalization.definition import batch_norm_naive

Params = Mapping[str, Array]


def basic_block_naive(x: Array, params: Params, *, stride: int = 1) -> Array:
    """Two 3×3 convolutions beside a way round, and the sum before the last ReLU.

    out = ReLU(F(x) + shortcut(x))
    """
    y = _relu(_norm(_conv(x, params, "conv1", stride), params, "bn1"))
    y = _norm(_conv(y, params, "conv2"), params, "bn2")
    return _relu(y + _way_round(x, params, y.shape[1], stride))


def bottleneck_naive(x: Array, params: Params, *, stride: int = 1) -> Array:
    """1×1 to few channels, 3×3 there, 1×1 back, beside a way round.

    out = ReLU(F(x) + shortcut(x))
    """
    y = _relu(_norm(_conv(x, params, "conv1"), params, "bn1"))
    y = _relu(_norm(_conv(y, params, "conv2", stride), params, "bn2"))
    y = _norm(_conv(y, params, "conv3"), params, "bn3")
    return _relu(y + _way_round(x, params, y.shape[1], stride))


def shortcut_a_naive(x: Array, *, channels: int, stride: int) -> Array:
    """Take every s-th pixel; the new channels stay 0.

    out[n, c, i, j] = x[n, c, s·i, s·j] for c < C, else 0
    """
    rows, columns = (-(-side // stride) for side in x.shape[2:])
    out = np.zeros((len(x), channels, rows, columns), x.dtype)
    for n, c, i, j in np.ndindex(len(x), x.shape[1], rows, columns):
        out[n, c, i, j] = x[n, c, stride * i, stride * j]
    return out


def inception_naive(x: Array, params: Params, *, eps: float = 1e-3) -> Array:
    """Four looks at the same maps, stacked one behind the other.

    out = [1×1 x, 3×3 (1×1 x), 5×5 (1×1 x), 1×1 (max x)]
    """

    def unit(maps: Array, name: str) -> Array:
        return _relu(_norm(_conv(maps, params, f"{name}.conv"), params, f"{name}.bn", eps))

    one = unit(x, "branch1")
    three = unit(unit(x, "branch2.0"), "branch2.1")
    five = unit(unit(x, "branch3.0"), "branch3.1")
    pool = unit(max_pool2d_naive(x, 3, stride=1, padding=1), "branch4.1")
    return np.concatenate([one, three, five, pool], axis=1)


def grid_reduction_naive(x: Array, params: Params, *, eps: float = 1e-3) -> Array:
    """Two strided convolutions and a strided maximum side by side.

    out = [3×3/2 x, 3×3/2 (3×3 (1×1 x)), max/2 x]
    """

    def unit(maps: Array, name: str, stride: int = 1, padding: int | None = None) -> Array:
        y = _conv(maps, params, f"{name}.conv", stride, padding)
        return _relu(_norm(y, params, f"{name}.bn", eps))

    short = unit(x, "branch3x3", 2, 0)
    long = unit(unit(x, "branch3x3dbl_1"), "branch3x3dbl_2")
    long = unit(long, "branch3x3dbl_3", 2, 0)
    return np.concatenate([short, long, max_pool2d_naive(x, 3, stride=2)], axis=1)


def dense_block_naive(x: Array, params: Params, *, layers: int) -> Array:
    """Every layer reads all the maps there are, and puts its own behind them.

    out = [x_0, x_1, …, x_L], x_l = 3×3 ∘ ReLU ∘ BN ∘ 1×1 ∘ ReLU ∘ BN ([x_0, …, x_{l-1}])
    """
    maps = [x]
    for k in range(1, layers + 1):
        own = f"denselayer{k}"
        y = _relu(_norm(np.concatenate(maps, axis=1), params, f"{own}.norm1"))
        y = _relu(_norm(_conv(y, params, f"{own}.conv1"), params, f"{own}.norm2"))
        maps.append(_conv(y, params, f"{own}.conv2"))
    return np.concatenate(maps, axis=1)


def transition_naive(x: Array, params: Params) -> Array:
    """Fewer channels by 1×1, then the means of 2×2 windows: mean ∘ 1×1 ∘ ReLU ∘ BN (x)."""
    return avg_pool2d_naive(_conv(_relu(_norm(x, params, "norm")), params, "conv"), 2)


def fire_naive(x: Array, params: Params) -> Array:
    """Squeeze, then expand in two ways side by side: ReLU [1×1 s, 3×3 s], s = ReLU(1×1 x)."""
    s = _relu(_conv(x, params, "squeeze"))
    wide = [_conv(s, params, "expand1x1"), _conv(s, params, "expand3x3")]
    return _relu(np.concatenate(wide, axis=1))


def separable_block_naive(x: Array, params: Params, *, stride: int = 1) -> Array:
    """Filter every channel by itself, then mix them: ReLU ∘ BN ∘ 1×1 ∘ ReLU ∘ BN ∘ 3×3 (x)."""
    y = _relu(_norm(_each_by_itself(x, params, "0.0", stride), params, "0.1"))
    return _relu(_norm(_conv(y, params, "1.0"), params, "1.1"))


def inverted_residual_naive(x: Array, params: Params, *, stride: int = 1) -> Array:
    """Expand, filter every channel by itself, project; nothing is rectified at the thin ends.

    out = x + F(x), F = BN ∘ 1×1 ∘ ReLU6 ∘ BN ∘ 3×3 depthwise ∘ ReLU6 ∘ BN ∘ 1×1
    """
    y = np.minimum(_relu(_norm(_conv(x, params, "conv.0.0"), params, "conv.0.1")), 6)
    y = _norm(_each_by_itself(y, params, "conv.1.0", stride), params, "conv.1.1")
    y = _norm(_conv(np.minimum(_relu(y), 6), params, "conv.2"), params, "conv.3")
    return x + y if stride == 1 and y.shape == x.shape else y


def gap_head_naive(x: Array, w: Array, b: Array) -> Array:
    """Average every map, and weigh the averages: out[n, k] = b[k] + Σ_c w[k, c] · mean x[n, c]."""
    out = np.empty((len(x), len(w)), x.dtype)
    for n, k in np.ndindex(out.shape):
        out[n, k] = b[k] + sum(w[k, c] * x[n, c].sum() / x[n, c].size for c in range(x.shape[1]))
    return out


def _way_round(x: Array, params: Params, channels: int, stride: int) -> Array:
    if "downsample.0.weight" in params:
        return _norm(_conv(x, params, "downsample.0", stride), params, "downsample.1")
    return shortcut_a_naive(x, channels=channels, stride=stride)


def _conv(
    x: Array, params: Params, name: str, stride: int = 1, padding: int | None = None
) -> Array:
    w = params[f"{name}.weight"]
    around = w.shape[2] // 2 if padding is None else padding
    return conv2d_naive(x, w, params.get(f"{name}.bias"), stride=stride, padding=around)


def _each_by_itself(x: Array, params: Params, name: str, stride: int) -> Array:
    w = params[f"{name}.weight"]
    maps = [(x[:, c : c + 1], w[c : c + 1]) for c in range(len(w))]
    own = [conv2d_naive(one, kernel, stride=stride, padding=1) for one, kernel in maps]
    return np.concatenate(own, axis=1)


def _norm(x: Array, params: Params, name: str, eps: float = 1e-5) -> Array:
    return batch_norm_naive(x, params[f"{name}.weight"], params[f"{name}.bias"], eps=eps)


def _relu(x: Array) -> Array:
    return np.maximum(x, 0)
