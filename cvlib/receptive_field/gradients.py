"""Ask the gradient which pixels a unit of a PyTorch module sees, and how much each counts."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from cvlib.receptive_field.reference.layer_geometry import (
    IntOrSizes,
    LayerGeometry,
    Sizes,
    as_sizes,
)

#: Steps that may stop a gradient and look at single places: open, they hand their input on.
GATES = frozenset({
    "relu", "relu_", "relu6", "leaky_relu", "leaky_relu_", "elu", "elu_", "selu", "celu", "gelu",
    "silu", "mish", "hardswish", "hardsigmoid", "hardtanh", "hardtanh_", "sigmoid", "tanh",
    "softplus", "softsign", "logsigmoid", "dropout", "dropout_", "threshold", "clamp", "prelu",
})  # fmt: skip
_CONVOLVE: dict[int, Callable[..., Tensor]] = {
    1: functional.conv1d,
    2: functional.conv2d,
    3: functional.conv3d,
}


class _Open(TorchFunctionMode):
    """Replaces gates by the identity and a maximum over a window by its sum."""

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name, options = getattr(func, "__name__", ""), kwargs or {}
        if name in GATES:
            return args[0] if args else options["input"]
        if name.lstrip("_").startswith("max_pool"):
            return window_sum(*args, **{k: v for k, v in options.items() if k != "return_indices"})
        return func(*args, **options)


def window_sum(
    input: Tensor,
    kernel_size: IntOrSizes,
    stride: IntOrSizes | None = None,
    padding: IntOrSizes = 0,
    dilation: IntOrSizes = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Add the entries under every window of a max pooling with the same arguments."""
    axes = input.ndim - 2
    kernel = as_sizes(kernel_size, "kernel_size", 1, axes)
    geometry = LayerGeometry(
        kernel,
        as_sizes(kernel if stride in (None, []) else stride, "stride", 1, axes),  # type: ignore[arg-type]
        as_sizes(padding, "padding", 0, axes),
        as_sizes(dilation, "dilation", 1, axes),
        ceil=ceil_mode,
    )
    units = geometry.output_size(tuple(input.shape[2:]))
    pads: list[int] = []
    for axis in reversed(range(axes)):
        span = geometry.stride[axis] * (units[axis] - 1) + geometry.reach(axis) + 1
        pads += [geometry.padding[axis], span - input.shape[2 + axis] - geometry.padding[axis]]
    channels = input.shape[1]
    ones = input.new_ones(channels, 1, *geometry.kernel)
    padded = functional.pad(input, pads)
    return _CONVOLVE[axes](
        padded, ones, stride=geometry.stride, dilation=geometry.dilation, groups=channels
    )


def gradient_support(
    module: nn.Module, input_size: Sequence[int], *, unit: Sizes | None = None, seed: int = 0
) -> NDArray[Any]:
    """Mark the pixels that a unit of a module can see, by its gradient: no formula is used.

    All weights of a copy are drawn positive, its gates are opened and its maxima become sums, so
    that no path is blocked and none cancels another; a pixel is marked where ∂y/∂x ≠ 0 in float64.
    `input_size` is (C, H, W); the unit, by default the middle one, is a place on the output map.
    Returns a bool array (H, W).

    Raises IndexError for a unit outside the map, ValueError for an output that is no map.
    """
    generator = torch.Generator().manual_seed(seed)
    opened = copy.deepcopy(module).cpu().double().eval()
    with torch.no_grad():
        for parameter in opened.parameters():
            if parameter.ndim > 1:
                fan = math.prod(parameter.shape[1:])
                parameter.uniform_(0.5 / fan, 1.5 / fan, generator=generator)
            else:
                parameter.uniform_(0.5, 1.5, generator=generator)
    image = torch.rand(1, *input_size, generator=generator, dtype=torch.float64) + 0.5
    with _Open():
        gradient = unit_gradient(opened, image, unit=unit)
    return (gradient != 0).any(dim=1)[0].numpy()


def gradient_power(
    module: nn.Module, images: Tensor, *, unit: Sizes | None = None, seed: int = 0
) -> NDArray[Any]:
    """Return the mean squared gradient of a unit, (H, W): mean over images, sum over channels.

    The unit's channels are mixed by random weights of mean 0 and variance 1, so that in expectation
    this is the sum over its channels. The module is taken as it is, in the mode it is in.
    """
    generator = torch.Generator(images.device).manual_seed(seed)
    gradient = unit_gradient(module, images, unit=unit, generator=generator)
    return gradient.square().sum(dim=1).mean(dim=0).cpu().numpy()


def unit_gradient(
    module: nn.Module,
    images: Tensor,
    *,
    unit: Sizes | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return ∂(u·y[:, :, unit])/∂x of shape (N, C, H, W), with u of ones or drawn for each image.

    Raises IndexError for a unit outside the map, ValueError for an output that is no map.
    """
    images = images.detach().clone().requires_grad_()
    out = module(images)
    if out.ndim != images.ndim:
        raise ValueError(
            f"expected an output with {images.ndim} axes, a map, got shape {tuple(out.shape)}"
        )
    size = tuple(out.shape[2:])
    place = unit if unit is not None else tuple(n // 2 for n in size)
    if len(place) != len(size) or not all(0 <= i < n for i, n in zip(place, size, strict=True)):
        raise IndexError(f"unit {place} is not on the output map, which is {size}")
    values = out[(slice(None), slice(None), *place)]
    upstream = torch.ones_like(values)
    if generator is not None:
        upstream = torch.randn(
            values.shape, generator=generator, dtype=values.dtype, device=values.device
        )
    (gradient,) = torch.autograd.grad(values, images, upstream)
    return gradient
