"""The way round a residual block: nothing, zeros for new channels (A), or a projection (B)."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from cvlib.architectures.reference.parameters import Grads, Params
from cvlib.architectures.reference.units import UnitCache, unit_backward, unit_forward
from cvlib.arrays import Array, check_arrays, check_rank, check_upstream
from cvlib.convolution.geometry import as_count

Shortcut = Literal["A", "B"]
#: How a projection is called in PyTorch's ResNets: its convolution and its norm.
PROJECTION = ("downsample.0", "downsample.1")


class ShortcutCache(NamedTuple):
    """What was subsampled, by which step, and to how many channels."""

    x_shape: tuple[int, ...]
    out_shape: tuple[int, ...]
    stride: int
    dtype: np.dtype[Any]


def shortcut_a_forward(x: Array, *, channels: int, stride: int) -> tuple[Array, ShortcutCache]:
    """Take every s-th pixel, and put channels of zeros behind those that there are: option A.

    out[n, c, i, j] = x[n, c, s·i, s·j] for c < C, and 0 for the new channels

    Nothing is learned. Shapes: x (N, C, H, W) -> out (N, channels, ⌈H / s⌉, ⌈W / s⌉), cache. Raises
    TypeError for a dtype that is not float32 or float64, ValueError for fewer channels than x has.
    Source: He et al., Deep residual learning for image recognition, 2016, §3.3 and §4.2.
    """
    check_arrays(x=x)
    check_rank("x", x.shape, "N C H W")
    stride = as_count(stride, "stride")
    if as_count(channels, "channels") < x.shape[1]:
        raise ValueError(
            f"channels must be at least the {x.shape[1]} of x (x.shape[1]), got {channels}"
        )
    seen = x[:, :, ::stride, ::stride]
    out = np.zeros((len(x), channels, *seen.shape[2:]), x.dtype)
    out[:, : x.shape[1]] = seen
    return out, ShortcutCache(x.shape, out.shape, stride, x.dtype)


def shortcut_a_backward(dout: Array, cache: ShortcutCache) -> Array:
    """Send the gradient to the pixels that were taken; the zeros and the others get none.

    Shapes: dout like out -> dx like x. Raises ValueError or TypeError when dout is not of the
    output's shape and dtype.
    """
    check_upstream(dout, cache.out_shape, cache.dtype)
    dx = np.zeros(cache.x_shape, cache.dtype)
    dx[:, :, :: cache.stride, :: cache.stride] = dout[:, : cache.x_shape[1]]
    return dx


def projects(params: Params) -> bool:
    """Whether a block has the projection of option B."""
    return f"{PROJECTION[0]}.weight" in params


def shortcut_forward(
    x: Array, params: Params, *, channels: int, stride: int, training: bool, eps: float
) -> tuple[Array, ShortcutCache | UnitCache | None]:
    """Go round a block: project if the parameters say so, else pad where the shape changes."""
    if projects(params):
        return unit_forward(
            x, params, *PROJECTION, activation="none", stride=stride, training=training, eps=eps
        )
    if stride == 1 and channels == x.shape[1]:
        return x, None
    return shortcut_a_forward(x, channels=channels, stride=stride)


def shortcut_backward(dout: Array, cache: ShortcutCache | UnitCache | None) -> tuple[Array, Grads]:
    """Return dx of the way round, and the gradients of a projection."""
    if isinstance(cache, UnitCache):
        return unit_backward(dout, cache)
    return dout if cache is None else shortcut_a_backward(dout, cache), {}
