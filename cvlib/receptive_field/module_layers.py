"""The window geometry of PyTorch's layers, from their modules or from the arguments of a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn
from torch.nn import functional

from cvlib.receptive_field.reference.layer_geometry import (
    IntOrSizes,
    LayerGeometry,
    Sizes,
    as_sizes,
)

#: Modules whose output at a place depends on their input at that place only.
POINTWISE = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU,
    nn.SiLU, nn.Mish, nn.Hardswish, nn.Hardsigmoid, nn.Hardtanh, nn.Sigmoid, nn.LogSigmoid,
    nn.Tanh, nn.Softplus, nn.Softsign, nn.Softmax2d, nn.Identity, nn.LocalResponseNorm,
    nn.ChannelShuffle, nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm,
    nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout,
)  # fmt: skip
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
POOLINGS = (
    nn.MaxPool1d,
    nn.MaxPool2d,
    nn.MaxPool3d,
    nn.AvgPool1d,
    nn.AvgPool2d,
    nn.AvgPool3d,
    nn.LPPool1d,
    nn.LPPool2d,
)
ADAPTIVE = (
    nn.AdaptiveAvgPool1d,
    nn.AdaptiveAvgPool2d,
    nn.AdaptiveAvgPool3d,
    nn.AdaptiveMaxPool1d,
    nn.AdaptiveMaxPool2d,
    nn.AdaptiveMaxPool3d,
)
ZERO_PADDINGS = (
    nn.ZeroPad1d,
    nn.ZeroPad2d,
    nn.ZeroPad3d,
    nn.ConstantPad1d,
    nn.ConstantPad2d,
    nn.ConstantPad3d,
)

_POOL = ("input", "kernel_size", "stride", "padding")
_CONV = ("input", "weight", "bias", "stride", "padding")
#: Functions that slide a window, with the names of their arguments in order.
WINDOW_CALLS: dict[Any, tuple[str, ...]] = {
    functional.max_pool1d: (*_POOL, "dilation", "ceil_mode"),
    functional.max_pool2d: (*_POOL, "dilation", "ceil_mode"),
    functional.max_pool3d: (*_POOL, "dilation", "ceil_mode"),
    functional.avg_pool1d: (*_POOL, "ceil_mode"),
    functional.avg_pool2d: (*_POOL, "ceil_mode"),
    functional.avg_pool3d: (*_POOL, "ceil_mode"),
    functional.conv1d: (*_CONV, "dilation", "groups"),
    functional.conv2d: (*_CONV, "dilation", "groups"),
    functional.conv3d: (*_CONV, "dilation", "groups"),
    functional.conv_transpose1d: (*_CONV, "output_padding", "groups", "dilation"),
    functional.conv_transpose2d: (*_CONV, "output_padding", "groups", "dilation"),
    functional.conv_transpose3d: (*_CONV, "output_padding", "groups", "dilation"),
}


def window_of(options: Mapping[str, Any], axes: int, *, transposed: bool) -> LayerGeometry:
    """Describe a convolution or pooling by PyTorch's names of its arguments.

    Raises ValueError for paddings that are not zeros at fixed places.
    """

    def sizes(name: str, default: Any, minimum: int) -> Sizes:
        value = options.get(name)
        return as_sizes(default if value is None or value == () else value, name, minimum, axes)

    if options.get("padding_mode", "zeros") == "circular":
        raise ValueError("circular padding wraps round: a field is no interval then")
    kernel, dilation = sizes("kernel_size", 1, 1), sizes("dilation", 1, 1)
    pooling = "kernel_size" in options and "groups" not in options
    stride = sizes("stride", kernel if pooling else 1, 1)
    padding: Any = options.get("padding")
    after = None
    if padding == "same":
        total = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        padding = tuple(t // 2 for t in total)
        after = tuple(t - p for t, p in zip(total, padding, strict=True))
    padding = as_sizes(0 if padding in (None, "valid") else padding, "padding", 0, axes)
    if transposed:
        more = sizes("output_padding", 0, 0)
        after = tuple(p - o for p, o in zip(padding, more, strict=True))
    return LayerGeometry(
        kernel,
        stride,
        padding,
        dilation,
        transposed=transposed,
        padding_after=after,
        ceil=bool(options.get("ceil_mode")),
    )


def enlarge(factors: Sizes, mode: str, align_corners: bool | None) -> LayerGeometry:
    """Describe an upsampling by whole factors as the transposed layer that reads the same pixels.

    Nearest neighbour stamps s × s copies; linear interpolation stamps a tent of 2s taps, or 2s - 1
    when s is odd.

    Raises ValueError for other modes and for aligned corners, whose steps are no whole fractions.
    """
    if mode in ("nearest", "nearest-exact"):
        return LayerGeometry(factors, factors, transposed=True)
    if mode in ("linear", "bilinear", "trilinear") and not align_corners:
        kernel = tuple(2 * s - s % 2 for s in factors)
        padding = tuple((k - s) // 2 for k, s in zip(kernel, factors, strict=True))
        return LayerGeometry(kernel, factors, padding, transposed=True)
    raise ValueError(f"interpolation with mode={mode!r} and align_corners={align_corners}")


def zero_padding(pads: Sequence[int], axes: int) -> LayerGeometry:
    """Describe a padding given as PyTorch does: (left, right, top, bottom), last axis first.

    Channels of zeros, which may follow, change no place. Raises ValueError for padded batches.
    """
    before, after = [0] * axes, [0] * axes
    for k, (low, high) in enumerate(zip(pads[::2], pads[1::2], strict=True)):
        if k > axes and (low or high):
            raise ValueError(f"padding {tuple(pads)} pads the batch")
        if k < axes:
            before[axes - 1 - k], after[axes - 1 - k] = low, high
    one = (1,) * axes
    return LayerGeometry(one, padding=tuple(before), padding_after=tuple(after))


def share_out(size: Sizes | None, target: IntOrSizes | Sequence[int | None]) -> LayerGeometry:
    """Describe an adaptive pooling from a map of known size to one whose size divides it.

    Raises ValueError when the size is not known or not a multiple.
    """
    if size is None:
        raise ValueError("adaptive pooling has windows that depend on the image: give input_size")
    wanted = target if isinstance(target, Sequence) else (target,) * len(size)
    units = tuple(n if t is None else int(t) for n, t in zip(size, wanted, strict=True))
    if any(n % t for n, t in zip(size, units, strict=True)):
        raise ValueError(f"adaptive pooling from {size} to {units} has unequal windows")
    kernel = tuple(n // t for n, t in zip(size, units, strict=True))
    return LayerGeometry(kernel, kernel)


def every_other(index: Any, axes: int) -> LayerGeometry | None:
    """Describe x[:, :, ::s, ::t], which takes every s-th place; None for any other index."""
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) != axes + 2 or parts[0] != slice(None) or not isinstance(parts[1], slice):
        return None
    places = parts[2:]
    if any(not isinstance(p, slice) or p.start or p.stop is not None for p in places):
        return None
    stride = tuple(1 if p.step is None else p.step for p in places)
    if not all(isinstance(s, int) for s in stride):
        return None
    return LayerGeometry((1,) * axes, stride)
